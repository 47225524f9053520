"""The latency of requests in the figures that are reported, those without an answer among them.

A request that had no answer took longer than it was waited for: its latency is known to be no less
(right-censored, type I; Lawless, Statistical Models and Methods for Lifetime Data, 2.2). Left out,
it would pull every percentile down. A percentile is known where it lies among the answers that came
sooner; above it is a lower bound. Of one that was cut off at once nothing is known: a percentile of
all lies between those that it would be were all of these the shortest, and the longest (Manski,
Partial Identification of Probability Distributions, 2003, 1.2). Where both are about the same it is
known, else the lower one is told as the bound that it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from loadlab.measurement import bounds
from loadlab.measurement.histogram import Histogram
from loadlab.model.status import LatencyMs

_STEPS = 10  # percentiles are looked at by so many parts of one percent
_REPORTED = {"med": 50.0, "p90": 90.0, "p95": 95.0, "p99": 99.0, "max": 100.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """Requests without an answer, and for how many milliseconds each was waited for at least."""

    requests: int = 0
    after_ms: float = 0.0
    cut: int = 0  # beside them: cut off as the load ended, and under way since nobody knows when

    @classmethod
    def total(cls, parts: Iterable["Unanswered"]) -> "Unanswered":
        """Add up some; each of them was waited for as long as the least of them."""
        given = list(parts)
        return cls(
            requests=sum(part.requests for part in given),
            after_ms=min((part.after_ms for part in given if part.requests), default=0.0),
            cut=sum(part.cut for part in given),
        )


ALL_ANSWERED = Unanswered()


@dataclass(frozen=True)
class Latency:
    """The latencies of requests, of which some may be known as lower bounds only."""

    answered: Histogram
    unanswered: Unanswered = ALL_ANSWERED

    @property
    def count(self) -> int:
        """How many requests there were of which something is known."""
        return self.answered.count + self.unanswered.requests

    @cached_property
    def known_percent(self) -> float | None:
        """The percentile above which there are lower bounds only; None where all is known."""
        waited, cut = self.unanswered.requests, self.unanswered.cut
        if not waited and not cut:
            return None
        known = self.answered.count_up_to(self._limit_us) if waited else self.answered.count
        highest = 100.0 * known / max(1, self.count + cut)
        return self._same_wherever_cut(highest) if cut else highest

    def is_lower_bound(self, percent: float) -> bool:
        """Whether a percentile lies where requests had no answer."""
        known = self.known_percent
        return known is not None and percent > known

    def percentile_ms(self, percent: float) -> float:
        """Return a percentile in ms, or the lower bound that is known of it; 0 when empty."""
        value = self._all.percentile_us(percent)
        if self.unanswered.cut and self.is_lower_bound(percent):
            value = self._ends_us(percent)[0]
        # Of a bucket that time-outs share with nobody, the time-out itself is exact.
        return (self._limit_us if value == self._alike.max_us else value) / 1000

    @property
    def mean_ms(self) -> float:
        """The mean in ms, a lower bound where a request had no answer; 0 when empty."""
        if not self.count:
            return 0.0
        answered = self.answered.mean_us * self.answered.count / 1000
        return (answered + self.unanswered.after_ms * self.unanswered.requests) / self.count

    def _same_wherever_cut(self, highest: float) -> float:
        """Return up to where a percentile hardly depends on what the cut ones would have taken.

        None that is reported may depend on it below; at a step between two others one may.
        """
        depends = (p for p in _REPORTED.values() if p <= highest and not self._is_same(p))
        limit = min(depends, default=None)
        steps = range(int(highest * _STEPS), 0, -1)
        candidates = (highest, *(step / _STEPS for step in steps))
        below = (p for p in candidates if limit is None or p < limit)
        return next(filter(self._is_same, below), 0.0)

    def _is_same(self, percent: float) -> bool:
        least, most = self._ends_us(percent)
        return most <= (1 + bounds.CUT_APART) * least

    def _ends_us(self, percent: float) -> tuple[int, int]:
        """Return a percentile of all, were those cut off the shortest of all, and the longest."""
        count, cut = self._all.count, self.unanswered.cut
        rank = percent * (count + cut) / 100
        shortest, longest = (100 * max(0.0, at) / max(1, count) for at in (rank - cut, rank))
        return self._all.percentile_us(shortest), self._all.percentile_us(longest)

    @property
    def _limit_us(self) -> int:
        return round(self.unanswered.after_ms * 1000)

    @property
    def _alike(self) -> Histogram:
        return Histogram.of_alike(self._limit_us, self.unanswered.requests)

    @cached_property
    def _all(self) -> Histogram:
        if not self.unanswered.requests:
            return self.answered
        return Histogram.merged([self.answered, self._alike])


def latency_ms(answered: Histogram, unanswered: Unanswered = ALL_ANSWERED) -> LatencyMs | None:
    """Return mean and percentiles in milliseconds; None where no request was made."""
    latency = Latency(answered, unanswered)
    if not latency.count:
        return None
    return LatencyMs(
        avg=latency.mean_ms,
        min=answered.min_us / 1000 if answered.count else unanswered.after_ms,
        lower_bound_above=latency.known_percent,
        **{name: latency.percentile_ms(percent) for name, percent in _REPORTED.items()},
    )
