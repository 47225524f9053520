"""Simulated counts of failures whose share is known, judged by the analysis itself."""

import math
import random
from dataclasses import dataclass

from loadlab.analysis.shares import share_estimate
from tests.simulations.world import SEED


@dataclass(frozen=True)
class Counting:
    """Replicates of so many requests, of which a share fails."""

    share: float
    replicates: int = 5
    requests: int = 1000
    spread: float = 0.0  # standard deviation of the share between replicates, of the share

    def counts(self, chance: random.Random) -> list[tuple[int, int]]:
        """Draw the failed and all requests of each replicate."""
        shares = [
            self.share * math.exp(chance.gauss(-(self.spread**2) / 2, self.spread))
            for _ in range(self.replicates)
        ]
        return [(_failed(chance, share, self.requests), self.requests) for share in shares]


def _failed(chance: random.Random, share: float, requests: int) -> int:
    """Draw a binomial count by the gaps between failures, which are geometric."""
    failed, place = 0, 0.0
    while (
        place := place + math.ceil(math.log(1 - chance.random()) / math.log1p(-share))
    ) <= requests:
        failed += 1
    return failed


def share_coverage(world: Counting, rounds: int) -> float:
    """Return how often the interval of the share covers the true one."""
    chance = random.Random(SEED)
    covered = 0
    for _ in range(rounds):
        found = share_estimate(world.counts(chance))
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= world.share <= found.high
    return covered / rounds
