"""What work costs where a queue puts part of it off: counted until the last of it is done.

Divided by what was accepted while measuring, the worker and the stores seem the cheaper, the
further they fall behind. So their CPU is taken from the first edge to the end of the drain, and
divided by what was carried out in that time: the rows that the worker wrote where each request
writes one, else the requests that the service answered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from loadlab.base.names import Component
from loadlab.measurement.documents import ComponentReading, Snapshot
from loadlab.measurement.usage import ComponentUsage

_DOES_LATER = (Component.WORKER, Component.POSTGRES, Component.REDIS)


def puts_off(components: Iterable[str]) -> bool:
    """Whether accepted work is carried out later, by a worker."""
    return Component.WORKER in components


def with_completed_costs(
    components: Mapping[str, ComponentUsage],
    start: Snapshot,
    drained: Snapshot,
    *,
    each_writes: bool,
) -> dict[str, ComponentUsage] | None:
    """Return the usage with CPU per completed work; None where that is not known of all parts."""
    completed = _completed(start, drained, each_writes=each_writes)
    later: list[str] = [name for name in _DOES_LATER if name in components]
    spent = {name: _gain(start, drained, name, "cpu_seconds") for name in later}
    costs = {
        name: seconds * 1e6 / completed
        for name, seconds in spent.items()
        if seconds is not None and completed
    }
    if len(costs) < len([name for name in later if _tells_cpu(components[name])]):
        return None
    return {
        name: replace(usage, cpu_micros_per_request=costs.get(name, usage.cpu_micros_per_request))
        for name, usage in components.items()
    }


def _tells_cpu(usage: ComponentUsage) -> bool:
    """A store that is not the experiment's own does not."""
    return usage.cpu_micros_per_request is not None


def _completed(start: Snapshot, drained: Snapshot, *, each_writes: bool) -> float | None:
    if each_writes:
        return _gain(start, drained, Component.WORKER, "persisted")
    return _gain(start, drained, Component.SERVICE, "requests")


def _gain(start: Snapshot, drained: Snapshot, name: str, counter: str) -> float | None:
    """Return how much a counter rose; None where it is unknown or was reset."""
    before, after = (_read(edge.components.get(name), counter) for edge in (start, drained))
    return None if before is None or after is None or after < before else after - before


def _read(reading: ComponentReading | None, counter: str) -> float | None:
    value: float | None = getattr(reading, counter, None)
    return value
