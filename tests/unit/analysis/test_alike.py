"""Cells are alike where any two of them are, in all that decides; not where few were compared."""

from collections.abc import Mapping

import pytest

from loadlab.analysis.best import choose
from loadlab.analysis.comparison import compare_cells
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.pairs import Terms
from loadlab.analysis.recommendation import recommend
from loadlab.catalogue import Cell
from tests.unit.analysis.claims import rows_of, sized
from tests.unit.analysis.test_best import NOISE

UNSURE = (1.3, 0.77, 1.2, 0.83, 1.0)
Costs = Mapping[tuple[str, int], float]  # CPU by variant and workers


def told(costs: Costs, noisy: tuple[str, int] | None = None, blocks: int = 5) -> str:
    """Recommend one of the cells; that of `sync` with two workers crashed."""
    replicates = [each for key, cpu in costs.items() for each in trials(key, cpu, key == noisy)]
    replicates = [each for each in replicates if each.block < blocks]
    rows = [
        row.model_copy(update={"crashes": 1}) if row.cell == CRASHED else row
        for row in rows_of(replicates)
    ]
    choice = choose(rows, replicates, Terms(own_ms=0.2))
    compared = compare_cells(rows, replicates, own_ms=0.2)
    (sentence,) = recommend(rows, choice, compared, ())
    return sentence


CRASHED = Cell(variant="sync", workers=2)


def trials(key: tuple[str, int], cpu: float, is_noisy: bool) -> list[Replicate]:
    cell = Cell(variant=key[0], workers=key[1])
    shift = len(cell.title()) + key[1]
    return [
        sized(cell, block, 1000.0 * noise, cpu * (UNSURE[block] if is_noisy else noise), 40.0)
        for block in range(5)
        for noise in (NOISE[(block + shift) % 5],)
    ]


ALIKE: Costs = {(variant, n): 500.0 for n in (1, 2) for variant in ("sync", "asyncpg")}


def test_cells_of_which_any_two_are_equivalent_are_alike() -> None:
    assert told(ALIKE).endswith(": they differ by less than 5 %.")


def test_a_cell_whose_control_is_gone_is_not_alike_unseen() -> None:
    """Only one of the three pairs was compared: of the third cell, 20 % dearer, it was said too."""
    dearer = told({**ALIKE, ("asyncpg", 2): 600.0}, noisy=("asyncpg", 2))

    assert dearer.startswith("Nothing tells ")
    assert "5 %" not in dearer
    assert " replicates would show the difference found, or that there is none." in dearer


def test_cells_that_differ_by_little_are_alike_though_they_are_told_apart() -> None:
    cheaper = {**ALIKE, ("asyncpg", 1): 490.0}

    assert told(cheaper).endswith(": they differ by less than 5 %.")


@pytest.mark.parametrize("blocks", [1, 2])
def test_few_replicates_are_the_reason_also_without_a_control_among_them(blocks: int) -> None:
    """It was: choose by what else matters to you."""
    without = {key: cpu for key, cpu in ALIKE.items() if key != ("sync", 1)}

    assert told(without, blocks=blocks).endswith(" apart: take 5 replicates or more.")
