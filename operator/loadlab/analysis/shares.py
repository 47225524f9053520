"""Shares of requests, such as of those that failed, with what counting them leaves open.

No failure among a thousand requests does not mean that none ever fails. The interval of a count is
the exact one (Clopper & Pearson, Biometrika 26, 1934), by the quantiles of the beta distribution;
it covers at least as often as it says. Replicates may also differ by more than chance in counting,
so that the interval of a share is never narrower than their spread.

A ratio of two shares has at least the error of their counts, on the logarithms (Katz, Baptista,
Azen & Pike, Biometrics 34, 1978).
"""

import math
from collections.abc import Callable, Iterable, Sequence

from loadlab.analysis.bounds import CONFIDENCE
from loadlab.analysis.statistics import incomplete_beta, plain_estimate, t_quantile
from loadlab.model.status import Figure

_FINE = 1e-9  # a share is written with six places
_NORMAL = 1e9  # degrees of freedom at which Student's t is the normal distribution

Counts = tuple[int, int]  # events, of so many


def exact_interval(events: int, of: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the interval of a share that is known by a count of `events` among `of` (1 or more).

    The ends are the shares at which so many events, or more (fewer), have half of the doubt left.
    """
    tail = (1 - confidence) / 2
    low, high = 0.0, 1.0
    if events:
        low = _where(lambda share: incomplete_beta(share, events, of - events + 1) > tail)
    if events < of:
        high = _where(lambda share: incomplete_beta(share, events + 1, of - events) > 1 - tail)
    return low, high


def _where(is_beyond: Callable[[float], bool]) -> float:
    """Return the share from which on something holds."""
    low, high = 0.0, 1.0
    while high - low > _FINE * high:
        middle = (low + high) / 2
        low, high = (low, middle) if is_beyond(middle) else (middle, high)
    return high


def share_estimate(counts: Iterable[Counts]) -> Figure | None:
    """Estimate a share by the counts of each replicate; None where there was nothing to count.

    The interval is the wider of two at each end: of all counts together, of the replicates' spread.
    """
    known = sorted((events, of) for events, of in counts if of)
    if not known:
        return None
    events, of = sum(e for e, _ in known), sum(n for _, n in known)
    shares = [e / n for e, n in known]
    low, high = exact_interval(events, of)
    spread = plain_estimate(shares)
    ends = [end for end in _ends(spread) if end is not None]
    return Figure(mean=events / of, low=max(0.0, min(low, *ends)), high=min(1.0, max(high, *ends)))


def _ends(figure: Figure | None) -> tuple[float | None, ...]:
    return (
        () if figure is None else (figure.mean, figure.low, figure.high, figure.least, figure.most)
    )


def with_counting_error(share: Figure, counts: Sequence[Counts]) -> Figure:
    """Return a mean of shares, its interval no narrower than the counts that it rests on leave it.

    The mean may be one over several cells: the counts say how far off it may be, not where it is.
    """
    events, of = sum(e for e, _ in counts), sum(n for _, n in counts)
    if share.low is None or share.high is None or not of:
        return share
    low, high = exact_interval(events, of)
    below, above = events / of - low, high - events / of
    return share.model_copy(
        update={
            "low": max(0.0, min(share.low, share.mean - below)),
            "high": min(1.0, max(share.high, share.mean + above)),
        }
    )


def ratio_with_counting_error(
    ratio: Figure, of: Sequence[Counts], over: Sequence[Counts]
) -> Figure:
    """Return a ratio of shares, its interval no narrower than the counts of both sides leave it."""
    if ratio.low is None or ratio.high is None:
        return ratio
    variance = math.fsum(_log_variance(side) for side in (of, over))
    factor = math.exp(t_quantile(_NORMAL) * math.sqrt(variance))
    return ratio.model_copy(
        update={
            "low": min(ratio.low, ratio.mean / factor),
            "high": max(ratio.high, ratio.mean * factor),
        }
    )


def share_above_0(events: int, of: int) -> float:
    """Return a share of which there is a logarithm, also where nothing was counted.

    With half an event added (Haldane, Annals of Human Genetics 20, 1956), where there is none.
    """
    return events / of if events else _HALF / (of + _HALF)


def _log_variance(counts: Sequence[Counts]) -> float:
    """Return the variance of the logarithm of a share: (1 - share) / events, both known."""
    events, of = sum(e for e, _ in counts), sum(n for _, n in counts)
    return 1 / events - 1 / of if events else 0.0


_HALF = 0.5
