"""What could be told from nothing, and how many blocks would tell a difference."""

import math
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from loadlab.analysis.blocks import BlockNoise
from loadlab.analysis.estimate import Deviation, LogEstimate
from loadlab.analysis.statistics import standard_error, t_quantile, two_tails

# Student's t with 4 degrees: what both tails of 5 % and one tail of 10 % lie beyond.
MARGIN = math.log(1.05)
T_95, T_80 = 2.7764451052, 1.5332062737
OWN = LogEstimate(mean=0.1, blocks=5, main=Deviation(0.02, 4))
GUARDED = LogEstimate(mean=0.1, blocks=3, main=Deviation(0.02, 4), guard=Deviation(0.05, 2))
UNKNOWN = LogEstimate(mean=0.1, blocks=2, main=None)


def near(value: float) -> Any:
    return pytest.approx(value)


def test_a_difference_is_detectable_where_nine_of_ten_would_show_it() -> None:
    assert OWN.detectable(0.95) == pytest.approx((T_95 + T_80) * 0.02)


def test_a_guard_that_is_wider_counts_in_what_is_detectable() -> None:
    """Its own 90 % quantile with 2 degrees is 2.92."""
    assert GUARDED.detectable(0.95) == pytest.approx(2.9199855804 * 0.05 + T_80 * 0.02)


def test_a_stricter_confidence_asks_the_guard_for_twice_its_doubt() -> None:
    """At 99 % the guard stands at 98 %: 6.965 with 2 degrees."""
    assert GUARDED.half(0.99) == pytest.approx(6.9645567343 * 0.05)


def test_blocks_are_as_many_as_make_the_error_small_enough() -> None:
    """(2.776 + 1.533) * 0.02 * sqrt(5) = 0.19273: over 0.05, squared, 14.86."""
    assert OWN.blocks_needed(0.05, 0.95) == 15


def test_the_noisier_of_both_errors_says_how_many_blocks() -> None:
    """(2.776 + 1.533) * 0.05 * sqrt(3) = 0.37323: over 0.1, squared, 13.93."""
    assert GUARDED.blocks_needed(0.1, 0.95) == 14


def test_one_block_more_is_needed_at_least() -> None:
    assert OWN.blocks_needed(5.0, 0.95) == 6


@pytest.mark.parametrize(("blocks", "named"), [(999, 999), (1000, None)])
def test_a_thousand_blocks_are_not_named(blocks: int, named: int | None) -> None:
    distance = (T_95 + T_80) * 0.02 * math.sqrt(5 / (blocks - 0.5))

    assert OWN.blocks_needed(distance, 0.95) == named


@pytest.mark.parametrize("distance", [0.0, -0.1])
def test_no_distance_is_shown_by_no_number_of_blocks(distance: float) -> None:
    assert OWN.blocks_needed(distance, 0.95) is None


def test_a_small_distance_takes_many_blocks_and_not_none() -> None:
    assert LogEstimate(0.1, 5, Deviation(1e-6, 4)).blocks_needed(1e-5, 0.95) == 6


def test_equal_ones_stray_to_either_side() -> None:
    """One tail of 5 % lies beyond 2.1318, on both sides: as many as (2 t s / M)²."""
    equal = replace(OWN, mean=0.0)

    blocks = (2 * 2.1318467863 * 0.02 * math.sqrt(5) / MARGIN) ** 2
    assert equal.blocks_to_equal(MARGIN, 0.9) == math.ceil(blocks) == 16


@pytest.mark.parametrize(("blocks", "named"), [(999, 999), (1000, None)])
def test_a_thousand_equal_blocks_are_not_named(blocks: int, named: int | None) -> None:
    error = MARGIN * math.sqrt((blocks - 0.5) / 5) / (2 * 2.1318467863)

    assert LogEstimate(0.0, 5, Deviation(error, 4)).blocks_to_equal(MARGIN, 0.9) == named


def test_without_noise_a_mean_is_what_it_is() -> None:
    assert (OWN.without_noise.mean, OWN.without_noise.half()) == (OWN.mean, 0)


@pytest.mark.parametrize("mean", [0.04, -0.04])
def test_near_one_bound_the_other_one_hardly_counts(mean: float) -> None:
    near = LogEstimate(mean, 5, Deviation(0.005, 200))

    assert near.blocks_to_equal(MARGIN, 0.9) == near.blocks_needed(MARGIN - 0.04, 0.9)


@pytest.mark.parametrize(
    ("mean", "error", "blocks"), [(0.05, 0.02, None), (0.0, 0.9, None), (0.01, 0.0, 6)]
)
def test_no_number_shows_what_is_not_so_or_too_noisy(
    mean: float, error: float, blocks: int | None
) -> None:
    assert LogEstimate(mean, 5, Deviation(error, 4)).blocks_to_equal(MARGIN, 0.9) == blocks


def test_so_many_blocks_do_show_it() -> None:
    """By simulation; the noise is known as well as the blocks themselves will tell it."""
    noise = 0.06
    few = LogEstimate(0.0, 5, Deviation(noise / math.sqrt(5), 17)).blocks_to_equal(MARGIN, 0.9)
    assert few == 19

    generator = Random(7)
    shown = 0
    for _ in range(2000):
        logs = [generator.gauss(0.0, noise) for _ in range(few)]
        half = t_quantile(few - 1, 0.9) * standard_error(logs)
        shown += abs(math.fsum(logs) / few) + half < MARGIN
    assert 0.88 <= shown / 2000 <= 0.94


def test_a_pilot_of_few_blocks_asks_for_more_of_them() -> None:
    """Two degrees know the noise by a t of 4.303 and 1.886 where 200 do by 1.972 and 1.286."""
    plain = LogEstimate(0.1, 10, Deviation(0.03, 200))
    piloted = replace(plain, pilot=Deviation(0.03, 2))

    assert plain.blocks_needed(0.1, 0.95) == 11
    assert piloted.blocks_needed(0.1, 0.95) == math.ceil((6.1883 * 0.03 / 0.1) ** 2 * 10) == 35
    equal = replace(piloted, mean=0.0)
    assert (equal.blocks_to_equal(MARGIN, 0.9) or 0) > (
        replace(plain, mean=0.0).blocks_to_equal(MARGIN, 0.9) or 0
    )


def test_without_an_error_nothing_is_known() -> None:
    assert UNKNOWN.detectable(0.95) is None
    assert UNKNOWN.blocks_needed(0.1, 0.95) is None
    assert UNKNOWN.blocks_to_equal(MARGIN, 0.9) is None
    assert (UNKNOWN.half(), UNKNOWN.doubt(9.0)) == (None, 1.0)


def test_the_doubt_is_the_larger_one_of_both() -> None:
    at = 0.1

    assert GUARDED.doubt(at) == pytest.approx(two_tails(2.0, 2) / 2)
    assert OWN.doubt(at) == pytest.approx(two_tails(5.0, 4))
    assert OWN.doubt(-at) == OWN.doubt(at)


def test_a_mean_of_weather_known_by_less_than_one_degree_has_one() -> None:
    noise = BlockNoise(residual=0.0, residual_degrees=0, total=0.0012, total_degrees=0.8)

    found = LogEstimate.of_mean([1.0, 1.1, 1.2], noise)

    assert found.main == Deviation(near(0.02), 1.0)
    assert found.guard == Deviation(near(0.1 / math.sqrt(3)), 2)


def test_a_difference_of_weighted_trials_has_the_noise_of_their_squared_weights() -> None:
    noise = BlockNoise(residual=0.0004, residual_degrees=10, total=0.0, total_degrees=9.0)

    found = LogEstimate.of_difference([0.1, 0.2, 0.3], noise, trials=1.5)

    assert found.main == Deviation(near(math.sqrt(1.5 * 0.0004 / 3)), 10)


def test_noise_without_a_degree_of_freedom_is_not_borrowed() -> None:
    noise = BlockNoise(residual=0.0004, residual_degrees=0, total=0.0, total_degrees=9.0)

    found = LogEstimate.of_difference([0.1, 0.2, 0.3], noise)

    assert (found.main, found.guard) == (Deviation(near(0.1 / math.sqrt(3)), 2), None)


@pytest.mark.parametrize(("blocks", "borrows"), [(3, True), (4, True), (5, False)])
def test_up_to_four_blocks_borrow(blocks: int, borrows: bool) -> None:
    noise = BlockNoise(residual=0.0004, residual_degrees=10, total=0.001, total_degrees=9.0)

    found = LogEstimate.of_mean([1.0, 1.1, 1.2, 1.15, 1.05][:blocks], noise)

    assert (found.guard is not None) == borrows


@pytest.mark.parametrize(("distance", "doubt"), [(0.0, 1.0), (0.1, 0.0), (-0.1, 0.0)])
def test_values_without_spread_leave_no_doubt_but_of_nothing(distance: float, doubt: float) -> None:
    assert Deviation(0.0, 4).doubt(distance) == doubt


def test_a_figure_of_two_blocks_shows_its_values() -> None:
    found = LogEstimate.of_mean([math.log(2.0), math.log(8.0)], None).figure([2.0, 8.0])

    assert (found.mean, found.least, found.most) == pytest.approx((4.0, 2.0, 8.0))
    assert found.low is None


def test_a_figure_lies_in_the_interval_of_its_logarithms() -> None:
    found = OWN.figure([1.0])

    assert (found.mean, found.low, found.high) == pytest.approx(
        tuple(math.exp(0.1 + way * T_95 * 0.02) for way in (0, -1, 1))
    )
