"""Simulated sweeps of a size whose scalability law is known, judged by the analysis itself."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass

from loadlab.analysis.blocks import Logs
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.hard_limit import fit_limit
from loadlab.analysis.scaling import scaling_of
from loadlab.analysis.usl import ScalabilityLaw, fit_law
from loadlab.catalogue import Cell, Level
from loadlab.model.status import Scaling
from tests.simulations.world import SEED, WEATHER
from tests.unit.analysis.claims import rows_of, sized

PARAMETERS = ("rate", "contention", "coherence")


@dataclass(frozen=True)
class Growth:
    """Trials of several sizes in blocks."""

    sizes: tuple[int, ...] = (1, 2, 4, 8, 16)
    blocks: int = 3
    contention: float = 0.05
    coherence: float = 0.002
    rate: float = 1000.0
    noise: float = 0.03
    weather: float = WEATHER

    def logs(self, chance: random.Random) -> Mapping[int, Logs]:
        """Draw the logarithms of throughput by size and block."""
        weather = [chance.gauss(0, self.weather) for _ in range(self.blocks)]
        return {
            size: {
                block: math.log(self.throughput(size)) + shift + chance.gauss(0, self.noise)
                for block, shift in enumerate(weather)
            }
            for size in self.sizes
        }

    def throughput(self, size: float) -> float:
        """Return the true throughput of a size."""
        delay = self.contention * (size - 1) + self.coherence * size * (size - 1)
        return self.rate * size / (1 + delay)


@dataclass(frozen=True)
class ClosedQueue(Growth):
    """Users that rest between two requests of one server: mean value analysis, never falling."""

    service_ms: float = 2.0
    rest_ms: float = 4.0

    def throughput(self, size: float) -> float:
        """Return the exact throughput (Reiser & Lavenberg, Journal of the ACM 27, 1980)."""
        waiting = rate = 0.0
        for users in range(1, round(size) + 1):
            answer = self.service_ms * (1 + waiting)
            rate = users / (self.rest_ms + answer)
            waiting = rate * answer
        return 1000 * rate


@dataclass(frozen=True)
class Plateau(Growth):
    """Throughput that grows by measured steps and then stays: by its levels, never falling."""

    rates: tuple[float, ...] = (100, 180, 240, 300, 330, 330, 335, 335)
    sizes: tuple[int, ...] = (1, 2, 3, 4, 6, 8, 12, 16)

    def throughput(self, size: float) -> float:
        """Return that of a level."""
        return dict(zip(self.sizes, self.rates, strict=True))[round(size)]


def told(world: Growth, chance: random.Random) -> Scaling:
    """Tell how one sweep scales, as the operator does."""
    replicates = trials(world, chance)
    (found,) = scaling_of(rows_of(replicates), replicates)
    return found


def trials(
    world: Growth, chance: random.Random, variant: str = "a", **levels: Level
) -> list[Replicate]:
    """Draw the trials of one sweep of workers."""
    return [
        sized(Cell(variant=variant, workers=size, **levels), block, math.exp(value), 100.0, 5.0)
        for size, blocks in world.logs(chance).items()
        for block, value in blocks.items()
    ]


def falls_told(world: Growth, rounds: int) -> float:
    """Return in how many sweeps throughput is said to fall, by a peak or in words."""
    chance = random.Random(SEED)
    found = [told(world, chance) for _ in range(rounds)]
    return sum(says_it_falls(each) for each in found) / rounds


def says_it_falls(found: Scaling) -> bool:
    """Whether a fall is told in any of its fields."""
    return found.peak_at is not None or "less" in found.recommendation or "falls" in str(found.why)


def fitted(world: Growth, chance: random.Random) -> ScalabilityLaw:
    """Fit the law to one sweep."""
    law = fit_law(world.logs(chance))
    assert law is not None
    return law


def law_coverage(world: Growth, rounds: int) -> Mapping[str, float]:
    """Return how often the interval of each parameter covers it."""
    chance = random.Random(SEED)
    laws = [fitted(world, chance) for _ in range(rounds)]
    return {name: sum(_covers(law, name, world) for law in laws) / rounds for name in PARAMETERS}


def _covers(law: ScalabilityLaw, name: str, world: Growth) -> bool:
    found = getattr(law, name)
    return bool(found.low <= getattr(world, name) <= found.high)


def knee_covers(chance: random.Random) -> bool:
    """Fit a limit of 400 a second, 10 a user, at 3 % noise; whether the knee is in its interval."""
    weather = [chance.gauss(0, WEATHER) for _ in range(3)]
    found = fit_limit(
        {
            users: {
                block: math.log(min(10.0 * users, 400.0)) + shift + chance.gauss(0, 0.03)
                for block, shift in enumerate(weather)
            }
            for users in (1, 10, 20, 40, 80, 160)
        }
    )
    return found is not None and found.knee.low <= 40 <= found.knee.high
