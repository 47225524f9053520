"""What is known of a script's own values: they may be bytes, seconds or differences, not only ms.

A histogram holds 0.001 to 120,000 in steps of 0.001, or 0.1 %. What lies outside is counted, and
the outermost values are told beside it: a percentile among those lies between two values that are
known, and a bound between these two is not decided.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from loadlab.measurement.documents import Exact, Trend
from loadlab.measurement.hdr_text import HIGHEST_US, LOWEST_US
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.nearby import Nearby

_LEAST, _MOST = LOWEST_US / 1000, HIGHEST_US / 1000
_HALF_A_STEP = _LEAST / 2
_STEPS_MATTER = 1.0  # below it a step is more than 0.1 % of a value


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A figure, and the values that it lies between."""

    value: float
    low: float
    high: float

    def decides(self, bound: float) -> bool:
        """Whether all that it can be lies on one side of a bound."""
        return self.low == self.high or not self.low <= bound <= self.high


def known_of(trends: Sequence[Trend], name: str, percent: float | None) -> Known | None:
    """Return an aggregation as k6 names it (avg, min, max, med, p), of all pods.

    None without a value.
    """
    values = Histogram.merged(trend.hdr for trend in trends)
    if not values.count:
        return None
    exact = _exact_of(trends)
    outside = sum(trend.below + trend.clamped for trend in trends)
    match name:
        case "avg" | "min" | "max" if exact is not None:
            figure = {"avg": exact.sum / values.count, "min": exact.min, "max": exact.max}[name]
            return Known(value=figure, low=figure, high=figure)
        case "avg" | "min" | "max":
            us = {"avg": values.mean_us, "min": values.min_us, "max": values.max_us}[name]
            reach = math.inf if outside else 0.0
            return Known(value=us / 1000, low=us / 1000 - reach, high=us / 1000 + reach)
        case _:
            return _percentile(trends, values, exact, 50.0 if percent is None else percent)


def nearby_of(trends: Sequence[Trend], percent: float) -> Nearby | None:
    """Return the values of all pods about a percentile; None without any."""
    values = Histogram.merged(trend.hdr for trend in trends)
    exact = _exact_of(trends)

    def ends_at(rank: int) -> tuple[float, float]:
        if exact is not None and exact.min == exact.max:
            return exact.min, exact.max
        known = _at_rank(trends, values, exact, rank)
        return known.low, known.high

    return Nearby.of(values.count, percent, ends_at) if values.count else None


def _percentile(
    trends: Sequence[Trend], values: Histogram, exact: Exact | None, percent: float
) -> Known:
    if exact is not None and exact.min == exact.max:
        return Known(value=exact.min, low=exact.min, high=exact.max)
    return _at_rank(trends, values, exact, values.rank_of(percent))


def _at_rank(trends: Sequence[Trend], values: Histogram, exact: Exact | None, rank: int) -> Known:
    if rank <= sum(trend.below for trend in trends):
        return Known(value=_LEAST, low=exact.min if exact else -math.inf, high=_LEAST)
    if rank > values.count - sum(trend.clamped for trend in trends):
        return Known(value=_MOST, low=_MOST, high=exact.max if exact else math.inf)
    found = values.percentile_us(100 * rank / values.count) / 1000
    step = _HALF_A_STEP if found < _STEPS_MATTER else 0.0
    return Known(value=found, low=found - step, high=found + step)


def _exact_of(trends: Sequence[Trend]) -> Exact | None:
    told = [trend.exact for trend in trends if trend.count]
    exact = [each for each in told if each is not None]
    if len(exact) < len(told):
        return None
    return Exact(
        min=min(each.min for each in exact),
        max=max(each.max for each in exact),
        sum=sum(each.sum for each in exact),
    )
