"""Whether the answers of an open load were those of a steady service, whatever was left over.

What waits for an answer grows in a steady service, too, until the load has lasted as long as the
slowest answers take: of a load of 4 s a tenth that takes 6 s is left over as a queue would be. Two
signs tell them apart, and a queue has both:

- fewer ended in the seconds of the second half than a steady service would have ended there: by a
  moment all those requests whose latency, among those of the whole load, is no longer than it had
  lasted. Where latencies are as long as the load, those of a queue look like a slow service that
  has only begun to answer; but such a one answers little at first, and more than what it should
  have by then tells of a queue;
- answers took longer from second to second, a quarter as fast at least as a queue of what was left
  over makes them: who is answered `t` seconds after the begin of a load has waited for `f·t` where
  a share `f` of it is left over. A tail of requests that hang leaves the others as fast as they
  were.

An event loop that burns leaves some connections for last, whose latencies are a tail like any
other's. But once nobody comes any more it answers as many a second as before, while a steady
service answers only those whose latency is longer than the load has been over.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log, sqrt
from statistics import median

from loadlab.measurement import bounds
from loadlab.measurement.histogram import HistogramText
from loadlab.measurement.series import Line

_PARTS = 10  # of a bin, in which answers come due one after another


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked of the service, in a load at its full height."""

    since_epoch_seconds: float
    requests_per_second: float
    mean_seconds: float  # that an answer took
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


def answered_within(
    latency: HistogramText, mean_iteration_ms: float, requests: int, seconds: float
) -> float:
    """Return the share of the requests with a good answer so soon after an iteration's begin.

    Of an iteration's requests all but one come later, behind the others and its pauses.
    """
    earlier_ms = max(0.0, mean_iteration_ms - latency.mean_us / 1000)
    within_us = 1e6 * seconds - 1e3 * earlier_ms
    return latency.count_up_to(round(within_us)) / requests if within_us > 0 else 0.0


def answers_are_steady(lines: Sequence[Line], bin_seconds: int, asked: Asked) -> bool:
    """Whether the whole bins of a load at its full height have no sign of a queue that grows."""
    early, late = lines[: len(lines) // 2], lines[len(lines) // 2 :]
    if not early:
        return False
    if not _is_short(early, late, bin_seconds, asked):
        return True
    ended = sum(line.requests for line in late)
    left_over = 1 - ended / asked.coming(bin_seconds * len(late))
    slower = _seconds_slower_each_second(lines)
    return slower < bounds.QUEUE_SHARE * left_over / asked.requests_each


def goes_on_after(lines: Sequence[Line], bin_seconds: int, asked: Asked, end: float) -> bool:
    """Whether more ended in a bin after the end of a load than a steady service has left by then.

    Lines are the whole bins after it. Of iterations of several requests nothing is said.
    """
    if asked.requests_each > 1:
        return False
    for line in lines:
        # By the beginning of each part: the last ones of a steady service may end in a part of one.
        passed = [line.at - end + bin_seconds * part / _PARTS for part in range(_PARTS)]
        left = asked.coming(bin_seconds) * sum(1 - asked.known_within(s) for s in passed) / _PARTS
        if line.requests > left + _errors(left, looks=len(lines)) + 1:
            return True
    return False


def _is_short(early: Sequence[Line], late: Sequence[Line], bin_seconds: int, asked: Asked) -> bool:
    """Whether less ended in the second half than in the first one, by what was due in both."""
    (first, first_due), (ended, due) = (
        (sum(line.requests for line in half), sum(asked.due(line, bin_seconds) for line in half))
        for half in (early, late)
    )
    # Those under way as the half begins and ends have their answers on this side of it by chance.
    unsure = asked.coming(min(asked.mean_seconds, bin_seconds * len(late)))
    if asked.requests_each == 1:  # else nobody knows which of an iteration's had come so soon
        due *= max(1.0, (first - _errors(first)) / (first_due + _errors(first_due) + 1))
    return ended < (1 - bounds.LEFT_OVER) * due - _errors(unsure)


def _errors(requests: float, looks: int = 1) -> float:
    """Return by how many requests a number of them may differ from its mean by chance.

    Of several looks, each may: by the union bound, n exp(-z²/2), none does so more often than one.
    """
    return sqrt((bounds.LEFT_OVER_ERRORS**2 + 2 * log(looks)) * requests)


def _seconds_slower_each_second(lines: Sequence[Line]) -> float:
    """Return by how much the median answer slowed down: the median slope of all pairs (Sen)."""
    known = [(line.at, line.p50_us / 1e6) for line in lines if line.p50_us is not None]
    slopes = [
        (later - earlier) / (end - start)
        for (start, earlier), (end, later) in combinations(known, 2)
    ]
    return median(slopes) if slopes else 0.0
