"""Nothing rests on a rate at which writes were accepted, and not written."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from loadlab.analysis.best import choose
from loadlab.analysis.capacity import with_capacity
from loadlab.analysis.cell import CellSum, MeasuredCell
from loadlab.analysis.comparison import compare_cells
from loadlab.analysis.criteria import evaluate
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.recommendation import recommend
from loadlab.analysis.threshold import parse_threshold
from loadlab.catalogue import Cell
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import ComparisonOutcome, CriterionOutcome, LoadOutcome, Standing
from loadlab.model.status import ExpectationOutcome as Outcome
from loadlab.validity.judge import judge as judge_trial
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Family, ReasonKind, suspect
from tests.unit.analysis.claims import ASYNC, SYNC, at_rate, judge
from tests.unit.analysis.test_capacity import plan_of, rows_of
from tests.unit.validity.test_queue_behind import queued

GREW = suspect(
    ReasonKind.QUEUE_BEHIND, "the queue grew: the worker wrote 335/s of …", Family.SERVICE
)
NOISE = (0.99, 1.0, 1.01)
WHY = "has accepted more than was written meanwhile"


def sides(behind: Sequence[int], *, rate: float = 1275.0) -> list[Replicate]:
    """Three blocks of a queue that falls behind in some of them, and of what carries 704/s."""
    of = [at_rate(ASYNC, b, rate * n, *([GREW] * (b in behind))) for b, n in enumerate(NOISE, 1)]
    return of + [at_rate(SYNC, block, 704.0 * n) for block, n in enumerate(NOISE, 1)]


def cells(measurement: TrialMeasurement) -> tuple[list[MeasuredCell], list[Replicate]]:
    """Three replicates of a queue that falls behind, and of one that keeps up."""
    found, replicates = list[MeasuredCell](), list[Replicate]()
    for variant, persisted in (("behind", 10_050), ("keeps-up", 30_000)):
        total, trial = CellSum(Cell(variant=variant), 3, (95.0,)), queued(measurement, persisted)
        judged = JudgedTrial(trial, judge_trial(trial))
        for block in (1, 2, 3):
            replicates.append(Replicate(Cell(variant=variant), block, total.add(judged)))
        found.append(total.measured_cell())
    return found, replicates


def behind(measurement: TrialMeasurement) -> MeasuredCell:
    return cells(measurement)[0][0]


@pytest.fixture
def offered(healthy: TrialMeasurement) -> TrialMeasurement:
    load = replace(healthy.load, open_model=True, rate_per_second=1000.0, virtual_users=200)
    return replace(healthy, load=load)


def test_the_rate_of_a_closed_loop_is_unsound_and_its_reason_has_both(healthy):
    row = behind(healthy).row

    assert row.requests_per_second is not None
    found = row.requests_per_second.standing, row.requests_per_second.why
    assert found == (Standing.UNSOUND, "QueueBehind")
    assert row.reasons[0].startswith(
        "QueueBehind: the queue grew: the worker wrote 335/s of 1000/s"
    )


def test_an_offered_rate_is_what_was_offered_and_the_load_is_kept(offered):
    row = behind(offered).row

    assert row.requests_per_second is not None
    assert row.requests_per_second.standing is Standing.SOUND
    assert row.load is LoadOutcome.KEPT
    assert row.p95_ms is not None
    assert row.p95_ms.standing is Standing.SOUND


@pytest.mark.parametrize("model", ["healthy", "offered"])
def test_the_best_is_one_whose_workers_keep_up(model, request):
    """ "Take queued-insert: carries 1.8 times … of pooled" was said, which writes 704/s."""
    measurement = request.getfixturevalue(model)
    measured, replicates = cells(measurement)
    rows = [cell.row for cell in measured]

    found = choose(rows, replicates)

    assert found.best is not None
    assert (found.best.cell, dict(found.set_aside)) == ("keeps-up", {"behind": WHY})
    (sentence,) = recommend(rows, found.best, (), (), set_aside=found.set_aside)
    assert sentence == f"Take keeps-up: behind {WHY}."


def test_no_difference_of_such_a_rate_is_claimed(healthy):
    measured, replicates = cells(healthy)

    compared = compare_cells([cell.row for cell in measured], replicates)

    found = {c.figure: c.outcome for c in compared}

    assert found["requestsPerSecond"] is ComparisonOutcome.INCONCLUSIVE


@pytest.mark.parametrize("bounds", [{"atLeast": 1.5}, {"atMost": 1.5}])
def test_no_claim_rests_on_it(bounds):
    found = judge(sides(behind=[1, 2, 3]), **bounds)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "something else was measured (QueueBehind)" in found.note


@pytest.mark.parametrize(
    ("bounds", "outcome"),
    [({"atLeast": 1.5}, Outcome.INCONCLUSIVE), ({"atMost": 2.5}, Outcome.REPRODUCED)],
)
def test_a_replicate_that_fell_behind_carries_less_than_those_that_did_not(bounds, outcome):
    further = [at_rate(cell, 4, rate) for cell, rate in ((ASYNC, 1275.0), (SYNC, 704.0))]

    found = judge([*sides(behind=[2]), *further], **bounds)

    assert (found.outcome, found.replicates) == (outcome, 3)


@pytest.mark.parametrize("text", ["rate>500", "rate<2000", "count>10"])
def test_no_criterion_on_the_rate_is_decided_by_it(text, healthy):
    found = evaluate(parse_threshold("http_reqs", text), behind(healthy))

    assert found.outcome is CriterionOutcome.INCONCLUSIVE
    assert found.note == (
        "it is no rate that the cell keeps, see the reason QueueBehind of its row"
    )


def test_no_criterion_on_the_latency_is_undecided_by_it(healthy):
    found = evaluate(parse_threshold("http_req_duration", "p(95)<500"), behind(healthy))

    assert found.outcome is CriterionOutcome.PASSED


def test_it_is_no_bound_of_what_the_cell_carries(healthy):
    """The accepted rate was said to be carried at least."""
    plan = plan_of({"purpose": "Capacity"})
    row = behind(healthy).row

    found = {row.capacity for row in with_capacity(plan, rows_of(plan, row.requests_per_second))}

    assert found == {row.requests_per_second}
