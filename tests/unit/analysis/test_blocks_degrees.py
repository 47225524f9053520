"""The parts of the noise by hand, with their degrees of freedom, and the equations below them."""

from dataclasses import replace

import pytest

from loadlab.analysis.blocks import BlockNoise, block_effects, block_noise, solve
from tests.unit.analysis.test_blocks import PRINTED


def test_the_degrees_are_satterthwaites_rounded_down_to_a_tenth() -> None:
    """Of the printed table: (9.61 + 5.49)^2 / (9.61^2 / 5 + 5.49^2 / 15) = 11.14."""
    found = block_noise([dict(enumerate(values)) for values in PRINTED])

    assert found is not None
    assert found.total_degrees == 11.1


def test_values_without_any_spread_have_all_degrees() -> None:
    found = block_noise([{1: 5.0, 2: 5.0, 3: 5.0}, {1: 7.0, 2: 7.0, 3: 7.0}])

    assert found == BlockNoise(residual=0.0, residual_degrees=2, total=0.0, total_degrees=4.0)


def test_two_values_of_one_cell_have_their_variance_with_one_degree() -> None:
    found = block_noise([{4: 1.0, 9: 3.0}, {4: 8.0}])

    assert found == BlockNoise(residual=0.0, residual_degrees=0, total=2.0, total_degrees=1.0)


def test_two_cells_in_two_blocks_share_their_noise_out() -> None:
    """Within cells 2 and 8, so 10 with 2 degrees; of the blocks 9 with one, beside them 1."""
    found = block_noise([{1: 1.0, 2: 3.0}, {1: 1.0, 2: 5.0}])

    assert found is not None
    assert found.residual == pytest.approx(1.0)
    assert found.residual_degrees == 1
    assert found.total == pytest.approx(9 / 2 + 1 / 2)
    assert found.total_degrees == 1.2  # 5^2 / (4.5^2 + 0.5^2) = 1.22


def test_effects_of_blocks_are_what_cells_differ_by_within() -> None:
    """The second block is 2 above the first, the third 1: also where a cell lacks one of them."""
    effects, rank = block_effects([{1: 0.0, 2: 2.0, 3: 1.0}, {1: 10.0, 2: 12.0}])

    assert rank == 2
    assert effects[2] - effects[1] == pytest.approx(2.0)
    assert effects[3] - effects[1] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("matrix", "solved", "rank"),
    [
        ([[0.0, 2.0, 4.0], [3.0, 0.0, 6.0]], [2.0, 2.0], 2),
        ([[1.0, 1.0, 2.0], [2.0, 2.0, 4.0]], [2.0, 0.0], 1),
        ([[0.5, 0.0, 1.0], [0.0, -4.0, 2.0]], [2.0, -0.5], 2),
        ([[0.0, 0.0, 0.0], [0.0, 2e-9, 4e-9]], [0.0, 2.0], 1),
        ([[1.0, 2.0, 0.0, 5.0], [2.0, 1.0, 1.0, 7.0], [0.0, 1.0, 3.0, 11.0]], [1.0, 2.0, 3.0], 3),
    ],
)
def test_equations_are_solved_with_their_rank(matrix, solved, rank) -> None:
    found, known = solve(matrix)

    assert found == pytest.approx(solved)
    assert known == rank


# The first cell's trials of the last two blocks came to nothing.
GROWN = (
    {1: 1.0, 2: 1.3, 3: 0.8},
    {1: 2.0, 2: 2.4, 3: 2.1, 4: 2.2, 5: 2.9},
)


def test_beside_the_noise_of_all_blocks_stands_that_of_the_pilots() -> None:
    found = block_noise(GROWN, pilot=3)
    first = [{block: cell[block] for block in (1, 2, 3)} for cell in GROWN]

    assert found is not None
    assert found.pilot == block_noise(first)
    assert replace(found, pilot=None) == block_noise(GROWN)


@pytest.mark.parametrize("pilot", [None, 5, 6])
def test_where_no_block_came_after_the_pilots_they_are_all(pilot: int | None) -> None:
    assert block_noise(GROWN, pilot) == block_noise(GROWN)


def test_without_noise_there_is_none_of_pilots() -> None:
    assert block_noise([{1: 1.0}, {9: 2.0}], pilot=3) is None
