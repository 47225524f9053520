"""What each component used between the two snapshots of a trial.

CPU per request divides by the requests that the service itself counted between the snapshots;
where it has no instruments, by the requests that k6 saw end in the same span. A counter that ran
backwards means that the container was restarted: its CPU is then unknown, not negative.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loadlab.results.documents import MEASURED_SCENARIO, Component, K6Document, Snapshot

SERVICE = "service"
WORKER = "worker"
POSTGRES = "postgres"
REDIS = "redis"
GENERATOR = "generator"
_EDGES_SCENARIO = "edges"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentUsage:
    """One component over the measurement."""

    cpu_micros_per_request: float | None = None
    memory_bytes: int | None = None
    open_files: int | None = None
    throttled_seconds: float | None = None
    event_loop_lag_p99_ms: float | None = None
    event_loop_lag_max_ms: float | None = None
    thread_tokens: int | None = None  # in use when measuring ended
    processes: int | None = None
    request_spread: float | None = None  # busiest process over idlest, by requests
    restarted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCounts:
    """Requests that ended between the snapshots, as either side counted them."""

    seconds: float
    client: float
    server: int | None = None  # None without instruments, or after a restart of the service
    load: float = 0.0  # of the client's, those of the load itself


def count_requests(
    start: Snapshot, end: Snapshot, documents: Sequence[K6Document]
) -> RequestCounts | None:
    """Count by both sides; None when the snapshots span no time."""
    seconds = end.taken_at - start.taken_at
    if seconds <= 0:
        return None
    client = requests_between(documents, start.taken_at, end.taken_at)
    load = requests_between(documents, start.taken_at, end.taken_at, only=MEASURED_SCENARIO)
    return RequestCounts(seconds=seconds, client=client, server=_served(start, end), load=load)


def requests_between(
    documents: Iterable[K6Document], start: float, end: float, only: str | None = None
) -> float:
    """Count requests that ended between two epoch seconds, sharing out the seconds at the edges."""
    return sum(
        second.n * max(0.0, min(second.t + 1, end) - max(second.t, start))
        for document in documents
        for name, scenario in document.scenarios.items()
        if name == (only or name) and name != _EDGES_SCENARIO
        for second in scenario.series
    )


def _served(start: Snapshot, end: Snapshot) -> int | None:
    before, after = start.components.get(SERVICE), end.components.get(SERVICE)
    if before is None or after is None or before.requests is None or after.requests is None:
        return None
    served = after.requests - before.requests
    return served if served >= 0 else None


def measure_components(
    start: Snapshot, end: Snapshot, counts: RequestCounts | None
) -> dict[str, ComponentUsage]:
    """Measure every component that the end snapshot knows."""
    requests = (counts.server or counts.client) if counts else 0.0
    return {
        name: _usage(start.components.get(name), after, requests)
        for name, after in sorted(end.components.items())
    }


def _usage(before: Component | None, after: Component, requests: float) -> ComponentUsage:
    restarted = before is not None and _ran_backwards(before, after)
    known = before if not restarted else None
    lag = after.event_loop_lag_seconds
    return ComponentUsage(
        cpu_micros_per_request=_cpu_micros(known, after, requests),
        memory_bytes=after.memory_bytes,
        open_files=after.open_files,
        throttled_seconds=_throttled(known, after),
        event_loop_lag_p99_ms=lag.p99 * 1000 if lag else None,
        event_loop_lag_max_ms=lag.max * 1000 if lag else None,
        thread_tokens=after.thread_tokens_in_use,
        processes=len(after.processes) or None,
        request_spread=_spread(known, after),
        restarted=restarted,
    )


def _ran_backwards(before: Component, after: Component) -> bool:
    return _fell(before.cpu_seconds, after.cpu_seconds) or _fell(before.requests, after.requests)


def _fell(before: float | None, after: float | None) -> bool:
    return before is not None and after is not None and after < before


def _cpu_micros(before: Component | None, after: Component, requests: float) -> float | None:
    if before is None or before.cpu_seconds is None or after.cpu_seconds is None or requests <= 0:
        return None
    return (after.cpu_seconds - before.cpu_seconds) * 1e6 / requests


def _throttled(before: Component | None, after: Component) -> float | None:
    if before is None or before.throttled_seconds is None or after.throttled_seconds is None:
        return None
    return after.throttled_seconds - before.throttled_seconds


def _spread(before: Component | None, after: Component) -> float | None:
    """Compare the busiest process with the idlest; None for one, and without instruments."""
    earlier = _served_by(before) if before else {}
    served = [count - earlier.get(pid, 0) for pid, count in _served_by(after).items()]
    if len(served) < 2 or max(served) <= 0:
        return None
    return max(served) / max(1, min(served))


def _served_by(component: Component) -> Mapping[int, int]:
    return {p.pid: p.requests for p in component.processes if p.requests is not None}
