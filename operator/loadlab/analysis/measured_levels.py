"""What the levels of a size carried as they were measured, whatever law their throughput follows.

A law with a peak has it by its form: throughput that meets a limit more sharply than contention
alone explains is fitted with a peak, whether or not it ever falls. So what is told of the levels
that were measured is told by their own means, and a fall where the blocks show one: the largest
level carries less than the best one, p below 0.05. The best one was picked by the same data, so
that p is that of all the others it might have been (Bonferroni).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from loadlab.analysis.blocks import Logs, block_noise
from loadlab.analysis.bounds import CONFIDENCE, ENOUGH_OF_PEAK
from loadlab.analysis.estimate import LogEstimate
from loadlab.analysis.usl import without_blocks


@dataclass(frozen=True, slots=True)
class MeasuredLevels:
    """Mean throughputs by level, ascending, and which of them are told apart from the most."""

    rates: Mapping[int, float]  # requests/s, the blocks' weather taken out
    lower: frozenset[int]  # those that the blocks show to carry less than the best level

    @classmethod
    def of(cls, logs: Mapping[int, Logs]) -> Self:
        """Take the means of logarithms by level and block."""
        means = {
            size: math.fsum(values) / len(values)
            for size, values in without_blocks(logs)[0].items()
        }
        best = max(means, key=means.__getitem__)
        noise = block_noise(list(logs.values()))
        lower = set()
        for size in means:
            shared = sorted(logs[size].keys() & logs[best].keys())
            if size == best or not shared:
                continue
            found = LogEstimate.of_difference(
                [logs[size][b] - logs[best][b] for b in shared], noise
            )
            if found.mean < 0 and found.doubt(found.mean) * (len(means) - 1) < 1 - CONFIDENCE:
                lower.add(size)
        return cls({size: math.exp(mean) for size, mean in means.items()}, frozenset(lower))

    @property
    def most(self) -> int:
        """The largest level."""
        return max(self.rates)

    @property
    def best(self) -> int:
        """The level with the largest mean."""
        return max(self.rates, key=self.rates.__getitem__)

    @property
    def falls(self) -> bool:
        """Whether throughput is seen to fall towards the largest level."""
        return self.best != self.most and self.most in self.lower

    def has_peak(self, size: float) -> bool:
        """Whether throughput is seen to fall, and may do so from this size on.

        Between two levels nothing was measured: the best one lies before the peak or after it.
        """
        before = max((level for level in self.rates if level < self.best), default=self.best)
        return self.falls and before <= size <= self.most

    def recommendation(self, words: str) -> str:
        """Name the least level that carries nearly as much as any; `words` are for what is N."""
        best = self.best
        enough = next(n for n in self.rates if self._share(n) >= ENOUGH_OF_PEAK)
        if enough == self.most:
            return f"{enough} {words} carry the most that was measured; more may carry more"
        end = f"; {self.most} carry less, {_percent(self._share(self.most))}" if self.falls else ""
        if enough != best:
            share = f"{enough} {words} carry {_percent(self._share(enough))} of what {best} do"
            apart = "" if enough in self.lower else ", and are not told apart from them"
            return f"{share}{apart}{end}"
        if not self.falls:
            return f"{enough} {words} are enough: up to {self.most} no gain is seen"
        return f"{enough} {words} carry the most{end} of that"

    def _share(self, level: int) -> float:
        return self.rates[level] / self.rates[self.best]


def _percent(share: float) -> str:
    """Spell a share below 1; never as all of it."""
    return f"{min(round(100 * share), 99)}%"
