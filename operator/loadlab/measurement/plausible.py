"""What a component cannot have used between two moments: then nothing of it is believed.

What a service says of itself is its author's word, and a counter may be another process's. Bounds
are wide, as a service that is short of CPU answers seconds after it was asked.
"""

from collections.abc import Container, Mapping
from types import MappingProxyType

from loadlab.measurement.documents import ComponentReading, Snapshot

MOST_CPUS = 1024  # of a node that did not say how many it has
FACTOR, GRACE_SECONDS = 2.0, 10.0  # of the time between two snapshots
SERVED = 1000  # requests that no server answers without any CPU: a tick is 10 ms


def without_what_cannot_be(
    start: Snapshot, end: Snapshot, limits: Mapping[str, float] = MappingProxyType({})
) -> tuple[Snapshot, Snapshot]:
    """Return both without the components whose figures cannot be; the later one says why.

    `limits` are the CPUs that a component may use, where that is known.
    """
    seconds = max(0.0, end.taken_at - start.taken_at)
    faults = {
        name: why
        for name, after in end.components.items()
        if (before := start.components.get(name))
        and (why := _fault(before, after, seconds, limits.get(name)))
    }
    if not faults:
        return start, end
    told = {**end.errors, **faults}
    return _without(start, faults), _without(end, faults).model_copy(update={"errors": told})


def _without(snapshot: Snapshot, names: Container[str]) -> Snapshot:
    known = {name: one for name, one in snapshot.components.items() if name not in names}
    return snapshot.model_copy(update={"components": known})


def _fault(
    before: ComponentReading, after: ComponentReading, seconds: float, limit: float | None
) -> str:
    most = FACTOR * seconds + GRACE_SECONDS  # of one CPU, or one process
    used = _rise(before.cpu_seconds, after.cpu_seconds)
    cpus = min(limit or MOST_CPUS, after.cpus_online or MOST_CPUS)
    if used > cpus * most:
        return f"it told of {used:.4g} CPU seconds in {seconds:.1f} s, of {cpus:g} CPUs at most"
    served = _rise(before.requests, after.requests)
    if used == 0 and served >= SERVED and after.cpu_seconds is not None:
        return f"it told of no CPU for {served:.0f} requests: is it another process's?"
    processes = max(1, len(before.processes), len(after.processes))
    for what, rise in (
        ("full CPUs", _rise(before.cpu_full_seconds, after.cpu_full_seconds)),
        (
            "no free thread",
            _rise(before.threads_exhausted_seconds, after.threads_exhausted_seconds),
        ),
    ):
        if rise > processes * most:
            return f"it told of {what} for {rise:.4g} s in {seconds:.1f} s"
    return ""


def _rise(before: float | None, after: float | None) -> float:
    return 0.0 if before is None or after is None else after - before
