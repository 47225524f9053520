"""Was a load missed for want of virtual users, and not by a service that had room?"""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil
from statistics import median

from loadlab.base.names import Component
from loadlab.measurement.sending import Sending
from loadlab.measurement.series import Line
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.validity import bounds
from loadlab.validity.trend import theil_sen


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
    if users <= trial.load.users_ready:
        return ""
    return _made_too_late(trial, must_have_lacked=needed > trial.load.users_ready)


def _made_too_late(trial: TrialMeasurement, *, must_have_lacked: bool) -> str:
    """Say that users were still being made for a service that no more of them made slower.

    A service at its limit answers later the more of them ask; what grows then is its own backlog.
    """
    sending, latency = trial.sending, trial.latency_ms
    if sending is None or latency is None:
        return ""
    late_ms = sending.lateness.percentile_us(99) / 1000
    if late_ms <= max(bounds.LATE_MS, bounds.LATE_SHARE * latency.p99):
        return ""
    if not ((must_have_lacked and _are_alike(sending)) or _did_more_for_more_users(trial)):
        return ""
    asked = (trial.load.rate_per_second or 0.0) * trial.load.steps
    number = ceil(bounds.USERS_HEADROOM * asked * sending.latency.percentile_us(99) / 1e6)
    return (
        f"arrivals waited up to {late_ms:.0f} ms (p99) for virtual users that were still being "
        "made, and answers took no longer for more of them: give spec.load.maxVirtualUsers, "
        f"{number} or more, which are all there from the start, or raise spec.load.warmup"
    )


def _are_alike(sending: Sending) -> bool:
    """Whether half of the answers were about as fast as the fastest."""
    fastest_us = sending.latency.min_us
    return sending.latency.percentile_us(50) <= bounds.SLOWED_BY_USERS * fastest_us


def _did_more_for_more_users(trial: TrialMeasurement) -> bool:
    """Whether what was carried grew from second to second, and by more than answers slowed down.

    Users at work are what is carried times how long an answer takes (Little's law), so of more of
    them the one or the other grows: at a limit of the service the latter. Once there are no more of
    them what grows is what the service can do, as it warms up. Of the first seconds alone it would
    seem to carry more as the first answers come.
    """
    if trial.series is None:
        return False
    lines = trial.series.between(*trial.full_load_epoch_seconds)
    if any(line.p50_us is None for line in lines):
        return False
    return _carried_more(lines) and _carried_more(_while_users_grew(lines))


def _carried_more(lines: Sequence[Line]) -> bool:
    """Whether what was carried grew, and by a larger share of itself than the answers' time."""
    times = [float(line.at) for line in lines]
    carried = [float(line.requests - line.failed) for line in lines]
    took = [float(line.p50_us or 0) for line in lines]
    if not _is_growth(times, carried):
        return False
    return _relative_growth(times, carried) > _relative_growth(times, took)


def _while_users_grew(lines: Sequence[Line]) -> Sequence[Line]:
    """Return the seconds until about as many users were at work as ever."""
    at_work = [(line.requests - line.failed) * (line.p50_us or 0) for line in lines]
    enough = bounds.ALL_AT_WORK * max(at_work, default=0)
    last = next((place for place, users in enumerate(at_work) if users >= enough), 0)
    return lines[: last + 1]


def _is_growth(times: Sequence[float], values: Sequence[float]) -> bool:
    """Whether they grow, and not by chance; few of them must do so each time."""
    if len(values) < bounds.FEWEST_SECONDS:
        is_told = len(values) >= bounds.FEWEST_MOMENTS
        return is_told and all(later > earlier for earlier, later in pairwise(values))
    trend = theil_sen(times, values, bounds.GROWTH_CONFIDENCE)
    return trend is not None and trend.low > 0


def _relative_growth(times: Sequence[float], values: Sequence[float]) -> float:
    """Return the median growth a second, as a share of the median."""
    trend, usual = theil_sen(times, values), median(values)
    return trend.slope / usual if trend and usual else 0.0


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
