"""How unevenly the pods of a service shared the work between the two snapshots of a trial."""

from collections.abc import Callable
from dataclasses import dataclass

from loadlab.measurement.documents import ComponentReading, Process

# The steward tells processes of several pods apart: of each pod they are so many ids further.
PIDS = 4_194_304
MOST_TIMES = 1000.0  # as often as an idle pod is said to have less than a busy one


@dataclass(frozen=True, slots=True)
class PodSpread:
    """The busiest pod over the idlest, by what tells of them."""

    times: float
    by: str


def spread_over_pods(before: ComponentReading | None, after: ComponentReading) -> PodSpread | None:
    """Compare the pods by requests, or by CPU where nothing counts those; None for a single pod.

    Both edges must know a process of each pod.
    """
    if before is None:
        return None
    requests = _done(before, after, lambda process: process.requests)
    cpu = _done(before, after, lambda process: process.cpu_seconds)
    pods = {process.pid // PIDS for process in after.processes}
    for by, done in (("requests", requests), ("CPU", cpu)):
        most = max(done.values(), default=0.0)
        if len(pods) > 1 and done.keys() == pods and most > 0:
            return PodSpread(most / max(min(done.values()), most / MOST_TIMES), by)
    return None


def _done(
    before: ComponentReading,
    after: ComponentReading,
    pick: Callable[[Process], float | None],
) -> dict[int, float]:
    """Return what the processes that both edges know did meanwhile, by pod."""
    earlier = {process.pid: pick(process) for process in before.processes}
    done: dict[int, float] = {}
    for process in after.processes:
        was, now = earlier.get(process.pid), pick(process)
        if was is not None and now is not None:
            pod = process.pid // PIDS
            done[pod] = done.get(pod, 0.0) + now - was
    return done
