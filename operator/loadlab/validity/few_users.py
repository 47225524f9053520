"""Was a load missed for want of virtual users, and not by a service that had room?"""

from math import ceil

from loadlab.base.names import Component
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.validity import bounds


def users_lacked(trial: TrialMeasurement) -> str:
    """Say that a rate that was missed had too few users, and what helps; empty where it had not."""
    if _is_anything_full(trial):
        return ""
    users, needed = trial.load.users_allocated, _users_needed(trial)
    if needed > users:
        return (
            f"{users:.0f} virtual users are too few for the rate even if every answer were as fast "
            f"as the fastest: raise spec.load.maxVirtualUsers, to more than {needed:.0f}"
        )
    return _made_too_late(trial) if needed > trial.load.users_ready else ""


def _made_too_late(trial: TrialMeasurement) -> str:
    """Say that users were still being made for a service that no more of them made slower.

    A service at its limit answers later the more of them ask; what grows then is its own backlog.
    """
    sending, latency = trial.sending, trial.latency_ms
    if sending is None or latency is None:
        return ""
    late_ms = sending.lateness.percentile_us(99) / 1000
    usual_us, fastest_us = sending.latency.percentile_us(50), sending.latency.min_us
    is_late = late_ms > max(bounds.LATE_MS, bounds.LATE_SHARE * latency.p99)
    if not is_late or usual_us > bounds.SLOWED_BY_USERS * fastest_us:
        return ""
    asked = (trial.load.rate_per_second or 0.0) * trial.load.steps
    number = ceil(bounds.USERS_HEADROOM * asked * sending.latency.percentile_us(99) / 1e6)
    return (
        f"arrivals waited up to {late_ms:.0f} ms (p99) for virtual users that were still being "
        "made, and answers took no longer for more of them: give spec.load.maxVirtualUsers, "
        f"{number} or more, which are all there from the start, or raise spec.load.warmup"
    )


def _users_needed(trial: TrialMeasurement) -> float:
    """Return how many users the rate keeps busy where every answer is as fast as the fastest."""
    return (trial.load.rate_per_second or 0.0) * trial.latency.min_us / 1e6


def _is_anything_full(trial: TrialMeasurement) -> bool:
    """Whether the service or a store had no room; then even the fastest answer may have queued."""
    used = trial.components
    limits = {name: limit for name, limit in trial.cpu_limits.items() if name in used}
    cpus = [(used[name].cpus_used or 0.0) / limit for name, limit in limits.items()]
    service = used.get(Component.SERVICE, ComponentUsage())
    return (
        max([*cpus, service.busiest_process_cpus or 0.0]) > bounds.CPU_FULL
        or (service.event_loop_lag_p50_ms or 0.0) > bounds.LOOP_LAG_MS
        or (service.pool_waiters or 0.0) > bounds.POOL_WAITERS * (service.processes or 1)
        or (service.threads_exhausted or 0.0) > bounds.THREADS_EXHAUSTED
    )
