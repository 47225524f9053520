"""What work costs where a queue puts part of it off: counted until the last of it is done.

Divided by what was accepted while measuring, the worker and the stores seem the cheaper, the
further they fall behind. So the CPU of all components is taken over one window, from the first edge
to the end of the drain, and divided by one number, what was completed in it: the rows that the
worker wrote where each request writes one, else the requests that succeeded. Requests that were
refused meanwhile, such as with a 503 by a queue that is full, are in the CPU, and no row.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from loadlab.base.names import Component
from loadlab.measurement import bounds
from loadlab.measurement.documents import ComponentReading, Snapshot
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.usage import ComponentUsage

_PART_OF_IT = (Component.SERVICE, Component.WORKER, Component.POSTGRES, Component.REDIS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The components with their CPU per completed work."""

    components: dict[str, ComponentUsage]
    leaves_out_costs: bool  # so that these are lower bounds


def puts_off(components: Iterable[str]) -> bool:
    """Whether accepted work is carried out later, by a worker."""
    return Component.WORKER in components


def completed_costs(
    components: Mapping[str, ComponentUsage],
    start: Snapshot,
    drained: Snapshot,
    counts: RequestCounts | None,
    *,
    each_writes: bool,
) -> Completed | None:
    """Return the usage with CPU per completed work; None where that is not known of all parts.

    `counts` are the requests of the same window. Rows that were accepted before it, and written in
    it, lack what the service did for them.
    """
    completed = rows_written(start, drained) if each_writes else counts and counts.succeeded
    told: list[str] = [
        name for name in _PART_OF_IT if name in components and _tells_cpu(components[name])
    ]
    spent = {name: _gain(start, drained, name, "cpu_seconds") for name in told}
    costs = {name: s * 1e6 / completed for name, s in spent.items() if s is not None and completed}
    if not completed or len(costs) < len(told):
        return None
    found = {
        name: replace(usage, cpu_micros_per_request=costs.get(name, usage.cpu_micros_per_request))
        for name, usage in components.items()
    }
    before = _accepted_before(start) if each_writes else 0.0
    missing = before * costs.get(Component.SERVICE, 0.0) / completed
    is_bound = missing > bounds.COST_BEFORE * sum(costs.values())
    return Completed(components=found, leaves_out_costs=is_bound)


def rows_written(start: Snapshot, end: Snapshot) -> float | None:
    """Return the rows that the worker wrote between two moments."""
    return _gain(start, end, Component.WORKER, "persisted")


def _tells_cpu(usage: ComponentUsage) -> bool:
    """A store that is not the experiment's own does not."""
    return usage.cpus_used is not None


def _accepted_before(start: Snapshot) -> float:
    """Return the writes that were accepted and not written as the window began, of the warm-up."""
    service, worker = (start.components.get(c) for c in (Component.SERVICE, Component.WORKER))
    if service is None or worker is None or service.requests is None or worker.persisted is None:
        return 0.0
    return max(0.0, service.requests - (service.failed or 0) - worker.persisted)


def _gain(start: Snapshot, drained: Snapshot, name: str, counter: str) -> float | None:
    """Return how much a counter rose; None where it is unknown or was reset."""
    before, after = (_read(edge.components.get(name), counter) for edge in (start, drained))
    return None if before is None or after is None or after < before else after - before


def _read(reading: ComponentReading | None, counter: str) -> float | None:
    value: float | None = getattr(reading, counter, None)
    return value
