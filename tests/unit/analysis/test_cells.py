"""The stored trials of a cell: what all of its criteria, and all that are planned, make of it."""

from dataclasses import replace

import pytest

from loadlab.analysis.cells import AnalysedCell, CellAnalysis
from loadlab.analysis.threshold import parse_threshold
from loadlab.catalogue import Cell
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import CriterionOutcome, Resource
from loadlab.plan.cells import Arm
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement
from tests.unit.analysis.attributed import trial_of

ARM = Arm(Cell(variant="a"))


def analysed(trial: TrialMeasurement, planned: int, *thresholds: str) -> AnalysedCell:
    """One replicate of so many, of which each threshold is asked."""
    rules = {text: parse_threshold("http_req_duration", text) for text in thresholds}
    analysis = CellAnalysis(ARM, planned, rules)
    analysis.add_judged(JudgedTrial(trial, Judgement(())), 1)
    return analysis.analysed_cell()


@pytest.mark.parametrize(
    ("planned", "outcome"), [(1, CriterionOutcome.PASSED), (2, CriterionOutcome.INCONCLUSIVE)]
)
def test_one_replicate_decides_a_criterion_where_no_other_is_planned(
    healthy: TrialMeasurement, planned: int, outcome: CriterionOutcome
) -> None:
    assert analysed(healthy, planned, "p(95)<50").outcomes["p(95)<50"].outcome is outcome


def test_without_a_calibration_nothing_is_taken_from_a_latency(healthy: TrialMeasurement) -> None:
    """Its p95 is 10.9 ms: 1 ms less would keep 10."""
    found = analysed(healthy, 1, "p(95)<10").outcomes["p(95)<10"]

    assert found.outcome is CriterionOutcome.FAILED


@pytest.mark.parametrize(
    ("thresholds", "limit"),
    [
        (["p(95)<50", "p(99)<50"], Resource.LOAD),
        (["p(95)<50", "p(99)<5"], Resource.SERVICE_CPU),
    ],
)
def test_one_criterion_of_two_that_fails_is_enough_for_the_load_to_be_no_bottleneck(
    healthy: TrialMeasurement, thresholds: list[str], limit: Resource
) -> None:
    trial = trial_of(healthy, cpus_used=1.5)
    kept = replace(trial.load, open_model=True, rate_per_second=1000.0)

    row = analysed(replace(trial, load=kept), 1, *thresholds).row

    assert row.bottleneck is not None
    assert row.bottleneck.name is limit
