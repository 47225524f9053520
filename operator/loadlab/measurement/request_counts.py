"""Requests that ended between the two snapshots of a trial, as generator and service counted them.

A generator tells how many ended in each second: those of the seconds at the edges are shared out.
Those of which it tells no second are shared out over the time of all: hey knows no moment of
requests without an answer, and wrk of none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loadlab.base.names import Component
from loadlab.measurement.documents import (
    MEASURED_SCENARIO,
    K6Document,
    Scenario,
    Second,
    Snapshot,
)
from loadlab.measurement.failures import NO_ANSWER

_EDGES_SCENARIO = "edges"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCounts:
    """Requests that ended between the snapshots, as either side counted them."""

    seconds: float
    client: float
    server: int | None = None  # None without instruments, or after a restart of the service
    load: float = 0.0  # of the client's, those of the load itself
    failed: float = 0.0  # of the client's
    unanswered: float = 0.0  # of those that failed

    @property
    def succeeded(self) -> float:
        """Requests with a good answer: what CPU is divided by.

        A service has not seen all requests without an answer (refused), or all of them (given up
        by the client): it is never taken to have done more of them well than the client saw.
        """
        good, answered = self.client - self.failed, self.client - self.unanswered
        if not self.server or answered <= 0:
            return good
        if not self.failed:
            return self.server
        return min(self.server * good / answered, max(good, self.server * good / self.client))


def count_requests(
    start: Snapshot, end: Snapshot, documents: Sequence[K6Document]
) -> RequestCounts | None:
    """Count by both sides; None when the snapshots span no time."""
    seconds = end.taken_at - start.taken_at
    if seconds <= 0:
        return None
    client = requests_between(documents, start.taken_at, end.taken_at)
    load = requests_between(documents, start.taken_at, end.taken_at, only=MEASURED_SCENARIO)
    return RequestCounts(
        seconds=seconds,
        client=client,
        server=_served(start, end),
        load=load,
        failed=_like(documents, start, end, lambda scenario: scenario.failed),
        unanswered=_like(documents, start, end, lambda s: s.status.get(NO_ANSWER, 0)),
    )


def _like(
    documents: Sequence[K6Document],
    start: Snapshot,
    end: Snapshot,
    pick: Callable[[Scenario], int],
) -> float:
    """Count failed requests of one kind: what timed out ended long after those beside it."""
    return sum(
        pick(scenario) * _share_of_failures(document, name, start.taken_at, end.taken_at)
        for document in documents
        for name, scenario in document.scenarios.items()
        if scenario.requests and name != _EDGES_SCENARIO
    )


def _share_of_failures(document: K6Document, name: str, start: float, end: float) -> float:
    """Return the share of a scenario's failures that ended between two moments.

    Those of which no second tells ended as all of its requests did.
    """
    scenario = document.scenarios[name]
    told = sum(second.err for second in scenario.series)
    untold = max(0, scenario.failed - told)
    if not told + untold:
        return 0.0
    shares = (
        second.err * _share_between(second, scenario, start, end) for second in scenario.series
    )
    of_all = requests_between([document], start, end, only=name) / scenario.requests
    return (sum(shares) + untold * of_all) / (told + untold)


def requests_between(
    documents: Sequence[K6Document], start: float, end: float, only: str | None = None
) -> float:
    """Count requests that ended between two epoch seconds, sharing out the seconds at the edges."""
    return sum(
        second.n * _share_between(second, scenario, start, end)
        for document in documents
        for name, scenario in document.scenarios.items()
        if name == (only or name) and name != _EDGES_SCENARIO
        for second in scenario.series
    ) + sum(
        _untold(scenario) * _overlap(scenario, start, end)
        for document in documents
        for name, scenario in document.scenarios.items()
        if name == (only or name) and name != _EDGES_SCENARIO
    )


def _untold(scenario: Scenario) -> int:
    """Count the requests of which no second tells."""
    return max(0, scenario.requests - sum(second.n for second in scenario.series))


def _overlap(scenario: Scenario, start: float, end: float) -> float:
    """Return the share of a scenario's time between two moments, of which no second is told."""
    first, last = scenario.first_start_us / 1e6, scenario.last_sample_us / 1e6
    return max(0.0, min(last, end) - max(first, start)) / (last - first) if last > first else 0.0


def _share_between(second: Second, scenario: Scenario, start: float, end: float) -> float:
    """Return the share of a second's requests that ended between two moments.

    They ended evenly, but only while the scenario had answers: of its first second, which it
    began in the midst of, all belong to the rest of that second.
    """
    first = max(second.t, min(scenario.first_sample_us / 1e6, second.t + 1))
    last = min(second.t + 1, max(scenario.last_sample_us / 1e6, second.t))
    if last <= first:
        return float(start <= first <= end)
    return max(0.0, min(last, end) - max(first, start)) / (last - first)


def _served(start: Snapshot, end: Snapshot) -> int | None:
    before, after = start.components.get(Component.SERVICE), end.components.get(Component.SERVICE)
    if before is None or after is None or before.requests is None or after.requests is None:
        return None
    served = after.requests - before.requests
    return served if served >= 0 else None
