"""The values of a script's own about one of their percentiles: of all of them these are stored.

A percentile of few values may lie far from the one that was read. Between which values it does is
said by their order, whatever their distribution is (`loadlab.analysis.percentile_ends`): by ranks
within some standard deviations of a binomial count. Of those a few are kept, the nearer the closer;
a rank between two of them lies between their values.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

_DEVIATIONS = (0.1, 0.3, 0.6, 1.1, 2.1, 3.1)  # standard deviations of the count, on both sides

Ends = tuple[float, float]
_At = tuple[int, float | None]  # a rank, and what its value is; None where nobody knows


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearby:
    """Ranks in their order, of which 1 is the least value, and what each value is.

    Below the percentile it is no less, above it no more: in a histogram a value lies between two.
    Of ranks that have the same value the outermost is kept.
    """

    count: int  # of all values
    below: tuple[_At, ...]
    above: tuple[_At, ...]

    @classmethod
    def of(cls, count: int, percent: float, value_at: Callable[[int], Ends]) -> Self:
        """Keep the values around a percentile; `value_at` gives the ends of that of a rank."""
        middle, share = count * percent / 100, 1 - percent / 100
        steps = [times * math.sqrt(middle * share) for times in _DEVIATIONS]
        lower = sorted({max(1, math.floor(middle - step)) for step in steps})
        upper = sorted({min(count, math.ceil(middle + step)) for step in steps}, reverse=True)
        below = _outermost((rank, value_at(rank)[0]) for rank in lower)
        above = _outermost((rank, value_at(rank)[1]) for rank in upper)
        return cls(count=count, below=below, above=above[::-1])

    @property
    def lowest(self) -> float:
        """What no value lies below: 0, but where one of them does."""
        least = self.below[0][1]
        return 0.0 if least is not None and least >= 0 else -math.inf

    def no_less_than(self, rank: int) -> float:
        """Return what the value of a rank is at least."""
        known = next((value for at, value in reversed(self.below) if at <= rank), None)
        return -math.inf if known is None else known

    def no_more_than(self, rank: int) -> float:
        """Return what the value of a rank is at most; infinite where nobody knows."""
        known = next((value for at, value in self.above if at >= rank), None)
        return math.inf if known is None else known


def _outermost(found: Iterable[tuple[int, float]]) -> tuple[_At, ...]:
    """Return the first rank of each value, from the outside inwards."""
    kept: dict[float, int] = {}
    for rank, value in found:
        kept.setdefault(value, rank)
    return tuple((rank, value if math.isfinite(value) else None) for value, rank in kept.items())
