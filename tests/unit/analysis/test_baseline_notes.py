"""What is said of a baseline that is of no use, is another one, or has no room for all figures."""

from typing import Any

import pytest

from loadlab.analysis.baseline import BaselineView, with_baseline
from loadlab.analysis.calibration import with_calibration
from loadlab.catalogue import Cell
from loadlab.model.resources import Experiment
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.status import MAX_DIFFERENCES, Baseline, Calibration, LoadExperimentStatus
from loadlab.model.status import ComparisonOutcome as Outcome
from tests.unit.analysis.claims import rows_of, sized

SPEC: dict[str, Any] = {"workload": "select", "variants": [{"name": "async"}]}
FINISHED = "2026-11-26T01:00:00Z"
NOISE = (1.0, 1.01, 0.99, 1.005, 0.995)
(ROW,) = rows_of(
    sized(Cell(variant="async", workers=1), block, 1000 * noise, 500 * noise, 40 * noise)
    for block, noise in enumerate(NOISE)
)


def former(**changes: Any) -> Experiment:
    """An earlier experiment that is over, of one cell."""
    status = {"phase": "Succeeded", "completionTime": FINISHED, "results": [ROW.dump()]}
    body = {
        "metadata": {"name": "night-1", "namespace": "lab", "uid": "uid-1"},
        "spec": SPEC | changes.pop("spec", {}),
        "status": status | changes,
    }
    return Experiment.model_validate(body)


def after(
    experiment: Experiment | None = None, *, known: Baseline | None = None, **changes: Any
) -> LoadExperimentStatus:
    """What one of the same cell says of it, that knew so much of it when it was accepted."""
    spec = LoadExperimentSpec.model_validate(SPEC | changes.pop("spec", {}))
    status = LoadExperimentStatus(baseline=known, **{"results": (ROW,)} | changes)
    found = BaselineView("night-1", experiment, "" if experiment else "it does not exist")
    return with_baseline(status, spec, found)


def baseline_of(status: LoadExperimentStatus) -> Baseline:
    assert status.baseline is not None
    return status.baseline


def accepted(**fields: Any) -> Baseline:
    return Baseline(**{"name": "night-1", "uid": "uid-1", "finished": FINISHED} | fields)


@pytest.mark.parametrize(
    ("known", "note"),
    [
        (None, "it does not exist"),
        (
            accepted(),
            "it was there when this experiment was accepted, and now it does not exist",
        ),
    ],
    ids=["never", "not any more"],
)
def test_why_it_could_not_be_read_is_told(known: Baseline | None, note: str) -> None:
    status = after(known=known)

    assert (baseline_of(status).note, baseline_of(status).comparisons) == (note, ())
    assert status.omitted == ()


@pytest.mark.parametrize(
    ("known", "note"),
    [
        (accepted(), ""),
        (accepted(uid="uid-0"), "it was deleted meanwhile, and another experiment has its name"),
        (accepted(finished="2026-11-25"), "its status was changed meanwhile: it finished at 2026-"),
    ],
    ids=["the same", "another of its name", "run again"],
)
def test_the_one_that_was_there_at_the_begin_is_compared(known: Baseline, note: str) -> None:
    found = baseline_of(after(former(), known=known))

    assert found.note.startswith(note)
    assert bool(found.comparisons) is (not note)


def test_which_one_it_was_is_kept() -> None:
    found = baseline_of(after(former()))

    assert (found.uid, found.finished, found.note) == ("uid-1", FINISHED, "")
    assert baseline_of(after(former(completionTime=None))).finished == ""


@pytest.mark.parametrize(
    ("cells", "omitted"),
    [
        (33, ()),
        (34, ("comparisons with the baseline in p95Ms",)),
        (51, ("comparisons with the baseline in cpuMicros and p95Ms",)),
    ],
)
def test_figures_that_find_no_room_in_so_many_cells_are_said_to_be_left_out(
    cells: int, omitted: tuple[str, ...]
) -> None:
    rows = [
        ROW.model_copy(update={"cell": Cell(variant="async", workers=n)})
        for n in range(1, 1 + cells)
    ]

    found = after(former(results=[row.dump() for row in rows]), results=tuple(rows))

    assert found.omitted == omitted


def test_where_nothing_is_compared_no_figure_is_said_to_be_left_out() -> None:
    rows = [
        ROW.model_copy(
            update={
                "cell": Cell(variant="async", workers=n),
                "requests_per_second": None,
                "cpu_micros": None,
                "p95_ms": None,
            }
        )
        for n in range(1, 52)
    ]

    found = after(former(results=[row.dump() for row in rows]), results=tuple(rows))

    assert baseline_of(found).note.startswith("no figure is known of the same cell in both")
    assert found.omitted == ()


@pytest.mark.parametrize("more", [0, 1, 5])
def test_as_many_differences_are_told_as_there_is_room_for_and_how_many_more(more: int) -> None:
    settings = {f"setting_{n:02}": "on" for n in range(MAX_DIFFERENCES + more)}

    told = baseline_of(after(former(), spec={"postgres": {"settings": settings}})).differences

    assert len(told) == MAX_DIFFERENCES
    assert told[-2].startswith("postgres.settings.setting_18 ")
    last = f"and {more + 1} more" if more else "postgres.settings.setting_19 on, there not set"
    assert told[-1] == last


@pytest.mark.parametrize(
    ("load", "why"),
    [
        ({"duration": "5s"}, "load.duration differs between the two"),
        ({"duration": "5s", "warmup": "9s"}, "load.duration and 1 more differ between the two"),
    ],
    ids=["one", "two"],
)
def test_the_first_condition_that_differs_is_named(load: dict[str, str], why: str) -> None:
    found = baseline_of(after(former(), spec={"load": load})).comparisons

    assert {claim.why for claim in found} == {why}


@pytest.mark.parametrize(
    ("own_ms", "outcome"), [((1, 1), Outcome.EQUIVALENT), ((1, 39), Outcome.INCONCLUSIVE)]
)
def test_what_k6_adds_is_the_more_of_the_two(own_ms: tuple[int, int], outcome: Outcome) -> None:
    """Within 40 ms of which 39 may be k6's own, latencies of the service need not be equal."""
    here, there = (Calibration(rate=500, p50_ms=0.1, p99_ms=each) for each in own_ms)
    own, other = (with_calibration((ROW,), each) for each in (here, there))
    earlier = former(calibration=there.dump(), results=[row.dump() for row in other])

    found = baseline_of(after(earlier, calibration=here, results=own))

    (p95,) = (claim for claim in found.comparisons if claim.figure == "p95Ms")
    assert p95.outcome is outcome


@pytest.mark.parametrize("zero_here", [True, False])
def test_a_figure_of_nothing_on_one_side_is_not_compared(zero_here: bool) -> None:
    assert ROW.cpu_micros is not None
    nothing = ROW.model_copy(
        update={"cpu_micros": ROW.cpu_micros.model_copy(update={"mean": 0.0, "low": 0.0})}
    )
    here, there = (nothing, ROW) if zero_here else (ROW, nothing)

    found = baseline_of(after(former(results=[there.dump()]), results=(here,)))

    assert {claim.figure for claim in found.comparisons} == {"requestsPerSecond", "p95Ms"}
    assert found.note == "cpuMicros is not known in both: async/workers=1"


def test_a_figure_that_one_of_the_two_has_alone_is_named_beside_those_that_are_compared() -> None:
    """A tail that is gone may be one of which nothing came to an end."""
    without = ROW.model_copy(update={"p95_ms": None})
    for here, there in ((without, ROW), (ROW, without)):
        found = baseline_of(after(former(results=[there.dump()]), results=(here,)))

        assert {claim.figure for claim in found.comparisons} == {"requestsPerSecond", "cpuMicros"}
        assert found.note == "p95Ms is not known in both: async/workers=1"
    assert baseline_of(after(former(results=[without.dump()]), results=(without,))).note == ""
