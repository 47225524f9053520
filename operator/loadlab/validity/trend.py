"""Does a row of figures rise or fall, and how many of its first ones belong to a warm-up."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from statistics import NormalDist, median


@dataclass(frozen=True, slots=True)
class Trend:
    """The change from one figure to the next, with its confidence interval."""

    slope: float
    low: float
    high: float


def theil_sen(
    times: Sequence[float], values: Sequence[float], confidence: float = 0.95
) -> Trend | None:
    """Return the median of the slopes of all pairs, with its interval; None for equal times.

    Source: Sen, Estimates of the Regression Coefficient Based on Kendall's Tau, 1968. The interval
    takes the slopes by rank, so that it lies above 0 where Kendall's test (Mann 1945) finds a rise:
    no distribution of the figures is assumed, and few outliers move nothing.
    """
    slopes = sorted(
        (later - earlier) / (end - start)
        for (start, earlier), (end, later) in combinations(zip(times, values, strict=True), 2)
        if end != start
    )
    if not slopes:
        return None
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * sqrt(_variance_of_kendall(times, values))
    lowest = max(round((len(slopes) - reach) / 2) - 1, 0)
    highest = min(round((len(slopes) + reach) / 2), len(slopes) - 1)
    return Trend(median(slopes), slopes[lowest], slopes[highest])


def _variance_of_kendall(times: Sequence[float], values: Sequence[float]) -> float:
    """Return the variance of Kendall's sum of signs where nothing changes, ties allowed for."""
    number = len(values)
    ties = [count for row in (times, values) for count in Counter(row).values()]
    return (_weight(number) - sum(map(_weight, ties))) / 18


def _weight(number: int) -> int:
    return number * (number - 1) * (2 * number + 5)


def warm_up_cut(values: Sequence[float]) -> int:
    """Return how many of the first figures to leave out, at most half of them.

    MSER: the cut after which the mean of the rest has the least standard error. Source: White, An
    Effective Truncation Heuristic for Bias Reduction in Simulation Output, 1997. He takes the means
    of five observations each (MSER-5); a second of a load has more than those.
    """
    number = len(values)
    if not number:
        return 0
    errors = [(_squares(values[cut:]) / (number - cut) ** 2, cut) for cut in range(number // 2 + 1)]
    return min(errors)[1]


def _squares(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values)
