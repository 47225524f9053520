"""CPU is told per request that succeeded; where more than a few fail it carries no claim."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from loadlab.analysis.cell import CellSum
from loadlab.analysis.comparison import compare_cells
from loadlab.analysis.expectation import Replicate, judge_expectation
from loadlab.catalogue import Cell
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import (
    ComparisonOutcome,
    CostUnit,
    ExpectationOutcome,
    ResultRow,
    Standing,
)
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement
from tests.unit.analysis.claims import ASYNC, CELLS, MEASURED, SYNC, expected, judged

NOISE = (0.99, 1.0, 1.01, 0.995, 1.005)


def trial(cpu: float, failed: int, **fields: Any) -> TrialMeasurement:
    """30,000 requests, of which so many failed, at a cost of each that succeeded."""
    usage = ComponentUsage(cpu_micros_per_request=cpu, cpus_used=0.2)
    return replace(
        MEASURED,
        failed=failed,
        status={"2xx": 30_000 - failed, "5xx": failed},
        components={"service": usage},
        **fields,
    )


def row_of(cell: Cell, trials: Iterable[TrialMeasurement]) -> ResultRow:
    total = CellSum(cell, 5)
    for each in trials:
        total.add(JudgedTrial(each, Judgement()))
    return total.measured_cell().row


def replicates(cell: Cell, trials: Iterable[TrialMeasurement]) -> list[Replicate]:
    return [Replicate(cell, block, judged(each)) for block, each in enumerate(trials)]


@pytest.mark.parametrize(
    ("failed", "standing"),
    [(0, Standing.SOUND), (300, Standing.SOUND), (301, Standing.UNSOUND)],
)
def test_one_in_a_hundred_may_fail_until_a_cost_is_another_one(failed, standing):
    cost = row_of(ASYNC, [trial(500, failed)] * 3).cpu_micros

    assert cost is not None
    assert cost.mean == pytest.approx(500)
    assert cost.standing is standing
    assert cost.why == (None if standing is Standing.SOUND else "FailuresInCost")


def test_one_replicate_that_fails_is_enough():
    cost = row_of(ASYNC, [trial(500, 0), trial(500, 0), trial(500, 900)]).cpu_micros

    assert cost is not None
    assert cost.standing is Standing.UNSOUND


def test_two_that_fail_alike_are_not_told_apart_by_what_a_success_seems_to_cost():
    """Of both 48 % failed, of one of them cheaply: nobody knows what a good answer costs."""
    cells = {
        SYNC: [trial(600 * noise, 14_400) for noise in NOISE],
        ASYNC: [trial(330 * noise, 14_400) for noise in NOISE],
    }
    rows = [row_of(cell, trials) for cell, trials in cells.items()]
    places = [each for cell, trials in cells.items() for each in replicates(cell, trials)]
    found = {c.figure: c for c in compare_cells(rows, places)}["cpuMicros"]

    assert found.outcome is ComparisonOutcome.INCONCLUSIVE
    assert found.ratio == pytest.approx(0.55)


@pytest.mark.parametrize(
    ("failed", "outcome"),
    [(300, ExpectationOutcome.REPRODUCED), (14_400, ExpectationOutcome.INCONCLUSIVE)],
)
def test_an_expectation_on_cpu_has_no_value_of_a_trial_that_fails(failed, outcome):
    found = expected(ratio="cpuMicrosPerRequest.service", atMost=0.7)
    places = [
        *replicates(ASYNC, [trial(330, failed)] * 5),
        *replicates(SYNC, [trial(600, 0)] * 5),
    ]
    told = judge_expectation(found, CELLS, places)

    assert told.outcome is outcome
    assert ("FailuresInCost" in told.note) is (outcome is ExpectationOutcome.INCONCLUSIVE)


def test_an_expectation_on_cpu_has_no_value_where_costs_are_left_out():
    found = expected(metric="cpuMicrosPerRequest.service", atMost=400)
    left_out = [trial(330, 0, leaves_out_costs=True)] * 5
    told = judge_expectation(found, CELLS, replicates(ASYNC, left_out))

    assert told.outcome is ExpectationOutcome.INCONCLUSIVE
    assert "CostsLeftOut" in told.note


def test_a_row_says_what_cpu_is_divided_by():
    per_row = [trial(500, 0, costs_per_row=True)] * 3

    assert row_of(ASYNC, per_row).cpu_per is CostUnit.ROW
    assert row_of(ASYNC, [trial(500, 0)] * 3).cpu_per is None
