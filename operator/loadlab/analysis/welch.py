"""The difference of two means that share no block: Welch's unequal variances.

    t = (m1 - m2) / sqrt(e1^2 + e2^2),  degrees = (e1^2 + e2^2)^2 / (e1^4/(n1-1) + e2^4/(n2-1))

with e the standard errors of the means (Welch, Biometrika 34, 1947; the degrees of freedom are
Satterthwaite's, Biometrics Bulletin 2, 1946). What is kept of a cell is its mean and interval. With
five replicates or more that interval is Student's over the cell's own, half = t(n-1) * e, so that
the standard error can be had back; with fewer it is the noise of other cells, and can not.
"""

import math
from dataclasses import dataclass
from typing import Self

from loadlab.analysis.bounds import ENOUGH_BLOCKS, WIDEST_INTERVAL
from loadlab.analysis.estimate import Deviation, LogEstimate
from loadlab.analysis.statistics import t_quantile
from loadlab.model.status import Figure

# A status may have been written by anybody: what lies beyond is no rate, time or cost.
PLAUSIBLE = (1e-6, 1e12)
MOST_REPLICATES = 1000  # as many trials as a plan may have


@dataclass(frozen=True, slots=True)
class LogMean:
    """The mean of a cell's logarithms; without an error where the interval does not tell it."""

    mean: float
    replicates: int
    error: float | None

    @classmethod
    def of(cls, figure: Figure, valid: int, *, rounded_to: float = 0.0) -> Self | None:
        """Read a figure of so many replicates, written in steps of `rounded_to`.

        None where it is not positive, or beyond what a figure can be.
        """
        replicates = figure.replicates or valid
        if not (_is_plausible(figure.mean) and 1 <= replicates <= MOST_REPLICATES):
            return None
        half = _half(figure, rounded_to / 2) if replicates >= ENOUGH_BLOCKS else None
        error = None if half is None else half / t_quantile(replicates - 1)
        return cls(math.log(figure.mean), replicates, error)

    @property
    def deviation(self) -> Deviation | None:
        """The error with its degrees of freedom."""
        return None if self.error is None else Deviation(self.error, self.replicates - 1)


def difference(of: LogMean, over: LogMean) -> LogEstimate:
    """Estimate the difference of two means; without an error where one of them has none."""
    first, second = of.deviation, over.deviation
    both = None if first is None or second is None else _rounded(welch(first, second))
    return LogEstimate(of.mean - over.mean, min(of.replicates, over.replicates), both)


def welch(first: Deviation, second: Deviation) -> Deviation:
    """Return the error of the difference of two means, with Satterthwaite's degrees."""
    variances = first.error**2, second.error**2
    total = math.fsum(variances)
    shares = zip(variances, (first.degrees, second.degrees), strict=True)
    spread = math.fsum(variance**2 / degrees for variance, degrees in shares)
    degrees = total**2 / spread if spread else first.degrees + second.degrees
    return Deviation(math.sqrt(total), degrees)


def _rounded(known: Deviation) -> Deviation:
    """Round the degrees down: quantiles of few degrees can be remembered."""
    return Deviation(known.error, math.floor(10 * known.degrees) / 10)


def _half(figure: Figure, slack: float) -> float | None:
    """Return half of the interval's width on the logarithms, the ends as far as they may lie."""
    if figure.low is None or figure.high is None:
        return None
    low, high = figure.low - slack, figure.high + slack
    known = _is_plausible(low) and _is_plausible(high) and low <= figure.mean <= high
    return math.log(high / low) / 2 if known and high / low <= WIDEST_INTERVAL else None


def _is_plausible(value: float) -> bool:
    least, most = PLAUSIBLE
    return least <= value <= most
