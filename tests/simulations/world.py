"""Simulated experiments whose truth is known, judged by the analysis itself.

Trials run block by block, the cells of a block in a drawn order. A trial's figure is its cell's
value times the weather of its block, the drift of the machine, and lognormal noise.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from loadlab.analysis.best import choose
from loadlab.analysis.blocks import Logs, block_noise
from loadlab.analysis.cells import AnalysedCell
from loadlab.analysis.comparison import compare_cells
from loadlab.analysis.estimate import LogEstimate
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.noise_floor import Finding, judge_floor, noise_floor
from loadlab.catalogue import Cell
from loadlab.model.status import Comparison, ComparisonOutcome
from loadlab.model.trial import TrialRole
from tests.unit.analysis.claims import rows_of, sized

WEATHER = 0.10  # of a block, lognormal
SEED = 20261126


@dataclass(frozen=True)
class World:
    """An experiment: its size, and how noisy its machine is."""

    blocks: int
    noise: float  # standard deviation of the logarithm of a trial's figure
    cells: int = 6
    drift: float = 0.0  # of the logarithm, from the first trial to the last
    noisier: float = 1.0  # how much noisier the last cell is than the others
    gain: float = 0.0  # of the last cell, on the logarithms
    weather: float = WEATHER

    def table(self, chance: random.Random) -> Sequence[Logs]:
        """Draw the logarithms of one figure, cell by cell."""
        cells: list[dict[int, float]] = [{} for _ in range(self.cells)]
        trials = self.cells * self.blocks
        for block in range(self.blocks):
            weather = chance.gauss(sigma=self.weather)
            order = chance.sample(range(self.cells), self.cells)
            for place, cell in enumerate(order):
                last = cell == self.cells - 1
                noise = chance.gauss(sigma=self.noise * (self.noisier if last else 1.0))
                passed = (block * self.cells + place) / trials
                gain = self.gain if last else 0.0
                cells[cell][block] = 7.0 + gain + weather + self.drift * passed + noise
        return cells


Covers = Callable[[Sequence[Logs], World], bool]


def pairs_cover(table: Sequence[Logs], world: World) -> bool:
    """Hold the interval of the last cell's own differences from the first against the truth."""
    return _covers(LogEstimate.of_difference(_differences(table), None), world.gain)


def pooled_pairs_cover(table: Sequence[Logs], world: World) -> bool:
    """Hold the interval of the same differences, with the noise of all cells and the guard."""
    return _covers(LogEstimate.of_difference(_differences(table), block_noise(table)), world.gain)


def mean_covers(table: Sequence[Logs], world: World) -> bool:
    """Hold the interval of the last cell's own mean against the truth."""
    return _covers(LogEstimate.of_mean(list(table[-1].values()), None), 7.0 + world.gain)


def pooled_mean_covers(table: Sequence[Logs], world: World) -> bool:
    """Hold the interval of the same mean, with the noise of all cells and the guard."""
    values = list(table[-1].values())
    return _covers(LogEstimate.of_mean(values, block_noise(table)), 7.0 + world.gain)


def _differences(table: Sequence[Logs]) -> list[float]:
    return [table[-1][block] - table[0][block] for block in table[0]]


def _covers(estimate: LogEstimate, truth: float) -> bool:
    half = estimate.half()
    assert half is not None
    return abs(estimate.mean - truth) <= half


def coverage(world: World, covers: Covers, rounds: int) -> float:
    """Return how often the interval covers the truth."""
    chance = random.Random(SEED)
    return sum(covers(world.table(chance), world) for _ in range(rounds)) / rounds


def compared(world: World, chance: random.Random) -> tuple[Comparison, ...]:
    """Compare the cells of one experiment as the operator does, three figures of each trial."""
    replicates = _replicates(world, chance)
    return compare_cells(rows_of(replicates), replicates)


def _replicates(world: World, chance: random.Random) -> Sequence[Replicate]:
    # At one rate: a difference of the others is claimed at no other.
    rate, cpu, p95 = (replace(world, gain=world.gain * sign).table(chance) for sign in (0, -1, -1))
    return [
        sized(
            Cell(variant="same", workers=cell + 1),
            block,
            math.exp(rate[cell][block]),
            math.exp(cpu[cell][block]),
            math.exp(p95[cell][block]),
        )
        for cell in range(world.cells)
        for block in range(world.blocks)
    ]


def families_with_a_claim(world: World, rounds: int) -> float:
    """Return in how many experiments any comparison claims a difference."""
    chance = random.Random(SEED)
    different = {ComparisonOutcome.IMPROVED, ComparisonOutcome.REGRESSED}
    families = (compared(world, chance) for _ in range(rounds))
    return sum(any(c.outcome in different for c in family) for family in families) / rounds


def experiments_with_a_best(world: World, rounds: int) -> float:
    """Return in how many experiments a cell is said to be ahead of another."""
    chance = random.Random(SEED)
    drawn = (_replicates(world, chance) for _ in range(rounds))
    found = [choose(rows_of(replicates), replicates).best for replicates in drawn]
    return sum(best is not None and best.lead is not None for best in found) / rounds


def floors_found(world: World, rounds: int) -> Mapping[Finding, float]:
    """Return how often the first cell, run once more as the last one, is said to be what."""
    chance = random.Random(SEED)
    found = [judge_floor(noise_floor(_with_second_name(world, chance)))[0] for _ in range(rounds)]
    return {finding: found.count(finding) / rounds for finding in Finding}


def _with_second_name(world: World, chance: random.Random) -> Sequence[AnalysedCell]:
    replicates = _replicates(world, chance)
    *cells, again = rows_of(replicates)
    own = [tuple(r for r in replicates if r.cell == row.cell) for row in (*cells, again)]
    second = tuple(replace(replicate, cell=cells[0].cell) for replicate in own[-1])
    measured = [AnalysedCell(row, {}, of) for row, of in zip(cells, own, strict=False)]
    return [*measured, AnalysedCell(again, {}, second, TrialRole.CONTROL_AGAIN)]


def power(world: World, rounds: int) -> Mapping[ComparisonOutcome, float]:
    """Return how often the CPU of two cells is compared with which outcome."""
    chance = random.Random(SEED)
    outcomes = [
        next(c.outcome for c in compared(world, chance) if c.figure == "cpuMicros")
        for _ in range(rounds)
    ]
    return {outcome: outcomes.count(outcome) / rounds for outcome in ComparisonOutcome}
