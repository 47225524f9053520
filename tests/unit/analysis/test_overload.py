"""A cell whose service did not carry the load: a row with bounds, and never a pass."""

from dataclasses import replace

import pytest

from loadlab.analysis.best import choose
from loadlab.analysis.cell import CellSum, MeasuredCell
from loadlab.analysis.criteria import evaluate
from loadlab.analysis.threshold import parse_threshold
from loadlab.analysis.trial_figures import TrialFigures, figure_of, has_lower_bound
from loadlab.analysis.verdict import decide_verdict
from loadlab.catalogue import Cell
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.usage import ComponentUsage, CpuSetUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.spec.expectations import FigureName
from loadlab.model.status import (
    CriterionOutcome,
    LoadOutcome,
    Resource,
    Standing,
    Validity,
    Verdict,
)
from loadlab.validity.judge import judge
from loadlab.validity.judged_trial import JudgedTrial

FAILED, PASSED = CriterionOutcome.FAILED, CriterionOutcome.PASSED
INCONCLUSIVE = CriterionOutcome.INCONCLUSIVE


@pytest.fixture
def kept(healthy: TrialMeasurement) -> JudgedTrial:
    load = replace(healthy.load, open_model=True, rate_per_second=1000.0, virtual_users=200)
    return judged(replace(healthy, load=load))


@pytest.fixture
def dropped(kept: JudgedTrial) -> JudgedTrial:
    """200/s of 1,000/s; the service has one CPU, which is full."""
    busy = ComponentUsage(cpu_micros_per_request=4950.0, cpus_used=0.99)
    load = replace(kept.measurement.load, cpu_limits={"service": 1.0})
    return judged(
        replace(
            kept.measurement,
            load=load,
            requests=6_000,
            iterations=6_000,
            dropped_iterations=24_000,
            mean_iteration_ms=1000.0,
            latency=Histogram.of([1_000_000] * 6_000),
            components={"service": busy},
            counts=None,
        )
    )


def judged(measurement: TrialMeasurement) -> JudgedTrial:
    return JudgedTrial(measurement, judge(measurement))


def measured(*trials: JudgedTrial) -> MeasuredCell:
    total = CellSum(Cell(variant="a"), len(trials), (50.0, 95.0, 99.0))
    for trial in trials:
        total.add(trial)
    return total.measured_cell()


def outcome(cell: MeasuredCell, text: str, metric: str = "http_req_duration") -> CriterionOutcome:
    return evaluate(parse_threshold(metric, text), cell).outcome


def test_the_row_says_what_was_carried_and_what_held_it_back(dropped: JudgedTrial) -> None:
    row = measured(dropped, dropped).row

    assert row.load is LoadOutcome.OVERLOADED
    assert (row.replicates.valid, row.replicates.overloaded) == (2, 2)
    assert row.validity is Validity.SUSPECT
    assert row.requests_per_second is not None
    assert row.requests_per_second.mean == pytest.approx(200)
    assert row.bottleneck is not None
    assert row.bottleneck.name is Resource.SERVICE_CPU


def test_its_latencies_are_lower_bounds_but_for_the_shortest(dropped: JudgedTrial) -> None:
    row = measured(dropped).row

    assert row.latency_ms is not None
    bound = {n for n in ("avg", "min", "med", "p90", "max") if row.latency_ms.is_lower_bound(n)}
    assert bound == {"avg", "med", "p90", "max"}
    assert row.p95_ms is not None
    assert (row.p95_ms.standing, row.p95_ms.why) == (Standing.BOUND, "DroppedIterations")


def test_one_replicate_that_was_not_carried_makes_the_cell_overloaded(
    kept: JudgedTrial, dropped: JudgedTrial
) -> None:
    row = measured(kept, dropped, kept).row

    assert row.load is LoadOutcome.OVERLOADED
    assert (row.replicates.valid, row.replicates.overloaded) == (3, 1)


def test_a_rate_that_was_carried_is_kept_and_bounds_nothing(kept: JudgedTrial) -> None:
    row = measured(kept).row

    assert row.load is LoadOutcome.KEPT
    assert row.latency_ms is not None
    assert row.latency_ms.lower_bound_above is None


def test_closed_loops_are_neither(healthy: TrialMeasurement) -> None:
    assert measured(judged(healthy)).row.load is None


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        ("p(95)<100000", FAILED),
        ("p(50)<=100000", FAILED),
        ("avg<1", FAILED),
        ("p(95)>500", PASSED),
        ("p(95)>5000", INCONCLUSIVE),
        ("max!=1", PASSED),
        ("max==5000", INCONCLUSIVE),
    ],
)
def test_no_ceiling_of_a_latency_is_kept_under_overload(
    dropped: JudgedTrial, threshold: str, expected: CriterionOutcome
) -> None:
    assert outcome(measured(dropped), threshold) is expected


def test_a_criterion_on_the_rate_is_held_against_what_was_carried(dropped: JudgedTrial) -> None:
    assert outcome(measured(dropped), "rate>=800", "http_reqs") is FAILED
    assert outcome(measured(dropped), "count<1", "dropped_iterations") is FAILED


def test_an_overloaded_cell_fails_the_experiment_and_is_never_the_best(
    dropped: JudgedTrial,
) -> None:
    row = measured(dropped).row

    assert decide_verdict([row], []) is Verdict.FAILED
    assert choose([row], []).best is None


def test_an_expectation_does_not_take_a_bound_for_a_latency(dropped: JudgedTrial) -> None:
    figures = TrialFigures.of(dropped)

    assert figure_of(figures, FigureName.LATENCY_P95, None) is None
    assert has_lower_bound(figures, FigureName.LATENCY_P95, None)
    assert figure_of(figures, FigureName.REQUESTS_PER_SECOND, None) == pytest.approx(200)


def failing(trial: JudgedTrial) -> JudgedTrial:
    nothing = replace(trial.measurement, failed=trial.measurement.requests, latency=Histogram())
    return judged(nothing)


def test_a_service_that_answers_nothing_well_fails_what_is_asked_of_it(
    kept: JudgedTrial,
) -> None:
    cell = measured(failing(kept))

    assert cell.row.validity is Validity.INVALID
    assert cell.row.failed_rate == 1.0
    assert outcome(cell, "rate<0.01", "http_req_failed") is FAILED
    assert outcome(cell, "p(95)<100") is FAILED
    assert outcome(cell, "rate>1", "http_reqs") is INCONCLUSIVE


def test_failures_of_one_replicate_are_not_forgotten_for_the_others(kept: JudgedTrial) -> None:
    row = measured(kept, failing(kept)).row

    assert row.failed_rate == 0.5
    assert row.validity is Validity.SUSPECT
    assert any(r.startswith("NoSuccess: in a replicate that is not used") for r in row.reasons)


def test_what_a_service_did_beside_others_work_is_not_held_against_it(
    kept: JudgedTrial, dropped: JudgedTrial
) -> None:
    """Its CPU was the others', so nobody knows what it would have carried."""
    usage = dropped.measurement.components | {"generator": ComponentUsage(cpus_used=0.1)}
    spoiled = judged(
        replace(
            dropped.measurement,
            components=usage,
            shared_cpus=CpuSetUsage(cpus=1, busy=1.0, stolen=0.0),
            latency=Histogram(),
            failed=6_000,
        )
    )

    row = measured(kept, spoiled).row

    assert spoiled.judgement.validity is Validity.INVALID
    assert row.load is LoadOutcome.KEPT
    assert row.validity is Validity.VALID
    assert row.failed_rate == 0.0
    assert row.replicates.valid == 1


def test_a_count_is_that_of_all_replicates_whose_requests_are_counted(kept: JudgedTrial) -> None:
    """Five of 30,000 each, one of which has no success: they were 37,500 a replicate."""
    cell = measured(*[kept] * 4, failing(kept))

    assert outcome(cell, "count>=30000", "http_reqs") is PASSED
    assert outcome(cell, "count>=30001", "http_reqs") is FAILED
