"""A mean of logarithms with its error: the cell's own, or the pooled one with a guard.

| replicates | interval                                                                       |
|------------|--------------------------------------------------------------------------------|
| 1, 2       | none: the values                                                               |
| 3, 4       | the wider of two: noise pooled over all cells, at 95 %; its own, at 90 %       |
| 5 or more  | Student t over its own replicates, or over the block differences of a ratio    |

Where all cells are equally noisy the pooled interval covers 95 %. Where one is noisier than the
others the pooled one covers it too seldom; its own 90 % interval covers it 90 times in 100 whatever
the others do, and the wider of both never covers less often than either.

Where the first blocks decided how many there are, no interval is narrower than Stein's (1945), by
the noise of those blocks alone: it covers 95 % whatever number they asked for.
"""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from loadlab.analysis.blocks import BlockNoise
from loadlab.analysis.bounds import (
    CONFIDENCE,
    ENOUGH_BLOCKS,
    FEWEST_BLOCKS,
    GUARD_CONFIDENCE,
)
from loadlab.analysis.needed import BOTH_SIDES, Noise, blocks_apart, blocks_equal
from loadlab.analysis.statistics import (
    exp_beside,
    interval_on_logs,
    standard_error,
    t_quantile,
    two_tails,
    without_interval,
)
from loadlab.model.status import Figure

# An error at the guard's confidence stands for one at the usual: 10 % beside 5 % of doubt.
_GUARD_DOUBT = (1 - GUARD_CONFIDENCE) / (1 - CONFIDENCE)
_LARGEST_LOG = math.log(sys.float_info.max)


@dataclass(frozen=True, slots=True)
class Deviation:
    """The standard error of a mean, and the degrees of freedom that it is known with."""

    error: float
    degrees: float

    def half(self, confidence: float) -> float:
        """Return half of the interval's width."""
        return t_quantile(self.degrees, confidence) * self.error

    def doubt(self, distance: float) -> float:
        """Return P(|T| > distance / error)."""
        if not self.error:
            return 0.0 if distance else 1.0
        return two_tails(abs(distance) / self.error, self.degrees)


@dataclass(frozen=True, slots=True)
class LogEstimate:
    """The mean of so many logarithms, one a block; without an error, where there are too few."""

    mean: float
    blocks: int
    main: Deviation | None
    guard: Deviation | None = None
    pilot: Deviation | None = None  # by the noise of the blocks that decided how many there are

    @classmethod
    def of_mean(cls, logs: Sequence[float], noise: BlockNoise | None) -> Self:
        """Estimate the mean of a cell: the weather of its blocks is part of its error."""
        pooled = None
        if noise:
            error = math.sqrt(noise.total / len(logs))
            pooled = Deviation(error, max(noise.total_degrees, 1.0))
        pilot = noise.pilot if noise else None
        found = cls._guarded(logs, pooled)
        return found.beside(pilot.total, max(pilot.total_degrees, 1.0)) if pilot else found

    @classmethod
    def of_difference(
        cls, differences: Sequence[float], noise: BlockNoise | None, trials: float = 2.0
    ) -> Self:
        """Estimate a difference within blocks: of two trials, or of more that are weighted.

        `trials` is the sum of the squared weights; the blocks' weather cancels out.
        """
        pooled = None
        if noise and noise.residual_degrees:
            error = math.sqrt(trials * noise.residual / len(differences))
            pooled = Deviation(error, noise.residual_degrees)
        pilot = noise.pilot if noise else None
        found = cls._guarded(differences, pooled)
        if pilot is None or not pilot.residual_degrees:
            return found
        return found.beside(trials * pilot.residual, pilot.residual_degrees)

    def beside(self, variance: float, degrees: float) -> Self:
        """Return it with an error by the variance of a block that was known beforehand, too."""
        return replace(self, pilot=Deviation(math.sqrt(variance / self.blocks), degrees))

    @classmethod
    def _guarded(cls, logs: Sequence[float], pooled: Deviation | None) -> Self:
        ordered = sorted(logs)  # a float sum depends on its order, the result must not
        n = len(ordered)
        mean = math.fsum(ordered) / n
        if n < FEWEST_BLOCKS:
            return cls(mean, n, None)
        own = Deviation(standard_error(ordered), n - 1)
        if n >= ENOUGH_BLOCKS or pooled is None:
            return cls(mean, n, own)
        return cls(mean, n, pooled, own)

    @property
    def without_noise(self) -> Self:
        """The same mean as if it were known of any number of blocks."""
        return replace(self, main=Deviation(0.0, 1.0), guard=None, pilot=None)

    def half(self, confidence: float = CONFIDENCE) -> float | None:
        """Return half of the interval's width, on the logarithms; None where there is none."""
        if self.main is None:
            return None
        halves = [each.half(confidence) for each in (self.main, self.pilot) if each]
        if self.guard is not None:
            halves.append(self.guard.half(1 - _GUARD_DOUBT * (1 - confidence)))
        return max(halves)

    def figure(self, values: Sequence[float]) -> Figure:
        """Return the figure with its interval, or with the least and the most of its values."""
        half = self.half()
        if half is None:
            return without_interval(exp_beside(self.mean, values), values)
        return interval_on_logs(self.mean, half, values)

    def to_decide_by(self, values: Sequence[float]) -> Figure:
        """Return the figure with its interval however wide: one that is not told decides, too.

        The least and the most of the values stand beside one that is too wide to be told.
        """
        told, half = self.figure(values), self.half()
        if half is None or told.low is not None:
            return told
        low, high = (
            math.exp(min(end, _LARGEST_LOG)) for end in (self.mean - half, self.mean + half)
        )
        return told.model_copy(update={"low": low, "high": high})

    def detectable(self, confidence: float) -> float | None:
        """Return the smallest mean that would be told from 0, `POWER` of the times.

        None where its exponential is beyond all numbers: a millisecond beside minutes, thrice.
        """
        half = self.half(confidence)
        if half is None or self.main is None:
            return None
        smallest = half + t_quantile(self.main.degrees, BOTH_SIDES) * self.main.error
        return smallest if smallest < _LARGEST_LOG else None

    def blocks_needed(self, distance: float, confidence: float) -> int | None:
        """Return how many blocks would tell a distance from 0, `POWER` of the times.

        None where nothing is known of the noise, and where they are too many to name.
        """
        if distance <= 0:
            return None
        return _most([blocks_apart(noise, distance, confidence) for noise in self._noises()])

    def blocks_to_equal(self, margin: float, confidence: float) -> int | None:
        """Return how many blocks would show such a mean within ±margin, `POWER` of the times.

        None as above, and where it lies outside.
        """
        ways = [blocks_equal(noise, self.mean, margin, confidence) for noise in self._noises()]
        return _most(ways)

    def _noises(self) -> list[Noise]:
        """Of one block: the noisier of both errors, and that of a pilot, by what each knows."""
        if self.main is None:
            return []
        error = max(each.error for each in (self.main, self.guard) if each)
        known = [Deviation(error, self.main.degrees), *([self.pilot] if self.pilot else [])]
        one = math.sqrt(self.blocks)
        return [Noise(each.error * one, each.degrees, self.blocks) for each in known]

    def blocks_for(self, half_width: float) -> int | None:
        """Return how many blocks make half of the interval no wider, on the logarithms.

        Stein's two stages (Annals of Mathematical Statistics 16, 1945): with s and t of the blocks
        so far it takes (t s / half width)^2, at least as many as there are. None without a noise.
        """
        half = self.half()
        if half is None:
            return None
        return max(self.blocks, math.ceil(self.blocks * (half / half_width) ** 2))

    def doubt(self, distance: float) -> float:
        """Return the two-sided p value of a mean that far away, by the same intervals."""
        if self.main is None:
            return 1.0
        doubts = [each.doubt(distance) for each in (self.main, self.pilot) if each]
        if self.guard is not None:
            doubts.append(self.guard.doubt(distance) / _GUARD_DOUBT)
        return max(doubts)


def _most(ways: Sequence[int | None]) -> int | None:
    """Return the largest number; None where one of them is unknown, or there is none."""
    known = [blocks for blocks in ways if blocks is not None]
    return max(known) if known and len(known) == len(ways) else None
