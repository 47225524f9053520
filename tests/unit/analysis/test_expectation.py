"""A claim is judged by the interval over blocks: both sides of a ratio met the same weather."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.analysis.expectation import Replicate, judge_expectation
from loadlab.catalogue import Cell, Factor
from loadlab.model.status import ExpectationOutcome as Outcome
from tests.unit.analysis.claims import (
    ASYNC,
    CELLS,
    MEASURED,
    at_rate,
    expected,
    interval,
    judge,
    judged,
    two_sides,
)


def test_a_ratio_is_taken_within_each_block():
    """The machine halves its speed from block to block; what is compared does not change."""
    found = judge(two_sides([2000, 1000, 500], [1000, 500, 250]), atLeast=1.9)

    assert interval(found) == pytest.approx((2.0, 2.0, 2.0))
    assert found.outcome is Outcome.REPRODUCED
    assert (found.replicates, found.note) == (3, "")


def test_the_interval_is_students_over_the_logarithms_of_the_blocks():
    logs = [math.log(x) for x in (1.8, 2.0, 2.2)]
    mean = sum(logs) / 3
    spread = math.sqrt(sum((x - mean) ** 2 for x in logs) / 2)
    half = 4.302653 * spread / math.sqrt(3)  # t of 2 degrees of freedom

    found = judge(two_sides([1800, 2000, 2200], [1000] * 3), atLeast=1)

    assert interval(found) == pytest.approx(
        (math.exp(mean), math.exp(mean - half), math.exp(mean + half)), rel=1e-6
    )


# The blocks' ratios are 1.9, 2.0 and 2.1: 2.0 with an interval from 1.76 to 2.26.
@pytest.mark.parametrize(
    ("bounds", "outcome"),
    [
        ({"atLeast": 1.7}, Outcome.REPRODUCED),
        ({"atMost": 2.4}, Outcome.REPRODUCED),
        ({"atLeast": 1.7, "atMost": 2.4}, Outcome.REPRODUCED),
        ({"atLeast": 1.9}, Outcome.INCONCLUSIVE),
        ({"atMost": 2.1}, Outcome.INCONCLUSIVE),
        ({"atLeast": 1.9, "atMost": 2.1}, Outcome.INCONCLUSIVE),
        ({"atLeast": 1.9, "atMost": 9}, Outcome.INCONCLUSIVE),
        ({"atLeast": 2.4}, Outcome.CONTRADICTED),
        ({"atMost": 1.7}, Outcome.CONTRADICTED),
        ({"atLeast": 0.8, "atMost": 1.25}, Outcome.CONTRADICTED),
        ({"atLeast": 3, "atMost": 4}, Outcome.CONTRADICTED),
    ],
)
def test_outcome_depends_on_where_the_whole_interval_lies(bounds, outcome):
    found = judge(two_sides([1900, 2000, 2100], [1000] * 3), **bounds)

    assert found.outcome is outcome
    assert ("reaches across a bound" in found.note) == (outcome is Outcome.INCONCLUSIVE)


@pytest.mark.parametrize("bound", ["atLeast", "atMost"])
def test_a_bound_is_included(bound):
    alike = [Replicate(ASYNC, n, judged(MEASURED)) for n in (1, 2, 3)]
    value, low, high = interval(judge(alike, metric="requestsPerSecond", atLeast=1))

    found = judge(alike, metric="requestsPerSecond", **{bound: value})

    assert low == value == high
    assert found.outcome is Outcome.REPRODUCED


# Not so far apart that there is no interval.
rates = st.lists(st.floats(900, 1100), min_size=3, max_size=6)


@given(of=rates, order=st.randoms(use_true_random=False))
def test_the_order_of_the_trials_means_nothing(of, order):
    replicates = two_sides(of, [900.0 + 10 * i for i in range(len(of))])
    shuffled = order.sample(replicates, len(replicates))

    assert judge(shuffled, atLeast=1.5) == judge(replicates, atLeast=1.5)


@given(of=rates, factor=st.floats(0.1, 10))
def test_scaling_one_side_scales_the_ratio_and_its_interval(of, factor):
    over = [1000.0] * len(of)

    plain = interval(judge(two_sides(of, over), atLeast=1))
    scaled = interval(judge(two_sides([rate * factor for rate in of], over), atLeast=1))

    assert scaled == pytest.approx([value * factor for value in plain], rel=1e-6)


@given(of=rates)
def test_the_ratio_of_equal_sides_is_one(of):
    assert interval(judge(two_sides(of, of), atLeast=1)) == pytest.approx((1.0, 1.0, 1.0))


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Noise of a block meets both sides, noise of a trial one: 95 % of 2000 claims of 1.8."""
    chosen = random.Random(11)
    expectation = expected(atLeast=1)
    covered = 0
    for _ in range(2000):
        weather = [chosen.lognormvariate(0, 0.3) for _ in range(4)]
        of = [1800 * w * chosen.lognormvariate(0, 0.03) for w in weather]
        over = [1000 * w * chosen.lognormvariate(0, 0.03) for w in weather]
        _, low, high = interval(judge_expectation(expectation, CELLS, two_sides(of, over)))
        covered += low <= 1.8 <= high

    assert 0.935 <= covered / 2000 <= 0.965


def test_pairs_of_one_block_are_averaged_and_do_not_count_as_replicates():
    """Two numbers of workers in three blocks: n is 3, and workers 2 is divided by workers 2."""
    cells = [Cell(variant=v, workers=w) for v in ("async", "sync") for w in (1, 2)]
    speeds = {("async", 1): 2000, ("sync", 1): 1000, ("async", 2): 4000, ("sync", 2): 500}
    replicates = [
        at_rate(cell, block, speeds[cell.variant, cell.number(Factor.WORKERS) or 0])
        for cell in cells
        for block in (1, 2, 3)
    ]

    found = judge_expectation(expected(atLeast=1), cells, replicates)

    assert interval(found)[0] == pytest.approx(4.0)  # the geometric mean of 2 and 8
    assert found.replicates == 3


@pytest.mark.parametrize("bound", [{"atLeast": 50}, {"atMost": 50}])
@pytest.mark.parametrize("replicates", [3, 5])
def test_a_figure_that_is_the_bound_in_all_replicates_reproduces_it(bound, replicates):
    """It was 49.99999999999997 by way of its logarithm, and Contradicted."""
    cells = [at_rate(ASYNC, block, 50.0) for block in range(replicates)]
    assert {cell.trial.requests_per_second for cell in cells} == {50.0}

    found = judge(cells, metric="requestsPerSecond", **bound)

    assert found.outcome is Outcome.REPRODUCED
