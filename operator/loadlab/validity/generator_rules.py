"""Was the load the planned one: rules about the generator itself, and what it sent and when."""

from collections.abc import Iterator

from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Validity
from loadlab.validity import bounds
from loadlab.validity.judgement import Reason, ReasonKind, invalid, suspect


def generator_slow(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say where k6 was short of CPU: busy, made to wait, or stopped by its limit."""
    load = trial.generator
    signs = []
    if load.cpu_share > bounds.GENERATOR_CPU_SHARE:
        signs.append(
            f"used {load.cpu_share:.0%} of its CPUs, bound {bounds.GENERATOR_CPU_SHARE:.0%}"
        )
    if load.sched_wait_p99_ms > bounds.GENERATOR_SCHED_WAIT_MS:
        signs.append(
            f"waited {load.sched_wait_p99_ms:.1f} ms for a CPU (p99), bound "
            f"{bounds.GENERATOR_SCHED_WAIT_MS:g} ms"
        )
    if signs:
        effect = (
            "latencies contain its own delay"
            if trial.load.open_model
            else "the service could do at least this rate, and latencies contain k6's own delay"
        )
        yield suspect(ReasonKind.GENERATOR_SATURATED, f"k6 {' and '.join(signs)}: {effect}")
    if (load.throttled_share or 0.0) > bounds.GENERATOR_THROTTLED_SHARE:
        yield suspect(
            ReasonKind.GENERATOR_THROTTLED,
            f"k6 was throttled for {load.throttled_share:.1%} of the time, bound "
            f"{bounds.GENERATOR_THROTTLED_SHARE:.0%}: raise spec.resources.k6",
        )


def generator_paused(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say for how long k6 stood still."""
    pause = trial.generator.longest_pause_seconds
    share = pause / trial.window_seconds
    if share > bounds.PAUSE_SHARE and pause > bounds.PAUSE_SECONDS:
        broken = share > bounds.PAUSE_BROKEN_SHARE and pause > bounds.PAUSE_BROKEN_SECONDS
        yield Reason(
            ReasonKind.GENERATOR_PAUSED,
            Validity.INVALID if broken else Validity.SUSPECT,
            f"k6 stood still for {pause:.2f} s ({share:.1%} of the window, bound "
            f"{bounds.PAUSE_SHARE:.0%}): it was stopped, starved or frozen; give the node "
            "less other work, or raise spec.resources.k6",
        )


def arrivals_missed(trial: TrialMeasurement) -> Iterator[Reason]:
    """Hold an open load against what was offered."""
    if not trial.load.open_model:
        return
    if trial.dropped_iterations:
        yield invalid(
            ReasonKind.DROPPED_ITERATIONS,
            f"{trial.dropped_iterations} planned requests were never sent, bound 0: they would "
            "have been the slow ones; raise spec.load.maxVirtualUsers or lower the rate",
        )
    offered, achieved = trial.load.rate_per_second, trial.achieved_rate
    if offered and achieved is not None and achieved < bounds.ACHIEVED_RATE * offered:
        yield invalid(
            ReasonKind.RATE_NOT_REACHED,
            f"{achieved:.1f} of {offered:.1f} iterations/s were made ({achieved / offered:.1%}), "
            f"bound {bounds.ACHIEVED_RATE:.0%}: the load was not the planned one",
        )


def little_violated(trial: TrialMeasurement) -> Iterator[Reason]:
    """Every virtual user must be in an iteration all the time; what is missing left no sample."""
    load = trial.load
    if load.open_model or not load.virtual_users:
        return
    busy = trial.iterations * trial.mean_iteration_ms / 1000 / trial.window_seconds
    # A full load as long as the window, less the half of the ramp that was not there yet.
    expected = load.virtual_users * (1 - load.ramp_up_seconds / 2 / trial.window_seconds)
    steady = not load.ramp_up_seconds and load.duration_seconds >= bounds.LITTLE_STEADY_SECONDS
    # Users finish their last iteration at different moments: up to one iteration's time is idle.
    edge = trial.mean_iteration_ms / 1000 / trial.window_seconds
    bound = (bounds.LITTLE_STEADY if steady else bounds.LITTLE_ROUGH) + edge
    gap = abs(expected - busy) / expected if expected > 0 else 1.0
    if gap > bound:
        level = Validity.INVALID if gap > bounds.LITTLE_BROKEN + edge else Validity.SUSPECT
        yield Reason(
            ReasonKind.LITTLE_LAW_VIOLATED,
            level,
            f"rate x iteration time accounts for {busy:.1f} of {expected:.1f} virtual users "
            f"({gap:.1%} apart, bound {bound:.1%}): {_what_is_missing(trial)}",
        )


def _what_is_missing(trial: TrialMeasurement) -> str:
    if not (cut := trial.interrupted_iterations):
        return "requests were cut off or left no sample"
    return (
        f"{cut} iterations were still without an answer when they were cut off; raise "
        "spec.load.gracefulStop, or lower spec.load.request.timeout to see them fail"
    )


def requests_unlike_iterations(trial: TrialMeasurement) -> Iterator[Reason]:
    """Hold requests against iterations: what a generator asks beside them is not the load."""
    # An iteration that was cut off while its user paused had its request.
    excess = trial.requests - trial.iterations - trial.interrupted_iterations
    gap = max(excess, trial.iterations - trial.requests)
    if gap > bounds.ITERATION_GAP * trial.iterations:
        yield suspect(
            ReasonKind.REQUESTS_NOT_ITERATIONS,
            f"{trial.requests} requests in {trial.iterations} iterations, bound ±"
            f"{bounds.ITERATION_GAP:.0%}: the generator repeated requests by itself, or made none, "
            "so that the rate is not the users' own",
        )


def pods_apart(trial: TrialMeasurement) -> Iterator[Reason]:
    """Hold the pods' first requests against each other."""
    bound = bounds.START_SKEW_MS + _planned_skew_ms(trial)
    if trial.pods > 1 and trial.start_skew_ms > bound:
        yield suspect(
            ReasonKind.PODS_NOT_TOGETHER,
            f"the pods sent their first requests {trial.start_skew_ms:.0f} ms apart, bound "
            f"{bound:.0f} ms: part of the window had only part of the load",
        )


def _planned_skew_ms(trial: TrialMeasurement) -> float:
    """Segments take turns: the pods' first requests lie up to one turn apart by design."""
    load = trial.load
    if load.open_model:
        return 1000 * trial.pods / load.rate_per_second if load.rate_per_second else 0.0
    return 1000 * load.ramp_up_seconds * trial.pods / max(1, load.virtual_users)
