"""Few replicates borrow the noise of other cells, and never trust it more than their own."""

import math

import pytest

from loadlab.analysis.blocks import BlockNoise
from loadlab.analysis.estimate import LogEstimate
from loadlab.analysis.statistics import t_quantile

QUIET = BlockNoise(residual=0.0004, residual_degrees=10, total=0.0009, total_degrees=8.0)


def test_three_blocks_borrow_the_noise_of_the_others() -> None:
    """Their own spread is 1 %: the pooled 2 % of a trial counts."""
    found = LogEstimate.of_difference([0.10, 0.11, 0.12], QUIET)

    assert found.half() == pytest.approx(t_quantile(10) * math.sqrt(2 * 0.0004 / 3))


def test_a_cell_noisier_than_the_others_keeps_nine_tenths_of_its_own_interval() -> None:
    found = LogEstimate.of_difference([-0.3, 0.0, 0.3], QUIET)

    assert found.half() == pytest.approx(t_quantile(2, 0.90) * 0.3 / math.sqrt(3))


def test_five_blocks_borrow_nothing() -> None:
    found = LogEstimate.of_difference([0.1, 0.2, 0.3, 0.4, 0.5], QUIET)

    assert found.half() == pytest.approx(t_quantile(4) * math.sqrt(0.025 / 5))


def test_a_mean_bears_the_weather_of_its_blocks() -> None:
    found = LogEstimate.of_mean([7.0, 7.01, 7.02], QUIET)

    assert found.half() == pytest.approx(t_quantile(8.0) * math.sqrt(0.0009 / 3))


@pytest.mark.parametrize("blocks", [1, 2])
def test_two_blocks_have_no_interval_and_doubt_everything(blocks: int) -> None:
    found = LogEstimate.of_difference([0.5] * blocks, QUIET)

    assert (found.half(), found.doubt(0.5)) == (None, 1.0)


@pytest.mark.parametrize("differences", [[0.10, 0.11, 0.12], [0.05, 0.2, 0.3], [0.1, 0.2, 0.4] * 2])
def test_the_doubt_is_that_of_the_interval(differences: list[float]) -> None:
    """A mean as far away as half the interval's width is doubted at 5 %."""
    found = LogEstimate.of_difference(differences, QUIET)
    half = found.half()

    assert half is not None
    assert found.doubt(half) == pytest.approx(0.05)


def test_equal_differences_leave_no_doubt() -> None:
    found = LogEstimate.of_difference([0.1] * 5, None)

    assert found.half() == pytest.approx(0)
    assert (found.doubt(0.1), found.doubt(0.0)) == (0.0, 1.0)


def test_nothing_is_detectable_where_it_would_be_beyond_all_numbers() -> None:
    """A ms, a minute and a ms, among a thousand comparisons: its exponential ended the analysis."""
    found = LogEstimate.of_difference([-11.0, 11.0, -11.0], None)

    assert found.detectable(0.95) is not None
    assert found.detectable(1 - 0.05 / 3000) is None
