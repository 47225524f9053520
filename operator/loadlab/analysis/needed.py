"""How many blocks a claim takes: Stein's two stages, the blocks so far being the pilot.

Stein, Annals of Mathematical Statistics 16 (1945): t keeps the degrees of freedom that the noise is
known with.
"""

import math
from bisect import bisect_left
from dataclasses import dataclass

from loadlab.analysis.bounds import MOST_BLOCKS_NAMED, POWER
from loadlab.analysis.statistics import t_quantile, two_tails

# The quantile that one tail of 1 - POWER lies beyond, as one of two tails.
BOTH_SIDES = 2 * POWER - 1


@dataclass(frozen=True, slots=True)
class Noise:
    """What one block strays by, on the logarithms, as so many blocks have told."""

    spread: float
    degrees: float
    blocks: int


def blocks_apart(noise: Noise, distance: float, confidence: float) -> int | None:
    """Return how many blocks would tell a distance from 0, `POWER` of the times.

    None where they are too many to name.
    """
    quantiles = t_quantile(noise.degrees, confidence) + t_quantile(noise.degrees, BOTH_SIDES)
    needed = math.ceil((quantiles * noise.spread / distance) ** 2)
    return max(needed, noise.blocks + 1) if needed <= MOST_BLOCKS_NAMED else None


def blocks_equal(noise: Noise, mean: float, margin: float, confidence: float) -> int | None:
    """Return how many blocks would show such a mean within ±margin, `POWER` of the times.

    Two one-sided tests, each with half of what the confidence leaves (Schuirmann 1987): the mean of
    so many blocks may stray across either bound. None where it lies outside, or they are too many.
    """
    if abs(mean) >= margin:
        return None
    strict, sides = t_quantile(noise.degrees, confidence), (margin - mean, margin + mean)

    def is_shown(blocks: int) -> bool:
        error = noise.spread / math.sqrt(blocks)
        # Below 0 it is missed more than half of the time, which is too often by itself.
        steps = (max(side / error - strict, 0.0) for side in sides)
        missed = (two_tails(step, noise.degrees) / 2 for step in steps)
        return 1 - math.fsum(missed) >= POWER

    counts = range(noise.blocks + 1, MOST_BLOCKS_NAMED + 1)
    place = bisect_left(counts, True, key=is_shown) if noise.spread else 0
    return counts[place] if place < len(counts) else None
