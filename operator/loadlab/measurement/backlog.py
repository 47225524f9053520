"""How many requests of an open model were due and had no answer, at whole seconds of the load.

The generator counts them by when each was planned and when it ended, so that it is no estimate: in
a service that keeps up they are as many at the end as at the beginning, whatever a request takes.
In one that does not they grow by what it does not carry, long before any request is dropped.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import linear_regression

from loadlab.measurement import bounds
from loadlab.measurement.documents.generator import Second
from loadlab.plan.expected import LoadFacts

MOST_MOMENTS = 30  # a longer load has as many, further apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Requests that wait, at moments that are as many seconds apart."""

    waiting: tuple[int, ...]
    every_seconds: int

    def is_kept(self, load: LoadFacts) -> bool:
        """Whether hardly any request more waits at the end of a load than in the midst of it."""
        grown, offered = self.grown_in(load.duration_seconds), load.rate_per_second
        if grown is None or not offered:
            return False
        return grown <= (1 - bounds.KEPT_UNTIL_LAST) * offered * load.duration_seconds

    def grown_in(self, seconds: float) -> float | None:
        """Return by how many requests it grows in so many seconds; None of one moment.

        By the straight line of least squares. Of more than wait at last no queue is left.
        """
        if len(self.waiting) < 2:
            return None
        moments = range(0, self.every_seconds * len(self.waiting), self.every_seconds)
        slope = linear_regression(moments, self.waiting).slope
        return min(self.waiting[-1], slope * seconds)


def backlog_of(pods: Sequence[Sequence[Second]], start: float, seconds: float) -> Backlog | None:
    """Return the backlog of so many seconds from a moment since 1970; None where none is told.

    It begins once those that were sent first have answers: until then it grows in any service.
    """
    waiting = Counter[int]()
    for line in (line for seconds_of_pod in pods for line in seconds_of_pod):
        waiting[line.t] += line.due
    if not any(waiting.values()):
        return None
    moments = range(ceil(start + first_latency(pods, start)), int(start + seconds) + 1)
    every = max(1, ceil(len(moments) / MOST_MOMENTS))
    known = tuple(waiting[at] for at in moments[::every])
    return Backlog(waiting=known, every_seconds=every) if known else None


def first_latency(pods: Sequence[Sequence[Second]], start: float) -> float:
    """Return the median latency, in s, of the first second that had answers; of the slowest pod."""
    firsts = (
        next((line for line in each if line.t + 1 > start and line.p50), None) for each in pods
    )
    return max((line.p50 / 1e6 for line in firsts if line), default=0.0)
