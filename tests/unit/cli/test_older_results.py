"""What an older operator stored is read, or named: no command and no pass breaks on it.

`tests/golden/older/` has what the operator wrote at five times of its history, by month, day and
hour: the status of a LoadExperiment, and the measurement of a LoadTrial.
"""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from loadlab.kube.baseline import view_baseline
from loadlab.report import read_trials
from loadlab.validity.judged_trial import UnreadableTrialError, load_trial
from tests.unit.cli.api_server import ApiServer, Run

OLDER = sorted((Path(__file__).parents[2] / "golden" / "older").glob("*.json"))
FINISHED = {
    "type": "Finished",
    "status": "True",
    "reason": "Completed",
    "lastTransitionTime": "2026-11-26T14:00:00Z",
}
SPEC = {
    "workload": "select",
    "variants": [{"name": "sync"}, {"name": "async"}],
    "factors": {"workers": [1], "virtualUsers": [8]},
}


def experiment_of(older: dict[str, Any]) -> dict[str, Any]:
    ended = {"phase": "Succeeded", "conditions": [FINISHED]}
    return {
        "metadata": {"name": "select", "namespace": "lab", "uid": "u"},
        "spec": SPEC,
        "status": older["status"] | ended,
    }


def trial_of(older: dict[str, Any]) -> dict[str, Any]:
    return {
        "metadata": {"name": "select-1", "ownerReferences": [{"uid": "u"}]},
        "spec": {
            "experiment": "select",
            "cell": older["status"]["results"][0]["cell"],
            "replicate": 1,
            "position": 1,
        },
        "status": {"phase": "Succeeded", "validity": "Valid", "measurement": older["stored"]},
    }


@pytest.fixture(params=OLDER, ids=lambda path: path.stem)
def older(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.param.read_text())
    ApiServer.reads = [(200, [experiment_of(found)])]
    ApiServer.trials = (200, [{"metadata": {}, "items": [trial_of(found)]}])
    return found


def test_there_are_older_ones() -> None:
    assert len(OLDER) >= 5
    assert len({path.read_text() for path in OLDER}) == len(OLDER)


@pytest.mark.parametrize(
    "command",
    [
        ["results"],
        ["results", "-o", "md"],
        ["status"],
        ["gate"],
        ["export", "--table", "trials"],
        ["report", "-o", "-"],
    ],
    ids=" ".join,
)
def test_commands_read_it(loadlab: Run, older, command: list[str]) -> None:
    verb, *options = command

    _, out, err = loadlab(verb, "select", *options)

    assert err == ""
    assert len(out) > 20


def test_what_it_did_not_store_is_told(loadlab: Run) -> None:
    found = json.loads(OLDER[0].read_text())
    ApiServer.reads = [(200, [experiment_of(found)])]
    ApiServer.trials = (200, [{"metadata": {}, "items": [trial_of(found)]}])

    code, _, err = loadlab("export", "select", "--table", "seconds")

    assert (code, err) == (1, "loadlab: select has no seconds\n")


@pytest.mark.parametrize("figure", ["requests", "requestsPerSecond", "latencyMs", "p95Ms"])
def test_figures_are_those_that_were_stored(loadlab: Run, older, figure: str) -> None:
    told = json.loads(loadlab("results", "select", "-o", "json")[1])["results"]

    for row, stored in zip(told, older["status"]["results"], strict=True):
        assert numbers_of(stored[figure]) <= numbers_of(row[figure])


def numbers_of(value: Any) -> set[tuple[str, float]]:
    """The numbers of a figure with their names; a figure has them as its fields, or is one."""
    fields = value.items() if isinstance(value, dict) else [("", value)]
    return {(name, number) for name, number in fields if isinstance(number, int | float)}


def test_its_trial_has_its_histogram(older) -> None:
    (found,), left_out = read_trials([trial_of(older)])

    assert left_out == []
    assert found.measurement is not None
    assert found.measurement.timed is not None
    assert found.measurement.timed.count == older["stored"]["measurement"]["requests"]


def test_it_is_bundled_and_read_from_there(loadlab: Run, older, tmp_path: Path) -> None:
    file = tmp_path / "select.tar.gz"

    assert loadlab("bundle", "select", "-o", str(file))[0] == 0
    assert loadlab("results", "--from", str(file)) == loadlab("results", "select")


def test_one_is_compared_with_another(loadlab: Run, older, tmp_path: Path) -> None:
    file = tmp_path / "select.tar.gz"
    loadlab("bundle", "select", "-o", str(file))
    now = experiment_of(json.loads(OLDER[-1].read_text()))
    now["metadata"]["uid"] = "another"
    ApiServer.reads = [(200, [now])]

    code, out, err = loadlab("compare", "select", "--from", str(file))

    assert (code, err) != (1, "")
    assert "(here) over lab/select (there)" in out


def test_the_operator_takes_it_for_a_baseline(older) -> None:
    view = view_baseline("select", experiment_of(older))

    assert view.fault == ""


def test_the_operator_reads_its_trial(older) -> None:
    stored = older["stored"]["measurement"]["requests"]

    assert load_trial(older["stored"]).measurement.requests == stored


def test_what_a_later_one_would_write_is_named(loadlab: Run) -> None:
    later = copy.deepcopy(json.loads(OLDER[-1].read_text()))
    later["status"]["results"][0]["validity"] = "Sound"
    later["stored"] = {"version": 9, "measurement": {"answers": 1}}
    ApiServer.reads = [(200, [experiment_of(later)])]

    code, _, err = loadlab("results", "select")

    assert code == 1
    assert "is of another release (status.results.0.validity" in err
    assert "use the loadlab command of the operator's release" in err
    with pytest.raises(UnreadableTrialError, match="stored in version 9"):
        load_trial(later["stored"])
    (found,), _ = read_trials([trial_of(later)])
    assert found.unreadable
