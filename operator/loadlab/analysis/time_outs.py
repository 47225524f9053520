"""What requests without an answer tell of a latency by themselves, whatever the others took. Pure.

Of an answer nobody knows by how much a warm-up that was counted or not finished lengthened it; of a
time-out it is known that the service had so long to answer, and did not. One that hangs leaves its
warm-up unfinished by that itself. So all other requests are taken for the shortest that there are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from loadlab.analysis.threshold import Threshold
from loadlab.measurement.latency import Latency

_PERCENTS = {"med": 50.0, "max": 100.0}


@dataclass(frozen=True, slots=True)
class TimeOuts:
    """The requests of one trial that were waited for in vain."""

    above: float  # percent: so many of all were answered, or cut off at once
    after_ms: float  # each of them was waited for, at least

    @classmethod
    def of(cls, latency: Latency) -> Self:
        """Read them off the latency of all requests."""
        waited, count = latency.unanswered.requests, latency.count + latency.unanswered.cut
        return cls(100.0 * (count - waited) / max(1, count), latency.unanswered.after_ms)

    def percentile_ms(self, percent: float) -> float:
        """Return what a percentile is at least, in ms; 0 where it lies among the others."""
        return self.after_ms if percent > self.above else 0.0

    @property
    def mean_ms(self) -> float:
        """What the mean of all is at least."""
        return self.after_ms * (100.0 - self.above) / 100


def least_by_time_outs(threshold: Threshold, replicates: Iterable[TimeOuts]) -> float:
    """Return what the latency of a bound is at least in each of these replicates, in ms.

    0 where nothing is known: of a minimum, and of what was answered in time in one of them.
    """
    return min((_least_ms(threshold, each) for each in replicates), default=0.0)


def _least_ms(threshold: Threshold, found: TimeOuts) -> float:
    if threshold.metric != "http_req_duration":
        return 0.0
    if threshold.aggregation == "avg":
        return found.mean_ms
    percent = threshold.percent or _PERCENTS.get(threshold.aggregation)
    return found.percentile_ms(percent) if percent else 0.0
