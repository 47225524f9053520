"""What the levels of a size carried as they were measured, whatever law their throughput follows.

A law with a peak has it by its form: throughput that meets a limit more sharply than contention
alone explains is fitted with a peak, whether or not it ever falls. So what is told of the levels
that were measured is told by their own means, and a fall where the blocks show one: the largest
level carries less than the best one, p below 0.05. The best one was picked by the same data, so
that p is that of all the others it might have been (Bonferroni). A level of which only a lower
bound is known, as its generator was full, has no mean: where it exceeds that of the best one by
more than what is of no matter, none is said to carry the most, nor to be enough.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from loadlab.analysis.blocks import Logs, block_noise
from loadlab.analysis.bounds import CONFIDENCE, ENOUGH_OF_PEAK, EQUIVALENCE_MARGIN
from loadlab.analysis.estimate import LogEstimate
from loadlab.analysis.usl import without_blocks


@dataclass(frozen=True, slots=True)
class MeasuredLevels:
    """Mean throughputs by level, ascending, and which of them are told apart from the most."""

    rates: Mapping[int, float]  # requests/s, the blocks' weather taken out
    lower: frozenset[int]  # those that the blocks show to carry less than the best level
    fit: frozenset[int]  # those that may be enough, as they meet all criteria
    bounds: Mapping[int, float]  # requests/s at least, of levels without a mean

    @classmethod
    def of(
        cls,
        logs: Mapping[int, Logs],
        fit: frozenset[int] | None = None,
        bounds: Mapping[int, float] = MappingProxyType({}),
    ) -> Self:
        """Take the means of logarithms by level and block; `fit` is None for all levels."""
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
        rates = {size: math.exp(mean) for size, mean in means.items()}
        return cls(rates, frozenset(lower), frozenset(rates) if fit is None else fit, bounds)

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

    def is_exceeded(self, rate: float) -> bool:
        """Whether one of the levels that are known by a bound carries clearly more than so much.

        Of two means that are equal one is larger by chance.
        """
        return any(least > rate * (1 + EQUIVALENCE_MARGIN) for least in self.bounds.values())

    def has_peak(self, size: float) -> bool:
        """Whether throughput is seen to fall, and may do so from this size on.

        Between two levels nothing was measured: the best one lies before the peak or after it.
        """
        before = max((level for level in self.rates if level < self.best), default=self.best)
        is_seen = self.falls and before <= size <= self.most
        return is_seen and not self.is_exceeded(self.rates[self.best])

    def recommendation(self, words: str) -> str:
        """Name the least level that carries nearly as much as any; `words` are for what is N.

        Of those that meet all criteria; nothing is named where none of them carries as much.
        """
        best = self.best
        if self.is_exceeded(self.rates[best]):
            most = max(self.bounds, key=self.bounds.__getitem__)
            return (
                f"{most} {words} carry {self.bounds[most]:,.0f} requests per second or more, "
                "beyond all levels whose throughput the service set"
            )
        near = [n for n in self.rates if self._share(n) >= ENOUGH_OF_PEAK]
        enough = next((n for n in near if n in self.fit), None)
        if enough is None:
            return ""
        if enough != near[0]:
            share = "the most" if enough == best else f"{_percent(self._share(enough))} of the most"
            return f"{enough} {words} carry {share}, and fewer are not known to meet all criteria"
        return self._least(enough, words)

    def _least(self, enough: int, words: str) -> str:
        best = self.best
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
