"""A number of blocks that the first ones asked for costs no coverage, and the width is reached."""

import pytest

from tests.simulations.stages import grown, one_noisier, two_cells

ROUNDS = 250  # a standard error of 1.4 % at 95 %


@pytest.mark.parametrize("pilot", [3, 5, 8])
def test_intervals_cover_what_they_say_and_are_mostly_as_narrow_as_wanted(pilot: int) -> None:
    found = grown(two_cells(pilot, 0.025, 0.05), ROUNDS)

    assert found.covers >= 0.95 - 0.028  # two standard errors
    assert found.reached >= 0.80
    assert found.widest <= 0.05


def test_a_cell_noisier_than_the_others_is_covered_too() -> None:
    assert grown(one_noisier(5), ROUNDS).covers >= 0.95 - 0.028
