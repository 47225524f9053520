"""Simulated sweeps of a size whose scalability law is known, judged by the analysis itself."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass

from loadlab.analysis.blocks import Logs
from loadlab.analysis.hard_limit import fit_limit
from loadlab.analysis.usl import ScalabilityLaw, fit_law
from tests.simulations.world import SEED, WEATHER

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
