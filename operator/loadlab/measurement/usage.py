"""What each component used between the two snapshots of a trial.

CPU per request divides by the requests that succeeded between the snapshots, as what fails cheaply
is not cheaper: of those that the service itself counted the share that k6 saw succeed; where it has
no instruments, those that k6 saw. A counter that ran backwards means that the container was
restarted: its CPU is then unknown, not negative.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from loadlab.base.names import Component
from loadlab.measurement.documents import ComponentReading, CpuTimes, Snapshot
from loadlab.measurement.pod_spread import PodSpread, spread_over_pods
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.sessions import SessionUsage, measure_sessions
from loadlab.plan.expected import LoadFacts

GENERATOR = "generator"  # of the operator's own components all k6 pods together


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentUsage:
    """One component over the measurement."""

    cpu_micros_per_request: float | None = None
    cpus_used: float | None = None  # CPU seconds a second
    cpus_beside: float | None = None  # that containers used which were added to the pod
    busiest_process_cpus: float | None = None
    memory_bytes: int | None = None
    major_faults: float | None = None  # pages a second that were waited for
    open_files: int | None = None
    throttled_seconds: float | None = None
    event_loop_lag_p50_ms: float | None = None
    event_loop_lag_p99_ms: float | None = None
    event_loop_lag_max_ms: float | None = None
    thread_tokens: int | None = None  # in use when measuring ended
    threads_exhausted: float | None = None  # share of the time in which no thread was free
    thread_waiters: float | None = None  # calls that waited for a thread, on average
    cpu_full: float | None = None  # share of the time in which a process only computed
    pool_waiters: float | None = None  # requests that waited for a connection, on average
    processes: int | None = None
    cpus_allowed: int | None = None  # that it may run on
    cpus_online: int | None = None  # of its node
    request_spread: float | None = None  # busiest process over idlest, by requests
    pod_spread: PodSpread | None = None  # None for one pod
    restarted: bool = False
    sessions: SessionUsage | None = None  # of Postgres


def measure_components(
    start: Snapshot, end: Snapshot, counts: RequestCounts | None, rows: float = 0.0
) -> dict[str, ComponentUsage]:
    """Measure every component that the end snapshot knows.

    `rows` are those that a worker wrote meanwhile: where it wrote what was accepted before, less
    than that was done for each request.
    """
    requests = max(rows, counts.succeeded if counts else 0.0)
    seconds = end.taken_at - start.taken_at
    return {
        name: _usage(start.components.get(name), after, requests, seconds)
        for name, after in sorted(end.components.items())
    }


def ended_components(start: Snapshot, end: Snapshot) -> dict[str, ComponentUsage]:
    """Return those that served at one end and were gone at the other: nothing else is known.

    One that was gone at the start was replaced while the load was about to be measured.
    """
    gone = (end.gone & start.components.keys()) | (start.gone & end.components.keys())
    return {name: ComponentUsage(restarted=True) for name in sorted(gone)}


def cut_off_components(
    start: Snapshot | None, end: Snapshot | None, load: LoadFacts, *, is_answering: bool
) -> tuple[str, ...]:
    """Return those to which no connection could be made at one end, and which served at the other.

    Where no request of the load was answered either, also those that were cut off at both. Of a
    service that ran already nobody knows what else may keep connections off.
    """
    if start is None or end is None or not load.deployed:
        return ()
    served = start.components.keys() | end.components.keys()
    once = (start.cut_off | end.cut_off) & served
    always = frozenset[str]() if is_answering else start.cut_off & end.cut_off
    return tuple(sorted(once | always))


@dataclass(frozen=True, slots=True)
class SilentTime:
    """When no kernel answered the steward, and for how long; in seconds, since 1970."""

    since: float
    seconds: float


def silent_times(end: Snapshot | None, load: LoadFacts) -> dict[str, SilentTime]:
    """Return the longest silence of each component's pods, between the two snapshots."""
    if end is None or not load.deployed:
        return {}
    return {name: SilentTime(it.since, it.seconds) for name, it in sorted(end.silences.items())}


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuSetUsage:
    """Some CPUs of a node over the measurement, whoever used them; shares of their time, 0..1."""

    cpus: int
    busy: float
    stolen: float  # by the hypervisor


class Watch(StrEnum):
    """Whether it was seen what others used of the CPUs that no service owns; else why not."""

    SEEN = "Seen"
    NO_SNAPSHOT = "NoSnapshot"  # of one edge of the measurement
    CPUS_CHANGED = "CpusChanged"  # some were given to a pod, or came back from one
    UNREADABLE = "Unreadable"  # the node does not show how busy its CPUs are


def watch_of(start: Snapshot | None, end: Snapshot | None) -> Watch:
    """Tell whether two snapshots show how busy the shared CPUs were."""
    if start is None or end is None:
        return Watch.NO_SNAPSHOT
    before, after = start.shared_cpus, end.shared_cpus
    if before is None or after is None:
        return Watch.UNREADABLE
    return Watch.SEEN if before.cpus == after.cpus else Watch.CPUS_CHANGED


def measure_shared_cpus(start: Snapshot, end: Snapshot) -> CpuSetUsage | None:
    """Measure the CPUs that no service owns; None where they are unknown or changed meanwhile."""
    seconds = end.taken_at - start.taken_at
    return _measure_cpus(start.shared_cpus, end.shared_cpus, seconds)


def measure_service_cpus(start: Snapshot, end: Snapshot) -> CpuSetUsage | None:
    """Measure the CPUs that the service may run on; None where they are unknown or changed."""
    before, after = start.components.get(Component.SERVICE), end.components.get(Component.SERVICE)
    if before is None or after is None:
        return None
    seconds = end.taken_at - start.taken_at
    return _measure_cpus(before.allowed_cpus, after.allowed_cpus, seconds)


def _measure_cpus(
    before: CpuTimes | None, after: CpuTimes | None, seconds: float
) -> CpuSetUsage | None:
    if before is None or after is None or before.cpus != after.cpus or seconds <= 0:
        return None
    available = seconds * max(1, after.cpus)
    return CpuSetUsage(
        cpus=after.cpus,
        busy=(after.cpu_seconds - before.cpu_seconds) / available,
        stolen=(after.steal_seconds - before.steal_seconds) / available,
    )


def _usage(
    before: ComponentReading | None, after: ComponentReading, requests: float, seconds: float
) -> ComponentUsage:
    restarted = before is not None and _ran_backwards(before, after)
    known = before if not restarted else None
    lag = after.event_loop_lag_seconds
    of_processes = seconds * max(1, len(after.processes))
    return ComponentUsage(
        cpu_micros_per_request=_cpu_micros(known, after, requests),
        cpus_used=_rate(known, after, seconds, lambda c: c.cpu_seconds),
        cpus_beside=_rate(known, after, seconds, lambda c: c.beside_cpu_seconds),
        busiest_process_cpus=_busiest(known, after, seconds),
        memory_bytes=after.memory_bytes,
        major_faults=_rate(known, after, seconds, lambda c: c.major_faults),
        open_files=after.open_files,
        throttled_seconds=_throttled(known, after),
        event_loop_lag_p50_ms=lag.p50 * 1000 if lag else None,
        event_loop_lag_p99_ms=lag.p99 * 1000 if lag else None,
        event_loop_lag_max_ms=lag.max * 1000 if lag else None,
        thread_tokens=after.thread_tokens_in_use,
        threads_exhausted=_rate(known, after, of_processes, lambda c: c.threads_exhausted_seconds),
        thread_waiters=_rate(known, after, seconds, lambda c: c.thread_wait_seconds),
        cpu_full=_rate(known, after, of_processes, lambda c: c.cpu_full_seconds),
        pool_waiters=_rate(
            known,
            after,
            seconds,
            lambda c: c.pool_wait_seconds.sum if c.pool_wait_seconds else None,
        ),
        processes=len(after.processes) or None,
        cpus_allowed=after.cpus_allowed,
        cpus_online=after.cpus_online,
        request_spread=_spread(known, after),
        pod_spread=spread_over_pods(known, after),
        restarted=restarted,
        sessions=measure_sessions(known, after),
    )


def _ran_backwards(before: ComponentReading, after: ComponentReading) -> bool:
    return _fell(before.cpu_seconds, after.cpu_seconds) or _fell(before.requests, after.requests)


def _fell(before: float | None, after: float | None) -> bool:
    return before is not None and after is not None and after < before


def _cpu_micros(
    before: ComponentReading | None, after: ComponentReading, requests: float
) -> float | None:
    if before is None or before.cpu_seconds is None or after.cpu_seconds is None or requests <= 0:
        return None
    return (after.cpu_seconds - before.cpu_seconds) * 1e6 / requests


def _rate(
    before: ComponentReading | None,
    after: ComponentReading,
    seconds: float,
    pick: Callable[[ComponentReading], float | None],
) -> float | None:
    """Return how fast a counter rose; None where either edge does not know it."""
    first, last = (pick(before) if before else None), pick(after)
    return None if first is None or last is None or seconds <= 0 else (last - first) / seconds


def _busiest(
    before: ComponentReading | None, after: ComponentReading, seconds: float
) -> float | None:
    """Return the CPUs that the busiest living process used; None where no edge knows any."""
    earlier = {p.pid: p.cpu_seconds for p in before.processes} if before else {}
    used = [
        p.cpu_seconds - known
        for p in after.processes
        if p.cpu_seconds is not None and (known := earlier.get(p.pid)) is not None
    ]
    return max(used) / seconds if used and seconds > 0 else None


def _throttled(before: ComponentReading | None, after: ComponentReading) -> float | None:
    if before is None or before.throttled_seconds is None or after.throttled_seconds is None:
        return None
    return after.throttled_seconds - before.throttled_seconds


def _spread(before: ComponentReading | None, after: ComponentReading) -> float | None:
    """Compare the busiest process with the idlest; None for one, and without instruments."""
    earlier = _served_by(before) if before else {}
    served = [count - earlier.get(pid, 0) for pid, count in _served_by(after).items()]
    if len(served) < 2 or max(served) <= 0:
        return None
    return max(served) / max(1, min(served))


def _served_by(component: ComponentReading) -> Mapping[int, int]:
    return {p.pid: p.requests for p in component.processes if p.requests is not None}
