"""Means over replicates with Student t intervals, in plain Python.

Rates and times vary by factors, so their interval is taken on the logarithms; the mean is then
the geometric one, which always lies inside. Quantities that may be 0 stay on the plain scale. A
bootstrap of five replicates covers 79 % instead of 95 %, Student t 94 % (docs/method.md#intervals).

The t quantile inverts the regularised incomplete beta function: P(|T| > t) = I_x(v/2, 1/2) with
x = v / (v + t^2) (DLMF 8.17, dlmf.nist.gov/8.17), evaluated by its continued fraction (8.17.22)
with Lentz's method.
"""

import math
from collections.abc import Sequence
from functools import cache

from loadlab.model.status import Figure

CONFIDENCE = 0.95
_TINY = 1e-300
_CONVERGED = 1e-15


def log_estimate(values: Sequence[float]) -> Figure | None:
    """Estimate a positive quantity on the log scale; a 0 among the values forces the plain one."""
    if not values or min(values) <= 0:
        return plain_estimate(values)
    logs = plain_estimate([math.log(value) for value in values])
    if logs is None or logs.low is None or logs.high is None:
        return Figure(mean=values[0])
    return Figure(mean=math.exp(logs.mean), low=math.exp(logs.low), high=math.exp(logs.high))


def plain_estimate(values: Sequence[float]) -> Figure | None:
    """Estimate on the plain scale; None without values, no interval with one."""
    if not values:
        return None
    n = len(values)
    mean = math.fsum(values) / n
    if n == 1:
        return Figure(mean=mean)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    half = t_quantile(n - 1) * deviation / math.sqrt(n)
    return Figure(mean=mean, low=mean - half, high=mean + half)


@cache
def t_quantile(degrees: int, confidence: float = CONFIDENCE) -> float:
    """Return t with P(|T| <= t) = confidence for this many degrees of freedom."""
    if degrees < 1:
        raise ValueError(f"{degrees} degrees of freedom: a t quantile needs at least 1")
    tail = 1 - confidence
    low, high = 0.0, 1.0
    while _two_tails(high, degrees) > tail:
        high *= 2
    while (middle := (low + high) / 2) not in {low, high}:
        if _two_tails(middle, degrees) > tail:
            low = middle
        else:
            high = middle
    return high


def _two_tails(t: float, degrees: int) -> float:
    return _incomplete_beta(degrees / (degrees + t * t), degrees / 2, 0.5)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    if x in {0.0, 1.0}:
        return x
    if x > (a + 1) / (a + b + 2):  # the fraction converges on the other side
        return 1 - _incomplete_beta(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(log_front + a * math.log(x) + b * math.log1p(-x)) / a
    return front / _beta_fraction(x, a, b)


def _beta_fraction(x: float, a: float, b: float) -> float:
    """Evaluate 1 + d1/(1 + d2/(1 + …)) by the modified Lentz method."""
    fraction, c, d = 1.0, 1.0, 0.0
    for term in range(1, 500):
        m = term // 2
        if term % 2:
            step = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            step = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / ((1 + step * d) or _TINY)
        c = (1 + step / c) or _TINY
        fraction *= c * d
        if abs(c * d - 1) < _CONVERGED:
            break
    return fraction
