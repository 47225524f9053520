"""Is the figure steadier than its surroundings: samples above a percentile, stolen CPU time."""

from collections.abc import Iterator

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.values import TrialMeasurement
from loadlab.validity import bounds
from loadlab.validity.judgement import Reason, ReasonKind, suspect


def samples_too_few(latency: Histogram) -> Iterator[Reason]:
    """Name the highest sound percentile's bound for every percentile that rests on too little."""
    above = {p: latency.count * (100 - p) / 100 for p in bounds.REPORTED_PERCENTILES}
    thin = {p: n for p, n in above.items() if n < bounds.SAMPLES_ABOVE}
    if thin and latency.count:
        percentiles = ", ".join(f"p{p:g} ({n:.0f})" for p, n in thin.items())
        yield suspect(
            ReasonKind.TOO_FEW_SAMPLES,
            f"too few samples lie above {percentiles}; a percentile needs "
            f"{bounds.SAMPLES_ABOVE}: measure longer or with more load",
        )


def cpu_stolen(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say how much of its CPUs the node did not get."""
    shared = trial.shared_cpus
    if shared is not None and shared.stolen > bounds.STEAL_SHARE:
        yield suspect(
            ReasonKind.CPU_STOLEN,
            f"the hypervisor took {shared.stolen:.1%} of the CPU time away, bound "
            f"{bounds.STEAL_SHARE:.0%}: neighbours of this virtual machine are in the figures",
        )
