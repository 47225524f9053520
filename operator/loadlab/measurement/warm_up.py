"""What of the warm-up goes on behind its end, in a closed loop."""

from loadlab.base.names import Component
from loadlab.measurement.documents import Snapshot
from loadlab.plan.expected import LoadFacts


def left_of_warm_up(start: Snapshot | None, first_request: float, load: LoadFacts) -> int:
    """Count the requests of the warm-up that the service still worked on, as far as that is sure.

    A service does what it took on, also for a client that is gone. It tells its requests in flight,
    of which the measurement's own are at most its users', and none before its first request (Unix
    time, seconds). Zero where it is not told, beside others' requests, and in an open model.
    """
    service = start.components.get(Component.SERVICE) if start else None
    if start is None or service is None or service.in_flight is None:
        return 0
    if load.open_model or not load.deployed:
        return 0
    own = load.virtual_users if start.taken_at >= first_request else 0
    return max(0, service.in_flight - own)
