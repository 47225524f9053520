"""`loadlab compare`: ratios of two experiments, what is not compared and why, exit codes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from loadlab.catalogue import Cell
from loadlab.cli.against import Sides, compare, exit_code, not_compared, read
from loadlab.cli.experiment import ExitCode
from loadlab.cli.gate import FailOn
from tests.unit.analysis.claims import rows_of, sized
from tests.unit.cli.api_server import PATH, ApiServer, Run

NOISE = (1.0, 1.01, 0.99, 1.005, 0.995)
ELSEWHERE = PATH.replace("/lab/", "/other/")


def rows(rate: float, *cells: Cell, blocks: int = 5) -> list[dict[str, Any]]:
    found = [sized(c, b, rate * n, 500, 40) for c in cells for b, n in enumerate(NOISE[:blocks])]
    return [row.dump() for row in rows_of(found)]


SYNC, ASYNC = Cell(variant="sync", workers=1), Cell(variant="async", workers=1)


def experiment(name: str, results: list[dict[str, Any]], **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "lab", "uid": name},
        "spec": {"workload": "select", "variants": [{"name": "async"}], **spec},
        "status": {
            "phase": "Succeeded",
            "completionTime": "2026-11-26T01:00:00Z",
            "results": results,
            # k6 itself adds next to nothing to a latency: else p95s alike would not be Equivalent.
            "calibration": {"rate": 500, "p50Ms": 0.001, "p99Ms": 0.002},
            "environment": {"kubernetes": "v1.37.1"},
        },
    }


def sides(here: dict[str, Any], there: dict[str, Any]) -> Sides:
    return compare(read(here), read(there))


@pytest.fixture
def server() -> Iterator[dict[str, Any]]:
    ApiServer.others = {
        f"{PATH}/slower": (200, [experiment("slower", rows(900, ASYNC))]),
        f"{PATH}/before": (200, [experiment("before", rows(1000, ASYNC, SYNC))]),
        f"{PATH}/few": (200, [experiment("few", rows(1000, ASYNC, blocks=2))]),
        f"{ELSEWHERE}/before": (200, [experiment("before", rows(900, ASYNC))]),
        f"{PATH}/sleeps": (
            200,
            [experiment("sleeps", rows(900, ASYNC), workload="sleep", variants=[{"name": "sync"}])],
        ),
    }
    yield ApiServer.others
    ApiServer.others = {}


def test_a_slower_one_names_cell_ratio_and_interval_and_exits_with_3(
    loadlab: Run, server: dict[str, Any]
) -> None:
    server[f"{PATH}/slower"][1][0]["status"]["environment"]["kubernetes"] = "v1.38.0"

    code, out, err = loadlab("compare", "slower", "before")

    assert (code, err) == (3, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0] == "lab/slower (here) over lab/before (there)"
    (ratio,) = [line for line in lines if line.startswith("async req/s")]
    assert ratio.startswith("async req/s 900 1,000 0.9 [0.89, 0.911] ")
    assert ratio.endswith("Regressed")
    assert "Differs from the baseline before: Kubernetes v1.38.0, there v1.37.1" in lines
    assert "Differs from the baseline before: only there: sync/workers=1" in lines


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["before", "slower"], 0),
        (["slower", "before", "--fail-on", "criteria"], 0),
        (["slower", "other/before"], 0),
        (["slower", "other/before", "--fail-on", "inconclusive"], 0),
        (["slower", "few"], 4),
        (["slower", "few", "--fail-on", "criteria"], 0),
        (["slower", "sleeps"], 4),
    ],
)
def test_the_exit_code_is_that_of_the_comparisons(
    loadlab: Run, server: dict[str, Any], arguments: list[str], code: int
) -> None:
    assert loadlab("compare", *arguments)[0] == code


def test_what_cannot_be_compared_is_told_with_the_reason(
    loadlab: Run, server: dict[str, Any]
) -> None:
    _, few, _ = loadlab("compare", "slower", "few")
    _, other, _ = loadlab("compare", "slower", "sleeps")

    assert "comparisons: fewer than 5 replicates here or in the baseline" in few
    assert "its workload is sleep, the other one's select; both must be one" in other


def test_figures_under_other_conditions_are_not_claimed_to_differ() -> None:
    longer = experiment("longer", rows(900, ASYNC), load={"duration": "77s"})

    found = sides(longer, experiment("before", rows(1000, ASYNC))).found

    assert {each.why for each in found.comparisons} == {"load.duration differs between the two"}


def test_a_cell_without_figures_is_named() -> None:
    (known,) = rows(1, SYNC)
    figures = ("requestsPerSecond", "cpuMicros", "p95Ms")
    empty = {name: value for name, value in known.items() if name not in figures}
    here = experiment("here", [*rows(900, ASYNC), empty])

    found = sides(here, experiment("before", rows(900, ASYNC, SYNC)))

    lines = list(not_compared(found))
    assert lines == ["Not compared, no figure is known on both sides: sync/workers=1"]
    assert "p95Ms is not known in both: sync/workers=1" in found.found.note
    assert exit_code(found, FailOn.REGRESSED) == ExitCode.INCONCLUSIVE


def test_a_cell_without_figures_on_both_sides_is_named_too() -> None:
    """Its trials were void in both: whatever it lost, nothing could have failed."""
    (known,) = rows(1, SYNC)
    figures = ("requestsPerSecond", "cpuMicros", "p95Ms")
    empty = {name: value for name, value in known.items() if name not in figures}

    found = sides(
        experiment("here", [*rows(900, ASYNC), empty]),
        experiment("before", [*rows(900, ASYNC), empty]),
    )

    assert found.found.note == "no figure is known in either: sync/workers=1"
    assert exit_code(found, FailOn.REGRESSED) == ExitCode.INCONCLUSIVE


@pytest.mark.parametrize(
    ("blocks", "code"), [(4, ExitCode.INCONCLUSIVE), (5, ExitCode.CRITERIA_FAILED)]
)
def test_a_cell_of_too_few_replicates_does_not_pass_behind_one_that_is_alike(
    blocks: int, code: ExitCode
) -> None:
    here = experiment("here", [*rows(1000, ASYNC), *rows(300, SYNC, blocks=blocks)])

    found = sides(here, experiment("before", rows(1000, ASYNC, SYNC)))

    assert exit_code(found, FailOn.REGRESSED) == code


def test_as_json_it_is_the_baseline_s_comparison(loadlab: Run, server: dict[str, Any]) -> None:
    code, out, _ = loadlab("compare", "slower", "before", "-o", "json")

    found = json.loads(out)
    assert code == 3
    assert (found["of"], found["over"]) == ("lab/slower", "lab/before")
    assert {each["figure"] for each in found["comparisons"]} == {
        *("requestsPerSecond", "cpuMicros", "p95Ms")
    }
    assert found["notCompared"] == []
    assert "only there: sync/workers=1" in found["differences"]


def test_one_that_is_not_finished_is_no_side_of_it(loadlab: Run, server: dict[str, Any]) -> None:
    server[f"{PATH}/slower"][1][0]["status"]["phase"] = "Running"

    code, _, err = loadlab("compare", "slower", "before")

    assert code == ExitCode.NOT_FINISHED
    assert "lab/slower is Running and has no results to compare yet: loadlab wait slower" in err


def test_one_of_another_release_is_named(loadlab: Run, server: dict[str, Any]) -> None:
    server[f"{PATH}/slower"][1][0]["spec"]["workload"] = "later"

    code, _, err = loadlab("compare", "slower", "before")

    assert code == 1
    assert "this release cannot read LoadExperiment lab/slower" in err


def test_one_experiment_is_not_compared_with_itself(loadlab: Run, server: dict[str, Any]) -> None:
    code, out, err = loadlab("compare", "slower", "lab/slower")

    assert (code, out) == (2, "")
    assert err == "loadlab: slower and lab/slower are one experiment: name two\n"


def test_one_alone_is_asked_for_the_other(loadlab: Run) -> None:
    code, _, err = loadlab("compare", "select")

    assert (code, err) == (
        2,
        "loadlab: name two: the earlier one as B, or its bundle by --from\n",
    )
