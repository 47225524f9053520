"""What is told of the levels that were measured, by their means alone."""

import math

import pytest

from loadlab.analysis.blocks import Logs
from loadlab.analysis.measured_levels import MeasuredLevels
from loadlab.analysis.statistics import standard_error, t_quantile

WORDS = "workers"
NOISE = (0.002, -0.001, -0.001)


def levels(rates: dict[int, float], noise: tuple[float, ...] = NOISE) -> MeasuredLevels:
    logs: dict[int, Logs] = {
        size: {
            block: math.log(rate) + 0.1 * block + noise[(block + at) % len(noise)]
            for block in range(len(noise))
        }
        for at, (size, rate) in enumerate(rates.items())
    }
    return MeasuredLevels.of(logs)


@pytest.mark.parametrize(
    ("rates", "told"),
    [
        ({1: 50, 2: 60, 4: 89}, "4 workers carry the most that was measured; more may carry more"),
        ({1: 50, 2: 60, 4: 100, 8: 120}, "8 workers carry the most that was measured; more"),
        ({1: 50, 2: 109, 4: 120}, "2 workers carry 91% of what 4 do"),
        ({1: 50, 2: 109, 4: 120, 8: 90}, "2 workers carry 91% of what 4 do; 8 carry less, 75%"),
        ({1: 50, 2: 60, 4: 120, 8: 90}, "4 workers carry the most; 8 carry less, 75% of that"),
        ({1: 50, 2: 60, 4: 120, 8: 119.9}, "4 workers are enough: up to 8 no gain is seen"),
        (
            {1: 50, 2: 119.9, 4: 120},
            "2 workers carry 99% of what 4 do, and are not told apart from them",
        ),
    ],
)
def test_the_least_level_that_carries_nearly_as_much_is_enough(rates, told):
    assert levels(rates).recommendation(WORDS).startswith(told)


def test_a_fall_is_seen_where_the_blocks_tell_the_largest_level_from_the_best():
    rates = {1: 50.0, 2: 120.0, 4: 100.0, 8: 110.0}

    assert levels(rates).falls
    assert not levels(rates, (0.2, -0.1, -0.1)).falls
    assert not levels(rates, (0.0, 0.0)).falls  # two blocks tell nothing


def test_growth_to_the_largest_level_is_no_fall():
    assert not levels({1: 120.0, 2: 50.0, 4: 121.0}).falls


@pytest.mark.parametrize(
    ("at", "is_there"), [(1.9, False), (2.0, True), (8.0, True), (8.1, False), (4.0, True)]
)
def test_a_peak_lies_beside_the_best_level(at: float, is_there: bool) -> None:
    """Between its neighbours; beyond, up to the largest one."""
    assert levels({1: 50, 2: 90, 4: 120, 8: 90}).has_peak(at) is is_there


def test_without_a_fall_there_is_no_peak_whatever_the_law_says():
    assert not levels({1: 50, 2: 90, 4: 120, 8: 121}).has_peak(4)


@pytest.mark.parametrize(
    ("least", "told"),
    [
        (401.0, "40 workers are enough: up to 80 no gain is seen"),
        (419.0, "40 workers are enough"),
        (421.0, "160 workers carry 421 requests per second or more, beyond all levels"),
    ],
)
def test_a_level_of_which_a_bound_is_known_exceeds_others_by_more_than_noise(
    least: float, told: str
) -> None:
    """One that carried 1 in 400 more, as its warm-up was not over, left nothing to be said."""
    logs = {size: dict.fromkeys(range(3), math.log(400.0)) for size in (40, 80)}

    found = MeasuredLevels.of(logs, bounds={160: least})

    assert found.recommendation(WORDS).startswith(told)


def test_a_level_that_shares_no_block_with_the_best_one_is_not_told_from_it():
    logs = {1: {1: 0.0, 2: 0.01, 3: 0.0}, 2: {1: 1.0, 2: 1.01, 3: 1.0}, 4: {4: 0.5}}

    assert MeasuredLevels.of(logs).lower == {1}


@pytest.mark.parametrize(("p", "falls"), [(0.016, True), (0.018, False)])
def test_the_best_of_four_levels_might_have_been_any_of_three_others(p, falls):
    """0.05 / 3 is 0.0167."""
    noise = (0.01, -0.01, 0.02, -0.02, 0.0)
    fall = t_quantile(4, 1 - p) * standard_error(noise)
    flat = dict.fromkeys(range(5), 0.0)
    last = {block: each - fall for block, each in enumerate(noise)}

    assert MeasuredLevels.of({1: low(2), 2: low(1), 4: flat, 8: last}).falls is falls


def low(by: float) -> Logs:
    return dict.fromkeys(range(5), -by)


def test_a_level_that_carries_more_in_the_blocks_of_both_is_not_lower():
    """The best mean may come of a block that the other one has not."""
    noise = (0.001, -0.001, 0.002, -0.002, 0.0)
    other = {block: 0.05 + each for block, each in enumerate(noise)}
    best = {**dict.fromkeys(range(5), 0.0), 5: 2.0}

    found = MeasuredLevels.of({1: other, 2: best, 4: {**low(1), 5: -1.0}})

    assert found.best == 2
    assert found.lower == {4}


def bounded(bounds: dict[int, float]) -> MeasuredLevels:
    return MeasuredLevels({1: 100.0}, frozenset(), frozenset({1}), bounds)


@pytest.mark.parametrize(("least", "is_exceeded"), [(105.0, False), (105.1, True)])
def test_a_twentieth_more_is_of_no_matter(least: float, *, is_exceeded: bool) -> None:
    assert bounded({2: least}).is_exceeded(100.0) is is_exceeded


def test_of_several_that_are_known_by_a_bound_the_most_is_told():
    told = bounded({2: 120.0, 4: 210.0, 8: 180.0}).recommendation(WORDS)

    assert told.startswith("4 workers carry 210 requests per second or more")
