"""Between which times a percentile lies, by how few requests tell it.

Of 74 requests the p99 is read off the second longest. Where 15 in a thousand take 2 s none or one
of the 74 does in 70 of 100 trials: five trials agree on what is fast, and their spread is 0. An
order statistic of each replicate bounds the percentile whatever the latencies' distribution is
(David & Nagaraja, Order Statistics, 3rd edition, 7.1): of n requests those that are longer than the
percentile are binomial, so that the one of which m are longer lies below it with the chance of m or
fewer. Several replicates are all wrong at once by the product of their chances: so each may be
wrong the more often the more of them there are, and the widest of their ends counts.
"""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Self

from loadlab.analysis.bounds import CONFIDENCE
from loadlab.analysis.statistics import incomplete_beta
from loadlab.measurement.latency import Latency

_TOGETHER = (1, 2, 3, 4, 5, 7, 10, 20, 50)  # replicates for which ends are kept

LONGEST = 100.0  # percent
Ends = tuple[float, float]  # ms; no lower one is 0, and no upper one infinite


@dataclass(frozen=True, slots=True)
class PercentileEnds:
    """What one replicate bounds a percentile by, beside as many as each place of _TOGETHER says."""

    lows_ms: "array[float]"
    highs_ms: "array[float]"

    @classmethod
    def of_latency(cls, latency: Latency, percent: float) -> Self:
        """Read them off the latencies of a replicate that has any."""
        tails = (((1 - CONFIDENCE) / 2) ** (1 / replicates) for replicates in _TOGETHER)
        ends = [_ends(latency, 1 - percent / 100, tail) for tail in tails]
        return cls(array("d", (low for low, _ in ends)), array("d", (high for _, high in ends)))


def requests_needed(percent: float) -> int:
    """Return of how many requests at least one lies above a percentile, by the usual confidence.

    With fewer the longest of all may lie below the percentile: the interval of an order statistic
    has no upper end then.
    """
    return math.ceil(math.log((1 - CONFIDENCE) / 2) / math.log(percent / 100))


def ends_together(replicates: Sequence[PercentileEnds]) -> Ends | None:
    """Return between what a percentile lies, by all replicates of a cell; None without any."""
    if not replicates:
        return None
    place = sum(number <= len(replicates) for number in _TOGETHER) - 1
    return (
        min(each.lows_ms[place] for each in replicates),
        max(each.highs_ms[place] for each in replicates),
    )


def _ends(latency: Latency, share: float, tail: float) -> Ends:
    """Return the ends, each missed with this chance; `share` of all requests are longer."""
    count = latency.count
    longer = _most_longer(count, share, tail)
    low, high = 0.0, math.inf
    if longer is not None:
        at = 100 * (count - longer) / count
        high = math.inf if latency.is_lower_bound(at) else latency.percentile_ms(at)
    # By the other side: as many are no longer as are longer than 1 - share.
    shorter = _most_longer(count, 1 - share, tail)
    if shorter is not None:
        low = latency.percentile_ms(100 * (shorter + 1) / count)
    return low, high


@lru_cache(maxsize=4096)
def _most_longer(count: int, share: float, tail: float) -> int | None:
    """Return the most events that a binomial count has, or fewer, with a chance of `tail` at most.

    P(events <= m) is I(1 - share; n - m, m + 1) (DLMF 8.17.5). None where none at all is likelier.
    Looked for around where a normal distribution has it: trials of one rate have the same count.
    """
    deviation = math.sqrt(count * share * (1 - share))
    near = round(count * share + NormalDist().inv_cdf(tail) * deviation)
    low, high, step = -1, count, 1  # so few are unlikely enough, so many are not
    middle = near
    while high - low > 1:
        middle = min(max(middle, low + 1), high - 1)
        if incomplete_beta(1 - share, count - middle, middle + 1) <= tail:
            low, middle = middle, middle + step
        else:
            high, middle = middle, middle - step
        step *= 2
    return low if low >= 0 else None
