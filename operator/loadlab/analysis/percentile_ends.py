"""Between which times a percentile lies, by how few requests tell it.

Of 74 requests the p99 is read off the second longest. Where 15 in a thousand take 2 s none or one
of the 74 does in 70 of 100 trials: five trials agree on what is fast, and their spread is 0. An
order statistic of each replicate bounds the percentile whatever the latencies' distribution is
(David & Nagaraja, Order Statistics, 3rd edition, 7.1): of n requests those that are longer than the
percentile are binomial, so that the one of which m are longer lies below it with the chance of m or
fewer. Several replicates are all wrong at once by the product of their chances: so each may be
wrong the more often the more of them there are, up to about one time in two: by more it would lie
on the other side of what was read. Each end is told as a factor of its replicate's own
percentile, and the widest factors count; what replicates differ by is no matter of few requests,
and stands in the interval of the figure.
"""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Protocol, Self

from loadlab.analysis.bounds import CONFIDENCE
from loadlab.analysis.statistics import incomplete_beta
from loadlab.measurement.latency import Latency
from loadlab.measurement.nearby import Nearby

_TOGETHER = (1, 2, 3, 4, 5)  # replicates for which ends are kept; more have those of the last

LONGEST = 100.0  # percent
Ends = tuple[float, float]  # ms


@dataclass(frozen=True, slots=True)
class Leeway:
    """Between which multiples of a percentile that was read the true one lies."""

    least: float
    most: float  # infinite where there is no upper end
    is_unanswered: bool = False  # there is none as it lies among requests without an answer

    def around(self, percentile_ms: float) -> Ends:
        """Return the ends of a percentile, both in ms; of 0 and less there is no multiple."""
        least, most = self.least, self.most
        if percentile_ms > 0:
            return percentile_ms * least, percentile_ms * most
        low = percentile_ms if least == 1 else -math.inf
        return low, percentile_ms if most == 1 else math.inf


class _Ordered(Protocol):
    """Values in their order: the first rank is 1."""

    @property
    def count(self) -> int: ...
    @property
    def lowest(self) -> float:
        """What no value of this kind lies below."""
        ...

    def no_less_than(self, rank: int) -> float:
        """Return what the value of a rank is at least."""
        ...

    def no_more_than(self, rank: int) -> float:
        """Return what the value of a rank is at most; infinite where nobody knows."""
        ...


@dataclass(frozen=True, slots=True)
class _Answers:
    """Latencies in their order; one without an answer is at least what it was waited for."""

    latency: Latency
    lowest: float = 0.0

    @property
    def count(self) -> int:
        return self.latency.count

    def no_less_than(self, rank: int) -> float:
        return self.latency.percentile_ms(100 * rank / self.count)

    def no_more_than(self, rank: int) -> float:
        at = 100 * rank / self.count
        return math.inf if self.latency.is_lower_bound(at) else self.latency.percentile_ms(at)


@dataclass(frozen=True, slots=True)
class PercentileEnds:
    """What one replicate bounds a percentile by, beside as many as each place of _TOGETHER says.

    Both ends are factors of the replicate's own percentile.
    """

    leasts: "array[float]"
    mosts: "array[float]"
    enough_from: int  # the first place beside whose others it has requests enough for both ends

    @classmethod
    def of_latency(cls, latency: Latency, percent: float) -> Self:
        """Read them off the latencies of a replicate that has any."""
        return cls._of(_Answers(latency), latency.percentile_ms(percent), percent)

    @classmethod
    def of_values(cls, known: Nearby, value: float, percent: float) -> Self:
        """Read them off what is kept of a script's own values about a percentile."""
        return cls._of(known, value, percent)

    @classmethod
    def _of(cls, known: "_Ordered", own: float, percent: float) -> Self:
        share = 1 - percent / 100
        tails = [_tail(replicates) for replicates in _TOGETHER]
        ends = [_ends(known, share, tail) for tail in tails]
        rarer = min(share, 1 - share)
        few = sum(_most_longer(known.count, rarer, tail) is None for tail in tails)
        return cls(
            array("d", (_times(low, own) for low, _ in ends)),
            array("d", (_times(high, own) for _, high in ends)),
            few,
        )


def requests_needed(percent: float) -> int:
    """Return of how many requests at least one lies above a percentile, by the usual confidence.

    With fewer the longest of all may lie below the percentile: the interval of an order statistic
    has no upper end then.
    """
    return math.ceil(math.log((1 - CONFIDENCE) / 2) / math.log(percent / 100))


def requests_needed_in_each(percent: float, replicates: int) -> int:
    """Return of how many requests each of some replicates is to be for an upper end of all."""
    tail = _tail(_TOGETHER[_place(replicates)])
    return math.ceil(math.log(tail) / math.log(percent / 100))


def leeway_of(replicates: Sequence[PercentileEnds]) -> Leeway | None:
    """Return what the requests of a cell leave of a percentile; None without any replicate.

    A replicate of too few is left to the others, where those bound it without it.
    """
    if not replicates:
        return None
    known = _with_enough(replicates)
    place = _place(len(known))
    least = min(each.leasts[place] for each in known)
    most = max(each.mosts[place] for each in known)
    has_enough = all(each.enough_from <= place for each in known)
    return Leeway(least, most, is_unanswered=math.isinf(most) and has_enough)


def _with_enough(replicates: Sequence[PercentileEnds]) -> Sequence[PercentileEnds]:
    """Leave out those of too few requests; all stay where that leaves none.

    The fewer replicates there are, the seldomer each may be wrong, and the more requests it takes.
    How many a replicate has says nothing of how long they took: nothing is chosen by its latency.
    """
    known = replicates
    while known:
        place = _place(len(known))
        enough = [each for each in known if each.enough_from <= place]
        if len(enough) == len(known):
            return known
        known = enough
    return replicates


def _place(replicates: int) -> int:
    return sum(number <= replicates for number in _TOGETHER) - 1


def _tail(replicates: int) -> float:
    """Return the chance with which each of so many may be wrong, all at once by the usual one."""
    return math.pow((1 - CONFIDENCE) / 2, 1 / replicates)


def _times(end: float, own: float) -> float:
    """Return how many times a percentile an end is; of 0 and less only itself is a multiple."""
    if own > 0:
        return end / own
    return 1.0 if end == own else math.copysign(math.inf, end - own)


def _ends(known: _Ordered, share: float, tail: float) -> Ends:
    """Return the ends, each missed with this chance; `share` of all requests are longer.

    No lower one is the lowest of all that may be, and no upper one infinite.
    """
    count = known.count
    longer = _most_longer(count, share, tail)
    low, high = known.lowest, math.inf
    if longer is not None:
        high = known.no_more_than(count - longer)
    # By the other side: as many are no longer as are longer than 1 - share.
    shorter = _most_longer(count, 1 - share, tail)
    if shorter is not None:
        low = known.no_less_than(shorter + 1)
    return low, high


@lru_cache(maxsize=4096)
def _most_longer(count: int, share: float, tail: float) -> int | None:
    """Return the most events that a binomial count has, or fewer, with a chance of `tail` at most.

    P(events <= m) is I(1 - share; n - m, m + 1) (DLMF 8.17.5). None where none at all is likelier.
    Looked for from where a normal distribution has it, which for such chances lies up to two above
    (of 400,000 binomial ones none below); trials of one rate have the same count.
    """

    def is_unlikely(most: int) -> bool:
        if most < 0:
            return True
        return most < count and incomplete_beta(1 - share, count - most, most + 1) <= tail

    deviation = math.sqrt(count * share * (1 - share))
    most = round(count * share + NormalDist().inv_cdf(tail) * deviation)
    while not is_unlikely(most):
        most -= 1
    return most if most >= 0 else None
