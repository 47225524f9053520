"""Throughput that grows in proportion to N until it meets a hard limit: N threads, N connections.

    X(N) = min(rate * N, ceiling)

The asymptotic bounds of operational analysis (Denning & Buzen, Computing Surveys 10, 1978), met
where requests wait for nothing but the one limit: 40 threads that sleep for 100 ms carry 400 a
second. They meet at the knee, ceiling / rate. Of all ways to share the sizes out between the two
lines the one with the least squared misses of the logarithms is taken, blocks taken out.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadlab.analysis.blocks import Logs
from loadlab.analysis.bounds import EQUIVALENCE_MARGIN, FEWEST_BLOCKS
from loadlab.analysis.statistics import t_quantile
from loadlab.analysis.usl import Parameter, fit_noise, weather_of, without_blocks

_COEFFICIENTS = 2
_FEWEST_SIZES = 4
_MARGIN = math.log1p(EQUIVALENCE_MARGIN)


@dataclass(frozen=True, slots=True)
class HardLimit:
    """Two lines that meet."""

    rate: Parameter  # throughput of size 1
    ceiling: Parameter
    knee: Parameter  # the size at which they meet


@dataclass(frozen=True, slots=True)
class _Split:
    """The sizes below the knee and those beyond it, as logarithms of rate and of ceiling."""

    below: tuple[float, ...]
    beyond: tuple[float, ...]
    worst: float  # miss of a size's mean

    @property
    def squares(self) -> float:
        """Sum of squared misses."""
        return _squares(self.below) + _squares(self.beyond)


def fit_limit(logs: Mapping[int, Logs]) -> HardLimit | None:
    """Fit the two lines; None where a size lies 5 % or more beside them, or too little is there."""
    blocks = {block for values in logs.values() for block in values}
    if len(logs) < _FEWEST_SIZES or len(blocks) < FEWEST_BLOCKS:
        return None
    values, rank = without_blocks(logs)
    sizes = sorted(values)
    splits = [_split(values, sizes, place) for place in range(1, len(sizes))]
    best = min(splits, key=lambda split: split.squares)
    if best.worst >= _MARGIN:
        return None
    # 2 or more: blocks take no more than the trials beyond one a size.
    degrees = sum(map(len, values.values())) - _COEFFICIENTS - rank
    noise = fit_noise(logs, best.squares, degrees, _COEFFICIENTS)
    t, weather = t_quantile(noise.degrees), weather_of(logs, len(blocks))
    of_rate, of_ceiling = (noise.variance / len(side) for side in (best.below, best.beyond))
    rate, ceiling = _mean(best.below), _mean(best.beyond)
    return HardLimit(
        rate=_parameter(rate, math.hypot(t * math.sqrt(of_rate), weather)),
        ceiling=_parameter(ceiling, math.hypot(t * math.sqrt(of_ceiling), weather)),
        knee=_parameter(ceiling - rate, t * math.sqrt(of_rate + of_ceiling)),
    )


def _split(values: Mapping[int, Sequence[float]], sizes: Sequence[int], place: int) -> _Split:
    below = [(value - math.log(size)) for size in sizes[:place] for value in values[size]]
    beyond = [value for size in sizes[place:] for value in values[size]]
    rate, ceiling = _mean(below), _mean(beyond)
    misses = [abs(_mean(values[size]) - min(rate + math.log(size), ceiling)) for size in sizes]
    return _Split(tuple(below), tuple(beyond), max(misses))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _squares(values: Sequence[float]) -> float:
    mean = _mean(values)
    return math.fsum((value - mean) ** 2 for value in values)


def _parameter(log: float, half: float) -> Parameter:
    return Parameter(math.exp(log), math.exp(log - half), math.exp(log + half))
