"""Simulated experiments whose first blocks say how many there are, judged by the analysis."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from loadlab.analysis.blocks import Logs, block_noise
from loadlab.analysis.estimate import LogEstimate
from loadlab.analysis.precision import HalfWidth, Known
from tests.simulations.world import SEED, World


@dataclass(frozen=True)
class TwoStages:
    """An experiment that grows until a half width is reached, or to the most blocks."""

    pilot: int
    half_width: float
    world: World  # of the most blocks


@dataclass(frozen=True)
class Grown:
    """What came of it over many rounds."""

    covers: float  # how often the interval of the last cell does
    reached: float  # how often the widest interval is as narrow as wanted
    blocks: float  # that it took, the median
    widest: float  # the median of the widest half widths


def grown(stages: TwoStages, rounds: int) -> Grown:
    """Return how often the intervals cover, and how narrow they are."""
    chance = random.Random(SEED)
    covers, widths, sizes = 0, [], []
    for _ in range(rounds):
        table = stages.world.table(chance)
        first = _ratios(table, stages.pilot, None)
        needed = first.blocks_for(stages.half_width, stages.pilot)
        assert needed is not None
        blocks = min(needed, stages.world.blocks)
        found = _ratios(table, blocks, stages.pilot)
        last, half, widest = found.cells[-1].estimate, found.cells[-1].half, found.widest
        assert last is not None
        assert half is not None
        assert widest is not None
        covers += abs(last.mean - stages.world.gain) <= half
        widths.append(widest)
        sizes.append(blocks)
    reached = sum(width <= stages.half_width for width in widths)
    middle = rounds // 2
    return Grown(covers / rounds, reached / rounds, sorted(sizes)[middle], sorted(widths)[middle])


def _ratios(table: Sequence[Logs], blocks: int, pilot: int | None) -> HalfWidth:
    made = [{b: value for b, value in cell.items() if b < blocks} for cell in table]
    noise = block_noise(made, None if pilot is None else pilot - 1)  # they count from 0 here
    control, *others = made
    differences = ([cell[b] - control[b] for b in range(blocks)] for cell in others)
    return HalfWidth(
        tuple(
            Known(cell=str(n), may_be_known=True, estimate=LogEstimate.of_difference(each, noise))
            for n, each in enumerate(differences)
        )
    )


def two_cells(pilot: int, noise: float, half_width: float) -> TwoStages:
    """Return one of two cells that differ by a tenth."""
    return TwoStages(pilot, half_width, World(100, noise, cells=2, gain=math.log(1.1)))


def one_noisier(pilot: int) -> TwoStages:
    """Return one of three cells, the last of which is three times as noisy as the others."""
    stages = two_cells(pilot, 0.02, 0.05)
    return replace(stages, world=replace(stages.world, cells=3, noisier=3.0))
