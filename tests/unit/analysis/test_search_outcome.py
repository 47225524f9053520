"""What a search says of the experiment, by what it found in each cell."""

from typing import Any

import pytest

from loadlab.analysis.cell_outcome import CellOutcome
from loadlab.analysis.cells import AnalysedCell
from loadlab.analysis.search_outcome import (
    causes_of_search,
    criteria_of_search,
    verdict_of,
    with_found_capacity,
)
from loadlab.analysis.threshold import parse_threshold
from loadlab.analysis.verdict import NOT_QUIET, Cause
from loadlab.catalogue import Cell
from loadlab.model.status import (
    CellCapacity,
    CriterionOutcome,
    CriterionResult,
    Figure,
    ReplicateCounts,
    ResultRow,
    SearchEnd,
    Standing,
    StepOutcome,
    Validity,
    Verdict,
)

TAIL = {"tail": parse_threshold("http_req_duration", "p(95)<200")}
FOUND: dict[str, Any] = {
    "at_least": 400.0,
    "at_least_trials": 2,
    "below": 440.0,
    "below_trials": 2,
    "below_outcome": StepOutcome.FAILED,
    "ended": SearchEnd.FOUND,
}
NOTHING: dict[str, Any] = FOUND | {
    "at_least": None,
    "at_least_trials": 0,
    "ended": SearchEnd.MIN_RATE,
    "reason": "p(95) < 200",
}


def capacity(variant: str = "sync", **found: Any) -> CellCapacity:
    return CellCapacity(cell=variant, **(FOUND | found))


def cell(variant: str, rate: int, evaluated: CellOutcome) -> AnalysedCell:
    return AnalysedCell(row(variant, rate), {"tail": evaluated}, replicates=())


def row(variant: str, rate: int = 400) -> ResultRow:
    return ResultRow(
        cell=Cell(variant=variant, rate=rate),
        replicates=ReplicateCounts(planned=2, valid=2),
        requests=9000,
        validity=Validity.VALID,
    )


UNSURE = CellOutcome(CriterionOutcome.INCONCLUSIVE, 180.0, reach=(120.0, 240.0))


def judged(found: CellCapacity) -> CriterionResult:
    (result,) = criteria_of_search(TAIL, [cell("sync", 400, UNSURE)], [found])
    return result


@pytest.mark.parametrize(
    ("found", "quiet", "verdict"),
    [
        pytest.param({}, True, Verdict.PASSED, id="found"),
        pytest.param({"ended": SearchEnd.MAX_RATE}, True, Verdict.PASSED, id="all that may be"),
        pytest.param({}, False, Verdict.INCONCLUSIVE, id="not quiet"),
        pytest.param({"ended": SearchEnd.MAX_TRIALS}, True, Verdict.INCONCLUSIVE, id="maxTrials"),
        pytest.param({"ended": None}, True, Verdict.INCONCLUSIVE, id="ended before"),
        pytest.param({"at_least_trials": 1}, True, Verdict.INCONCLUSIVE, id="one trial"),
        pytest.param(NOTHING, True, Verdict.FAILED, id="fails at the lowest rate"),
        pytest.param(NOTHING, False, Verdict.FAILED, id="fails on a busy node, too"),
        pytest.param(
            NOTHING | {"below_outcome": StepOutcome.INCONCLUSIVE},
            True,
            Verdict.INCONCLUSIVE,
            id="undecided at the lowest rate",
        ),
        pytest.param(
            NOTHING | {"below": None, "below_trials": 0, "below_outcome": None},
            True,
            Verdict.ERROR,
            id="nothing measured",
        ),
    ],
)
def test_the_verdict_is_about_what_was_found(found, quiet, verdict):
    assert verdict_of([capacity(**found)], quiet=quiet) is verdict


@pytest.mark.parametrize(
    "other",
    [
        NOTHING | {"below": None, "below_trials": 0, "below_outcome": None, "ended": None},
        NOTHING | {"ended": SearchEnd.MAX_TRIALS},
        {"ended": SearchEnd.TIMEOUT},
    ],
    ids=["not tried", "no lower rate was tried", "not ended"],
)
def test_one_cell_that_is_not_known_leaves_the_experiment_undecided(other):
    found = [capacity(), capacity("async", **other)]

    assert verdict_of(found, quiet=True) is Verdict.INCONCLUSIVE


def test_rows_have_what_their_cells_carry_as_a_bound():
    rows = with_found_capacity(
        [row("sync"), row("async")], [capacity(), capacity("async", **NOTHING)]
    )

    assert rows[0].capacity == Figure(mean=400.0, standing=Standing.BOUND, why="Search")
    assert rows[1].capacity is None


def test_one_cell_that_fails_everywhere_fails_the_experiment():
    assert verdict_of([capacity(), capacity("async", **NOTHING)], quiet=True) is Verdict.FAILED


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        ({}, CriterionOutcome.PASSED),
        ({"at_least_trials": 1}, CriterionOutcome.INCONCLUSIVE),
        (NOTHING, CriterionOutcome.FAILED),
        (NOTHING | {"reason": "rate<0.01"}, CriterionOutcome.INCONCLUSIVE),
    ],
    ids=["confirmed", "one trial", "the criterion that failed", "another one failed"],
)
def test_a_criterion_is_judged_by_the_trials_and_not_by_the_interval_of_so_few(found, outcome):
    assert judged(capacity(**found)).outcome is outcome


def test_a_criterion_fails_at_the_lowest_rate_alone():
    """At a lower one it may hold: the verdict is undecided, and so is the criterion."""
    found = capacity(**NOTHING | {"ended": SearchEnd.MAX_TRIALS})
    failed = CellOutcome(CriterionOutcome.FAILED, 280.0)
    (result,) = criteria_of_search(TAIL, [cell("sync", 400, failed)], [found])

    assert result.outcome is CriterionOutcome.INCONCLUSIVE
    assert verdict_of([found], quiet=True) is Verdict.INCONCLUSIVE
    kept = CellOutcome(CriterionOutcome.PASSED, 80.0)
    (other,) = criteria_of_search(TAIL, [cell("sync", 400, kept)], [found])
    assert other.outcome is CriterionOutcome.PASSED


def test_a_search_names_the_cells_that_keep_it_from_passed():
    found = [
        capacity(message="sync carries"),
        capacity("async", **NOTHING, message="async is not known to carry any rate"),
        capacity("asyncpg", at_least_trials=1),
    ]

    assert list(causes_of_search(found, quiet=False)) == [
        Cause(Verdict.FAILED, "search of async", "async is not known to carry any rate"),
        Cause(Verdict.INCONCLUSIVE, "search of asyncpg", "it found no rate that is sure"),
        NOT_QUIET,
    ]


def test_a_passed_criterion_says_which_trials_its_value_is_of():
    found = judged(capacity())

    assert found.value == "180"
    assert "status.capacity" in found.note
    assert "replicates" not in found.note
