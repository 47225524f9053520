"""Logarithmic buckets for event-loop lag: 10 µs to 655 s, eight per doubling, 9 % wide. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LOWEST: Final = 10e-6
PER_DOUBLING: Final = 8
BUCKETS: Final = 26 * PER_DOUBLING
_LOG_LOWEST: Final = math.log2(_LOWEST)


@dataclass(frozen=True, slots=True)
class Lag:
    """Quantiles of a window; zero where nothing was observed."""

    p50: float
    p99: float
    max: float


def bucket_of(seconds: float) -> int:
    """Find the bucket; what lies outside the range goes to the nearest one."""
    if seconds <= _LOWEST:
        return 0
    return min(BUCKETS - 1, math.ceil((math.log2(seconds) - _LOG_LOWEST) * PER_DOUBLING))


def upper_bound(bucket: int) -> float:
    """Give the bucket's upper bound in seconds."""
    return float(_LOWEST * 2 ** (bucket / PER_DOUBLING))


def summarise(counts: Sequence[int]) -> Lag:
    """Turn bucket counts into quantiles, each the upper bound of its bucket (at most 9 % high)."""
    return Lag(p50=_quantile(counts, 0.5), p99=_quantile(counts, 0.99), max=_quantile(counts, 1.0))


def _quantile(counts: Sequence[int], share: float) -> float:
    rank = math.ceil(sum(counts) * share)
    seen = 0
    for bucket, count in enumerate(counts):
        seen += count
        if count and seen >= rank:
            return upper_bound(bucket)
    return 0.0
