"""Beside the noise of all blocks counts that of the pilot's, divided by as many blocks."""

from typing import Any

import pytest

from loadlab.analysis.blocks import BlockNoise
from loadlab.analysis.estimate import Deviation, LogEstimate

FIVE = [0.10, 0.11, 0.12, 0.13, 0.14]


def near(value: float) -> Any:
    return pytest.approx(value)


def grown(residual_degrees: int = 4, total_degrees: float = 3.5) -> BlockNoise:
    """All blocks are quiet; the pilot's had a residual of 0.002 and 0.005 with the weather."""
    pilot = BlockNoise(0.002, residual_degrees, 0.005, total_degrees)
    return BlockNoise(0.0001, 10, 0.0002, 9.0, pilot)


@pytest.mark.parametrize(("degrees", "used"), [(3.5, 3.5), (1.2, 1.2), (0.8, 1.0)])
def test_a_mean_has_the_pilots_noise_with_its_weather(degrees: float, used: float) -> None:
    found = LogEstimate.of_mean(FIVE, grown(total_degrees=degrees))

    assert found.pilot == Deviation(near((0.005 / 5) ** 0.5), used)


def test_a_difference_has_the_pilots_noise_of_both_trials() -> None:
    found = LogEstimate.of_difference(FIVE, grown())

    assert found.pilot == Deviation(near((2 * 0.002 / 5) ** 0.5), 4)


def test_a_pilot_that_tells_no_noise_from_blocks_counts_for_no_difference() -> None:
    assert LogEstimate.of_difference(FIVE, grown(residual_degrees=0)).pilot is None


@pytest.mark.parametrize(
    ("half_width", "blocks"),
    # Half of the interval is 2.776445 * 0.02 = 0.0555289: over 0.03 and squared, times 5, 17.13.
    [(0.03, 18), (0.05, 7), (0.0555, 6), (0.1, 5)],
)
def test_blocks_for_a_width_grow_with_the_square_of_what_it_lacks(half_width, blocks) -> None:
    found = LogEstimate(mean=0.1, blocks=5, main=Deviation(0.02, 4))

    assert found.blocks_for(half_width) == blocks


def test_without_an_error_no_number_of_blocks_is_known() -> None:
    assert LogEstimate(mean=0.1, blocks=2, main=None).blocks_for(0.05) is None
