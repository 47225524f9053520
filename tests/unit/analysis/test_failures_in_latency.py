"""What is known of a latency in which failed answers are mixed with the good ones."""

from dataclasses import replace

import pytest

from loadlab.analysis.cell import CellSum, MeasuredCell
from loadlab.analysis.criteria import evaluate
from loadlab.analysis.threshold import parse_threshold
from loadlab.catalogue import Cell
from loadlab.measurement.documents import Program
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import CriterionOutcome, Standing
from loadlab.validity.judge import judge
from loadlab.validity.judged_trial import JudgedTrial

# Three in ten fail in 1 ms; of the good ones 92 % take 10 ms, the slowest of them 500 ms.
FAILED_US, GOOD_US = [1_000] * 9_000, [10_000] * 19_800 + [500_000] * 1_200


def cell(healthy: TrialMeasurement, *, mixes: bool) -> MeasuredCell:
    program = Program(name="wrk", version="4", latency="closed", latency_mixes_failures=mixes)
    latencies = [*FAILED_US, *GOOD_US] if mixes else GOOD_US
    trial = replace(
        healthy,
        program=program,
        failed=len(FAILED_US),
        status={"2xx": len(GOOD_US), "5xx": len(FAILED_US)},
        latency=Histogram.of(latencies),
    )
    total = CellSum(Cell(variant="a"), 1, [95.0])
    total.add(JudgedTrial(trial, judge(trial)))
    return total.measured_cell()


def test_a_p95_among_failed_answers_is_not_that_of_the_good_ones(healthy):
    mixed, apart = (cell(healthy, mixes=mixes).row.p95_ms for mixes in (True, False))

    assert mixed is not None
    assert apart is not None
    assert mixed.mean == pytest.approx(10, rel=0.01)
    assert apart.mean == pytest.approx(500, rel=0.01)
    assert (mixed.standing, mixed.why) == (Standing.UNSOUND, "FailuresInLatency")
    assert apart.standing is Standing.SOUND


@pytest.mark.parametrize("text", ["p(95)<200", "p(95)>200", "avg<200", "min>5", "max<200"])
def test_it_decides_no_criterion_on_a_latency(healthy, text):
    found = evaluate(parse_threshold("http_req_duration", text), cell(healthy, mixes=True))

    assert found.outcome is CriterionOutcome.INCONCLUSIVE
    assert found.words == ""


def test_it_decides_those_on_failures_and_rates(healthy):
    mixed = cell(healthy, mixes=True)
    failures, rate = (
        evaluate(parse_threshold(metric, text), mixed).outcome
        for metric, text in (("http_req_failed", "rate<0.01"), ("http_reqs", "rate>100"))
    )

    assert (failures, rate) == (CriterionOutcome.FAILED, CriterionOutcome.PASSED)


def test_without_failed_answers_among_them_criteria_decide(healthy):
    found = evaluate(parse_threshold("http_req_duration", "p(95)<200"), cell(healthy, mixes=False))

    assert found.outcome is CriterionOutcome.FAILED
