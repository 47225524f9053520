"""The seconds of a run, put together from what its generators say once a second. Pure.

A percentile of several pods together cannot be had from theirs, so the worst of them is shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from loadlab.measurement.documents import Progress

MOST_SECONDS = 3600  # of a run that are kept; the report has them all
MOST_PODS = 16  # of a run; others are not followed
_SOON = 3  # seconds: a log's first line after its generator began
LARGEST = 2**53  # what a page can count exactly


@dataclass(frozen=True, slots=True)
class Said:
    """What one generator said of the time since its line before."""

    rate: float | None  # requests that ended, each second; None where it does not tell
    failed: float | None
    p95_ms: float | None
    phase: str


@dataclass(frozen=True, slots=True)
class Second:
    """One second of a run, of all its generators together."""

    second: int
    rate: float | None
    failed: float | None
    p95_ms: float | None  # of the worst of them
    phase: str


@dataclass
class Pod:
    """A generator's log as it is read from its beginning."""

    seconds: int = 0
    requests: int = 0
    failed: int = 0
    is_begun: bool = False

    def take(self, told: Progress) -> Said | None:
        """Return what a line adds to the one before; None for the first one of a log cut short."""
        passed, is_usable = told.seconds - self.seconds, self.is_begun or told.seconds <= _SOON
        before = self.requests, self.failed
        self.seconds, self.requests = told.seconds, min(told.requests or 0, LARGEST)
        self.failed, self.is_begun = min(told.failed or 0, LARGEST), True
        if passed <= 0 or not is_usable:
            return None
        return Said(
            rate=_each(told.requests, self.requests - before[0], passed),
            failed=_each(told.failed, self.failed - before[1], passed),
            p95_ms=None if told.p95_us is None else min(told.p95_us, LARGEST) / 1000,
            phase=told.phase,
        )


@dataclass
class Curve:
    """One run. Each second carries the number of the change that it was last part of."""

    run: str
    changes: int = 0
    _seconds: dict[int, dict[str, Said]] = field(default_factory=dict)
    _changed: dict[int, int] = field(default_factory=dict)

    def note(self, pod: str, second: int, said: Said) -> None:
        """Add what a generator said of a second; the same once more changes nothing."""
        known = self._seconds.setdefault(second, {})
        if known.get(pod) == said or (pod not in known and len(known) >= MOST_PODS):
            return
        known[pod] = said
        self.changes += 1
        self._changed[second] = self.changes
        if len(self._seconds) > MOST_SECONDS:
            oldest = min(self._seconds)
            del self._seconds[oldest]
            self._changed.pop(oldest, None)

    def rows(self, after: int) -> list[list[Any]]:
        """Return the seconds that have changed since: second, rate, failed, p95 in ms, phase."""
        return [
            [second, *_together(tuple(self._seconds[second].values()))]
            for second in sorted(self._changed_since(after))
        ]

    def latest(self) -> Second | None:
        """Return the last second that all generators told of: a later one may still lack some."""
        most = max(map(len, self._seconds.values()), default=0)
        whole = [second for second, said in self._seconds.items() if len(said) == most]
        if not whole:
            return None
        last = max(whole)
        return Second(last, *_together(tuple(self._seconds[last].values())))

    def _changed_since(self, after: int) -> Iterator[int]:
        return (second for second, change in self._changed.items() if change > after)


def _each(told: int | None, more: int, passed: int) -> float | None:
    return None if told is None else round(max(more, 0) / passed, 1)


def _together(said: tuple[Said, ...]) -> Iterator[Any]:
    rates = [each.rate for each in said if each.rate is not None]
    failed = [each.failed for each in said if each.failed is not None]
    latencies = [each.p95_ms for each in said if each.p95_ms is not None]
    yield round(sum(rates), 1) if rates else None
    yield round(sum(failed), 1) if failed else None
    yield round(max(latencies), 2) if latencies else None
    yield said[-1].phase
