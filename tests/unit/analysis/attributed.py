"""Trials to attribute: room everywhere, but for what a test takes away."""

from dataclasses import replace
from typing import Any

from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement

CALM = ComponentUsage(
    cpus_used=0.4,
    busiest_process_cpus=0.2,
    throttled_seconds=0.0,
    event_loop_lag_p50_ms=0.3,
    threads_exhausted=0.0,
    pool_waiters=0.1,
    processes=2,
)


def trial_of(healthy: TrialMeasurement, **changes: Any) -> TrialMeasurement:
    """A trial with room everywhere, but for what is changed of its service or of itself."""
    fields = {f for f in ComponentUsage.__dataclass_fields__ if f in changes}
    service = replace(CALM, **{name: changes.pop(name) for name in fields})
    others = changes.pop("others", {})
    limits = {"service": 2.0, **changes.pop("limits", {})}
    return replace(
        healthy,
        load=replace(healthy.load, cpu_limits=limits, **changes.pop("load", {})),
        components=healthy.components | {"service": service} | others,
        **changes,
    )
