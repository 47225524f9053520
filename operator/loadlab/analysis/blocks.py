"""The noise of an experiment's trials, pooled over all of its cells.

Replicate r of all cells is one block. A cell with three replicates knows its own noise badly: two
degrees of freedom make an interval of 4.3 standard errors. The model

    log of a figure = cell + block + noise of the trial

is fitted to all cells by least squares, missing trials allowed (Montgomery, Design and Analysis of
Experiments, chapter 4), so that the noise has the degrees of freedom of all cells together.

A mean also bears the weather of its blocks, which meets all cells alike. Its variance is taken
from the blocks' mean square by the method of moments (Henderson's method 3, Searle, Linear Models,
chapter 10), and the degrees of freedom of the sum of both parts are Satterthwaite's (1946).

Where the noise of the first blocks decided how many blocks there are, it is kept beside that of
all: too few blocks follow where it was underrated, and an interval from all of them covers too
seldom then (Stein, Annals of Mathematical Statistics 16, 1945).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

_SINGULAR = 1e-9  # a pivot below it is the rounding error of a zero
Logs = Mapping[int, float]  # the natural logarithm of a figure by block
Matrix = list[list[float]]


@dataclass(frozen=True, slots=True)
class BlockNoise:
    """Variances of the logarithm of one trial's figure, each with its degrees of freedom."""

    residual: float  # beside cell and block: of what two trials of one block differ by
    residual_degrees: int  # 0 where nothing is left to tell noise from blocks
    total: float  # with that of the block
    total_degrees: float
    pilot: "BlockNoise | None" = None  # of the blocks that decided how many there are


def block_noise(cells: Sequence[Logs], pilot: int | None = None) -> BlockNoise | None:
    """Fit cells and blocks; None where no cell has two values.

    `pilot` is the last of the blocks by whose noise the number of all was computed, if any were.
    """
    found = _fit(cells)
    if found is None or pilot is None or all(max(cell, default=0) <= pilot for cell in cells):
        return found
    first = [{b: value for b, value in cell.items() if b <= pilot} for cell in cells]
    return replace(found, pilot=_fit(first))


def _fit(cells: Sequence[Logs]) -> BlockNoise | None:
    known = [cell for cell in cells if len(cell) > 1]  # one value is its cell's mean
    if not known:
        return None
    effects, rank = block_effects(known)
    within = math.fsum(_squares(list(cell.values())) for cell in known)
    residual = math.fsum(
        _squares([value - effects[block] for block, value in cell.items()]) for cell in known
    )
    left = sum(len(cell) - 1 for cell in known)
    return _variances(max(within - residual, 0.0), rank, residual, left)


def _variances(between: float, rank: int, residual: float, left: int) -> BlockNoise:
    """Share out the sums of squares: `left` degrees within cells, `rank` of them of the blocks.

    E[between] = rank * residual + left * (variance of the blocks).
    """
    degrees = left - rank
    noise = residual / degrees if degrees else 0.0
    parts = [(between / rank * (rank / left), rank)]
    if degrees:
        parts.append((noise * (1 - rank / left), degrees))
    total = math.fsum(part for part, _ in parts)
    spread = math.fsum(part**2 / own for part, own in parts)
    satterthwaite = total**2 / spread if spread else float(left)
    # Rounded down: it is an approximation, and quantiles of few degrees can be remembered.
    return BlockNoise(noise, degrees, total, math.floor(10 * satterthwaite) / 10)


def _squares(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values)


def block_effects(cells: Sequence[Logs]) -> tuple[dict[int, float], int]:
    """Solve the normal equations of the blocks, cells eliminated; return effects and rank.

    The effects are logarithms; only their differences mean something.
    """
    blocks = sorted({block for cell in cells for block in cell})
    place = {block: index for index, block in enumerate(blocks)}
    matrix: Matrix = [[0.0] * (len(blocks) + 1) for _ in blocks]
    for cell in cells:
        mean = math.fsum(cell.values()) / len(cell)
        for block, value in cell.items():
            row = matrix[place[block]]
            row[place[block]] += 1
            row[-1] += value - mean
            for other in cell:
                row[place[other]] -= 1 / len(cell)
    solved, rank = solve(matrix)
    return {block: solved[place[block]] for block in blocks}, rank


def solve(matrix: Matrix) -> tuple[list[float], int]:
    """Solve linear equations, their right side as the last column; return also their rank.

    Eliminates by Gauss and Jordan, in place; an unknown without a pivot is 0.
    """
    size, rank = len(matrix), 0
    pivots: list[int] = []
    for column in range(size):
        best = max(range(rank, size), key=lambda row: abs(matrix[row][column]))
        if abs(matrix[best][column]) < _SINGULAR:
            continue
        matrix[rank], matrix[best] = matrix[best], matrix[rank]
        _clear(matrix, rank, column)
        pivots.append(column)
        rank += 1
    solved = [0.0] * size
    for row, column in enumerate(pivots):
        solved[column] = matrix[row][-1]
    return solved, rank


def _clear(matrix: Matrix, rank: int, column: int) -> None:
    """Make the pivot 1 and the rest of its column 0."""
    pivot = matrix[rank]
    matrix[rank] = pivot = [value / pivot[column] for value in pivot]
    for row, values in enumerate(matrix):
        if row != rank and values[column]:
            factor = values[column]
            matrix[row] = [v - factor * p for v, p in zip(values, pivot, strict=True)]
