"""Whose noise a claim has: that of all its cells, and of the blocks that decided how many."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from loadlab.analysis.expectation import Replicate, judge_expectation
from loadlab.analysis.statistics import t_quantile
from loadlab.catalogue import Cell
from loadlab.measurement.usage import ComponentUsage
from loadlab.model.status import ExpectationOutcome as Outcome
from tests.unit.analysis.claims import (
    ASYNC,
    MEASURED,
    at_rate,
    expected,
    interval,
    judge,
    judged,
    two_sides,
)

APART = 0.05  # the logarithms of a cell's three trials, or of its pilot trials
TWO = [Cell(variant="async", workers=workers) for workers in (1, 2)]


def around(rate: float, logs: Sequence[float], cell: Cell) -> list[Replicate]:
    return [at_rate(cell, block, rate * math.exp(log)) for block, log in enumerate(logs, start=1)]


@pytest.mark.parametrize(("rate", "ratio"), [(1000.0, 2.0), (1000.0, 0.5), (0.4, 2.0)])
def test_pairs_that_differ_the_other_way_round_have_the_noise_of_all_their_trials(
    rate: float, ratio: float
) -> None:
    """Their mean is the same in each block, and 0.05 up and down that of each is no accident."""
    up, down, level = (APART, 0.0, -APART), (-APART, 0.0, APART), (0.0, 0.0, 0.0)
    divisors = [Cell(variant="sync", workers=workers) for workers in (1, 2)]
    replicates = [
        *around(rate * ratio, up, TWO[0]),
        *around(rate * ratio, down, TWO[1]),
        *(each for cell in divisors for each in around(rate, level, cell)),
    ]

    found = judge_expectation(expected(atLeast=0.1), [*TWO, *divisors], replicates)

    # 12 trials less 4 cells and 2 more blocks; four trials of a block, each half of its value.
    half = t_quantile(6) * math.sqrt(4 * APART**2 / 6 * 4 * 0.5**2 / 3)
    assert interval(found) == pytest.approx(
        (ratio, ratio * math.exp(-half), ratio * math.exp(half))
    )


@pytest.mark.parametrize(
    ("cells", "error", "degrees"),
    [
        ([ASYNC], math.sqrt(2 * APART**2 / 2 / 5), 2),  # of the three pilot trials
        (TWO, math.sqrt(2 * APART**2 / 4 / 5), 4),  # of all five
    ],
    ids=["one", "two"],
)
def test_a_figure_of_one_cell_has_the_noise_of_its_pilot_trials_too(
    cells: Sequence[Cell], error: float, degrees: int
) -> None:
    logs = (APART, -APART, 0.0, 0.0, 0.0)
    replicates = [each for cell in cells for each in around(1000.0, logs, cell)]
    claim = expected(metric="requestsPerSecond", atLeast=1)

    found = judge_expectation(claim, cells, replicates, pilot=3)

    half = t_quantile(degrees) * error
    assert interval(found)[1:] == pytest.approx((1000 * math.exp(-half), 1000 * math.exp(half)))


def test_a_figure_that_was_nothing_once_has_a_mean_and_no_interval() -> None:
    lags = [
        Replicate(
            ASYNC,
            block,
            judged(
                replace(MEASURED, components={"service": ComponentUsage(event_loop_lag_p99_ms=ms)})
            ),
        )
        for block, ms in enumerate((0.0, 3.0, 3.0), start=1)
    ]

    found = judge(lags, metric="eventLoopLagMs.p99", atMost=5)

    assert (found.value, found.low, found.outcome) == (2.0, None, Outcome.INCONCLUSIVE)


@pytest.mark.parametrize(("end", "bound"), [(1, "atMost"), (2, "atLeast")])
def test_an_interval_that_ends_at_a_bound_reaches_it(end: int, bound: str) -> None:
    sides = two_sides([1900, 2000, 2100], [1000] * 3)
    at = interval(judge(sides, atLeast=1))[end]

    assert judge(sides, **{bound: at}).outcome is Outcome.INCONCLUSIVE
