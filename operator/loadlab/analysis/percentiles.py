"""One latency for a row: a percentile of each replicate, and their mean.

A percentile of all requests together would be another quantity: that of the slowest replicate, if
one was slower. The replicate is the unit that is repeated, so each has one vote, and the interval
that stands beside the mean is about the same number (Treadmill, ISCA 2016, section 4.2: aggregate
within a run, then combine runs). Times vary by factors: the mean is the geometric one.
"""

from collections.abc import Sequence

from loadlab.analysis.statistics import log_estimate
from loadlab.model.status import LatencyMs

_MEANS = ("avg", "med", "p90", "p95", "p99")


def mean_latency(replicates: Sequence[LatencyMs]) -> LatencyMs | None:
    """Return the mean of each figure, the shortest and the longest of all; None without any.

    A figure is a lower bound where it is one in any replicate.
    """
    if not replicates:
        return None
    known = [one.lower_bound_above for one in replicates if one.lower_bound_above is not None]
    return LatencyMs(
        min=min(one.min for one in replicates),
        max=max(one.max for one in replicates),
        lower_bound_above=min(known, default=None),
        **{name: _mean([getattr(one, name) for one in replicates]) for name in _MEANS},
    )


def _mean(values: Sequence[float]) -> float:
    # Sorted: a float sum depends on its order, the result must not.
    estimate = log_estimate(sorted(values))
    return estimate.mean if estimate else 0.0
