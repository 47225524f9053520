"""What of the warm-up goes on behind its end, in a closed loop."""

from collections.abc import Sequence

from loadlab.base.names import Component
from loadlab.measurement.documents import K6Document, Snapshot
from loadlab.measurement.failures import NO_ANSWER
from loadlab.plan.expected import LoadFacts

_PHASE = "warmup"  # begins the names of its scenarios


def left_of_warm_up(
    start: Snapshot | None, first_request: float, load: LoadFacts, documents: Sequence[K6Document]
) -> int:
    """Count the requests of the warm-up that the service still worked on, as far as that is sure.

    A service does what it took on, also for a client that is gone. It tells its requests in flight,
    of which the measurement's own are at most its users', and none before its first request (Unix
    time, seconds): what is more were given up, as far as the generator gave any up. For a task
    behind an answer, and several requests of one user, are in flight, too. What waits in front of
    a single busy event loop is not seen. Zero where nothing is told, beside others' requests, and
    in an open model.
    """
    service = start.components.get(Component.SERVICE) if start else None
    if start is None or service is None or service.in_flight is None:
        return 0
    if load.open_model or not load.deployed:
        return 0
    own = load.virtual_users if start.taken_at >= first_request else 0
    return max(0, min(service.in_flight - own, sum(map(_given_up, documents))))


def _given_up(document: K6Document) -> int:
    scenarios = [s for name, s in document.scenarios.items() if name.startswith(_PHASE)]
    return sum(s.interrupted_iterations + s.status.get(NO_ANSWER, 0) for s in scenarios)
