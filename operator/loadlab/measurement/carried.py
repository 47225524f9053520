"""What of an open load was answered while it lasted: one that is too slow catches up after it.

The arrivals of an open load do not wait. What a service leaves over queues, and ends after the load
if it is waited for, so that in the end everything was answered. A steady service leaves requests
over, too: by Little's law as many as come in the time that an answer takes, and those with a long
tail come late. So what ended in the seconds of the second half is held against what a steady
service would have ended: by a moment all those requests whose latency, among those of the whole
load, is no longer than it had lasted. Three signs must agree, as each alone has a harmless cause:

- fewer ended than that, beyond 1 % and beyond what random arrivals do. Where latencies are as long
  as the load, those of a queue look like a slow service that has only begun to answer; but such a
  one answers little at first, and more than what it should have by then tells of a queue, too;
- all but the best of those seconds were short of what comes in a second: a service that stood still
  for a while answers as many before and after;
- answers took longer from second to second, half as fast at least as a queue of the missing ones
  makes them: who is answered `t` seconds after the begin of a load has waited for `f·t` where a
  share `f` of it is left over. A tail of requests that hang leaves the others as fast as they were.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, sqrt
from statistics import fmean, median

from loadlab.measurement import bounds
from loadlab.measurement.series import Line

_PARTS = 10  # of a bin, in which answers come due one after another


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked of the service, in a load at its full height."""

    since_epoch_seconds: float
    requests_per_second: float
    requests_each: float  # of an iteration: its later requests wait behind the earlier ones
    known_within: Callable[[float], float]  # share of the requests that had an answer so soon

    def due(self, line: Line, bin_seconds: int) -> float:
        """Return how many requests a steady service would have answered in a bin."""
        lasted = line.at - self.since_epoch_seconds
        parts = (lasted + bin_seconds * (part + 0.5) / _PARTS for part in range(_PARTS))
        return self.coming(bin_seconds) * sum(map(self.known_within, parts)) / _PARTS

    def coming(self, seconds: float) -> float:
        """Return how many requests come in so many seconds."""
        return self.requests_per_second * seconds


def share_carried(lines: Sequence[Line], bin_seconds: int, asked: Asked) -> float:
    """Return the share of the load that was answered while it lasted; 1 where none queued up.

    Lines are the whole bins of the load at its full height; fewer than FEWEST_TO_CARRY say nothing.
    """
    if len(lines) < bounds.FEWEST_TO_CARRY:
        return 1.0
    early, late = lines[: len(lines) // 2], lines[len(lines) // 2 :]
    if not _is_short(early, late, bin_seconds, asked):
        return 1.0
    shares = sorted(line.requests / asked.coming(bin_seconds) for line in late)
    if shares[ceil(bounds.BEST_SECONDS * len(shares)) - 1] >= 1 - bounds.LEFT_OVER:
        return 1.0
    share = min(1.0, fmean(shares))
    grew = _seconds_slower_each_second(lines)
    return share if grew >= bounds.QUEUE_SHARE * (1 - share) / asked.requests_each else 1.0


def _is_short(early: Sequence[Line], late: Sequence[Line], bin_seconds: int, asked: Asked) -> bool:
    """Whether less ended in the second half than in the first one, by what was due in both."""
    (first, first_due), (ended, due) = (
        (sum(line.requests for line in half), sum(asked.due(line, bin_seconds) for line in half))
        for half in (early, late)
    )
    if asked.requests_each == 1:  # else nobody knows which of an iteration's had come so soon
        due *= max(1.0, (first - _errors(first)) / (first_due + _errors(first_due) + 1))
    return ended < (1 - bounds.LEFT_OVER) * due - _errors(due)


def _errors(requests: float) -> float:
    """Return by how many requests a number of them may differ from its mean by chance."""
    return bounds.LEFT_OVER_ERRORS * sqrt(requests)


def _seconds_slower_each_second(lines: Sequence[Line]) -> float:
    """Return by how much the median answer slowed down: the median slope of all pairs (Sen)."""
    known = [(line.at, line.p50_us / 1e6) for line in lines if line.p50_us is not None]
    slopes = [
        (later - earlier) / (end - start)
        for (start, earlier), (end, later) in combinations(known, 2)
    ]
    return median(slopes) if slopes else 0.0
