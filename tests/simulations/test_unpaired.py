"""Intervals between two experiments cover what they say; a drift between the runs is claimed."""

import math

import pytest

from tests.simulations.unpaired import TwoRuns, unpaired_claims, unpaired_coverage

ROUNDS = 1000  # a standard error of 0.7 % at 95 %


@pytest.mark.parametrize("replicates", [(5, 5), (10, 10), (5, 20)])
@pytest.mark.parametrize("noise", [(0.05, 0.05), (0.02, 0.10), (0.10, 0.02)])
def test_welchs_interval_covers_what_it_says(replicates, noise) -> None:
    world = TwoRuns(replicates, noise, gain=math.log(1.1))

    assert 0.93 <= unpaired_coverage(world, ROUNDS) <= 0.97


def test_two_runs_of_one_image_are_told_apart_once_in_twenty() -> None:
    assert unpaired_claims(TwoRuns((5, 5), (0.03, 0.03)), ROUNDS) <= 0.05 + 0.014


def test_a_machine_that_drifts_between_the_runs_is_taken_for_a_difference() -> None:
    """The reason for what is printed below the table."""
    world = TwoRuns((5, 5), (0.03, 0.03), shift=0.10)

    assert unpaired_claims(world, ROUNDS) >= 0.9
