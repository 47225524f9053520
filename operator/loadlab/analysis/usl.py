"""The universal scalability law, fitted to throughputs at several sizes.

    X(N) = rate * N / (1 + contention * (N - 1) + coherence * N * (N - 1))

Gunther, Guerrilla Capacity Planning (2007), chapters 4 and 5. N / X(N) is linear in 1, N - 1 and
N (N - 1): that fit, weighted for noise that is a share of the throughput, is where the fit of the
logarithms begins (Gauss and Newton). It is exact without noise. Errors are those of the fit's
covariance, by the delta method (Seber & Wild, Nonlinear Regression, 5.1).

Noise is that of the trials beside their blocks; where the law misses the means of the sizes by more
than that (F test for lack of fit; Draper & Smith, Applied Regression Analysis, 2.1), the misses
are the noise.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadlab.analysis.blocks import Logs, block_effects, block_noise, solve
from loadlab.analysis.bounds import CONFIDENCE, FEWEST_BLOCKS, WIDEST_INTERVAL
from loadlab.analysis.statistics import f_tail, t_quantile

_STEPS = 20
_LACK = 0.01  # p below which the law is said to miss the data
_NOTHING = 1e-18  # a sum of squared logarithms that is rounding alone
_COEFFICIENTS = 3
_WIDEST_HALF = math.log(WIDEST_INTERVAL) / 2  # of the rate of one, on the logarithms
_MOST_HALF = 100.0  # beyond which it is no number that anybody reads

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter with the ends of its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def is_known(self) -> bool:
        """Whether its interval is no wider than itself."""
        return self.high - self.low <= abs(self.mean)


_Parameters = tuple[Parameter, Parameter, Parameter, Parameter]
_NOBODY_KNOWS = Parameter(math.nan, -math.inf, math.inf)
_UNKNOWN = (_NOBODY_KNOWS, _NOBODY_KNOWS, _NOBODY_KNOWS, _NOBODY_KNOWS)


@dataclass(frozen=True, slots=True)
class ScalabilityLaw:
    """A fitted law."""

    rate: Parameter  # throughput of size 1
    contention: Parameter
    coherence: Parameter
    loss: Parameter  # log of what proportion would give over throughput, at the largest size
    bends: bool  # whether it is told from a straight line
    is_missed: bool  # whether the data are not as it says

    @property
    def is_unknown(self) -> bool:
        """Whether the sizes do not tell the rate of one, by which all of it is divided."""
        return math.isinf(self.rate.high)

    def throughput(self, size: float) -> float:
        """Return the throughput that it predicts at a size."""
        delay = self.contention.mean * (size - 1) + self.coherence.mean * size * (size - 1)
        return self.rate.mean * size / (1 + delay)

    @property
    def peak(self) -> float | None:
        """The size beyond which it falls by the law; None where the law is not known to fall."""
        if self.coherence.low <= 0 or self.contention.mean >= 1:
            return None
        return math.sqrt((1 - self.contention.mean) / self.coherence.mean)


def fit_law(logs: Mapping[int, Logs]) -> ScalabilityLaw | None:
    """Fit the logarithms of throughput, by size and block; None where they are too few.

    There must be three blocks, and more sizes than parameters.
    """
    blocks = {block for values in logs.values() for block in values}
    if len(logs) <= _COEFFICIENTS or len(blocks) < FEWEST_BLOCKS:
        return None
    data = _data_of(logs)
    # 1 or more: blocks take no more than the trials beyond one a size.
    degrees = len(data.points) - _COEFFICIENTS - data.rank
    fitted = _fit(data)
    squares = _squares(data.points, fitted)
    noise = fit_noise(logs, squares, degrees, _COEFFICIENTS)
    weather = weather_of(logs, len(blocks))
    straight = _straight_squares(data.points)
    bends = _bends(straight, squares, degrees)
    parameters = _parameters(data, fitted, noise, weather) or _UNKNOWN
    return ScalabilityLaw(*parameters, bends, noise.is_of_misses)


@dataclass(frozen=True, slots=True)
class _Data:
    """Sizes with size / throughput, as shares of `scale`; sizes up to `largest`."""

    points: tuple[tuple[Vector, float], ...]
    scale: float
    largest: float
    rank: int  # of the blocks' effects, which are taken out


def without_blocks(logs: Mapping[int, Logs]) -> tuple[Mapping[int, Sequence[float]], int]:
    """Return the logarithms by size, the blocks' effects taken out, and the rank of these."""
    effects, rank = block_effects(list(logs.values()))
    middle = math.fsum(effects.values()) / len(effects)
    values = {
        size: [value - effects[block] + middle for block, value in sorted(blocks.items())]
        for size, blocks in sorted(logs.items())
    }
    return values, rank


def _data_of(logs: Mapping[int, Logs]) -> _Data:
    values, rank = without_blocks(logs)
    inverse = [(size, math.log(size) - value) for size in values for value in values[size]]
    scale = math.exp(math.fsum(value for _, value in inverse) / len(inverse))
    largest = float(max(logs))
    points = tuple((_terms(size, largest), math.exp(value) / scale) for size, value in inverse)
    return _Data(points, scale, largest, rank)


def _terms(size: float, largest: float) -> Vector:
    return 1.0, (size - 1) / largest, size * (size - 1) / largest**2


def _fit(data: _Data) -> Vector:
    """Gunther's linear fit, then Gauss' and Newton's steps towards that of the logarithms."""
    weighted = [(tuple(t / y for t in terms), 1.0) for terms, y in data.points]
    found = _least_squares(weighted)
    for _ in range(_STEPS):
        if min(_dot(terms, found) for terms, _ in data.points) <= 0:
            break  # no throughput is negative: the linear fit stands
        rows = [
            (tuple(t / _dot(terms, found) for t in terms), math.log(y / _dot(terms, found)))
            for terms, y in data.points
        ]
        found = _plus(found, _least_squares(rows))
    return found


def _least_squares(rows: Sequence[tuple[tuple[float, ...], float]]) -> Vector:
    a, b, c = solve([[*line, right] for line, right in _normal(rows)])[0]
    return a, b, c


def _normal(rows: Sequence[tuple[tuple[float, ...], float]]) -> list[tuple[list[float], float]]:
    places = range(_COEFFICIENTS)
    return [
        (
            [math.fsum(terms[i] * terms[j] for terms, _ in rows) for j in places],
            math.fsum(terms[i] * right for terms, right in rows),
        )
        for i in places
    ]


def _dot(one: Vector, other: Vector) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def _plus(one: Vector, other: Vector) -> Vector:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def _squares(points: Sequence[tuple[Vector, float]], fitted: Vector) -> float:
    predicted = [(_dot(terms, fitted), y) for terms, y in points]
    if min(value for value, _ in predicted) <= 0:
        return math.inf
    return math.fsum(math.log(y / value) ** 2 for value, y in predicted)


def _straight_squares(points: Sequence[tuple[Vector, float]]) -> float:
    """Return the squared misses of throughput in proportion to the size, which is the scale."""
    return math.fsum(math.log(y) ** 2 for _, y in points)


def _bends(straight: float, squares: float, degrees: int) -> bool:
    if straight < _NOTHING:
        return False
    more = max(straight - squares, 0.0)
    return f_tail(more / 2 / max(squares / degrees, _NOTHING), 2, degrees) < 1 - CONFIDENCE


@dataclass(frozen=True, slots=True)
class FitNoise:
    """The variance of one trial's logarithm, and the degrees of freedom that it is known with."""

    variance: float
    degrees: int
    is_of_misses: bool  # of the law, as they are more than the trials' noise


def fit_noise(
    logs: Mapping[int, Logs], squares: float, degrees: int, coefficients: int
) -> FitNoise:
    """Return the noise of a fit of so many coefficients, whose squared misses are known."""
    pure, lack_degrees = block_noise(list(logs.values())), len(logs) - coefficients
    if pure is not None and pure.residual > 0:
        lack = (squares - pure.residual * pure.residual_degrees) / lack_degrees
        chance = f_tail(max(lack, 0.0) / pure.residual, lack_degrees, pure.residual_degrees)
        if chance < _LACK:
            return FitNoise(lack, lack_degrees, is_of_misses=True)
    return FitNoise(squares / degrees, degrees, is_of_misses=False)


def weather_of(logs: Mapping[int, Logs], blocks: int) -> float:
    """Return half of the interval that the blocks' weather alone leaves of a rate's logarithm."""
    noise = block_noise(list(logs.values()))
    variance = max(noise.total - noise.residual, 0.0) if noise else 0.0
    return t_quantile(blocks - 1) * math.sqrt(variance / blocks)


def _parameters(data: _Data, fitted: Vector, noise: FitNoise, weather: float) -> _Parameters | None:
    """Return rate, contention and coherence: 1 / a, b / a and c / a of the linear form.

    The last one is the loss at the largest size, log (a + b (N - 1) + c N (N - 1)) / a. None where
    a is not known to be above 0: sizes that all lie past the knee tell 1 / a by what is left over
    of them at size 1, and chance may make that nothing or less.
    """
    rows = [(tuple(t / _dot(terms, fitted) for t in terms), 0.0) for terms, _ in data.points]
    inverse = _inverse([line for line, _ in _normal(rows)])
    t, base = t_quantile(noise.degrees), fitted[0]

    def half(slope: Vector) -> float:
        spread = math.fsum(
            slope[i] * inverse[i][j] * slope[j]
            for i in range(_COEFFICIENTS)
            for j in range(_COEFFICIENTS)
        )
        return t * math.sqrt(noise.variance * max(spread, 0.0))  # rounding may leave less than 0

    # The noise is infinite where the fit has a throughput below 0 at any size.
    is_positive = base > 0 and math.isfinite(noise.variance)
    of_rate = half((1 / base, 0.0, 0.0)) if is_positive else math.inf
    if of_rate > _WIDEST_HALF:
        return None
    # What all sizes of a block share moves the rate of one, and nothing else.
    factor = math.exp(min(math.hypot(of_rate, weather), _MOST_HALF))
    rate = 1 / (base * data.scale)
    contention, coherence = fitted[1] / base, fitted[2] / base
    last = _terms(round(data.largest), data.largest)
    slowed = _dot(last, fitted)
    loss = math.log(slowed / base)
    one, two, three = (term / slowed for term in last)
    return (
        Parameter(rate, rate / factor, rate * factor),
        _around(contention, half((-contention / base, 1 / base, 0.0)), data.largest),
        _around(coherence, half((-coherence / base, 0.0, 1 / base)), data.largest**2),
        _around(loss, half((one - 1 / base, two, three)), 1.0),
    )


def _around(mean: float, half: float, scale: float) -> Parameter:
    return Parameter(mean / scale, (mean - half) / scale, (mean + half) / scale)


def _inverse(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return the inverse of a symmetric matrix, column by column."""
    places = range(len(matrix))
    return [
        solve([[*row, float(place == column)] for place, row in enumerate(matrix)])[0]
        for column in places
    ]
