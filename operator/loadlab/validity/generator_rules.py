"""Was the load the planned one: rules about the generator itself, and what it sent and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from loadlab.measurement.backlog import Backlog
from loadlab.measurement.values import GeneratorLoad, TrialMeasurement
from loadlab.model.status import Validity
from loadlab.validity import bounds
from loadlab.validity.few_users import users_lacked
from loadlab.validity.judgement import Family, Reason, ReasonKind, invalid, suspect
from loadlab.validity.trend import theil_sen


def generator_slow(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say where k6 was short of CPU: busy, made to wait, or stopped by its limit."""
    load = trial.generator
    signs = []
    if _is_busy(load):
        signs.append(
            f"used {load.cpu_share:.0%} of its CPUs, bound {bounds.GENERATOR_CPU_SHARE:.0%}"
        )
    if load.sched_wait_p99_ms > (most := _longest_wait_ms(trial)):
        signs.append(f"waited {load.sched_wait_p99_ms:.1f} ms for a CPU (p99), bound {most:.1f} ms")
    if _has_waited(load):
        signs.append(
            f"waited for CPUs for {load.sched_wait_share:.0%} of their time, bound "
            f"{bounds.GENERATOR_WAITED_SHARE:.0%}"
        )
    if signs:
        starved = (load.sched_wait_share or 0.0) > bounds.GENERATOR_STARVED_WAIT
        yield Reason(
            ReasonKind.GENERATOR_SATURATED,
            Validity.INVALID if starved else Validity.SUSPECT,
            f"{trial.load.generator} {' and '.join(signs)}: {_effect(trial, is_starved=starved)}",
        )
    if (throttled := load.throttled_share or 0.0) > bounds.GENERATOR_THROTTLED_SHARE:
        starved = throttled > bounds.GENERATOR_STARVED_SHARE
        yield Reason(
            ReasonKind.GENERATOR_THROTTLED,
            Validity.INVALID if starved else Validity.SUSPECT,
            f"{trial.load.generator} was throttled for {throttled:.1%} of the time, "
            f"bound {bounds.GENERATOR_THROTTLED_SHARE:.0%}: raise spec.resources.k6.cpu",
        )


def _effect(trial: TrialMeasurement, *, is_starved: bool) -> str:
    if is_starved:
        return "give the node less other work, or raise spec.resources.k6.cpu where it has a limit"
    own = "latencies contain its own delay"
    if trial.load.open_model:
        return own
    return f"the service could do at least this rate, and {own}"


def _longest_wait_ms(trial: TrialMeasurement) -> float:
    """Return for how long k6 may wait for a CPU: its own delay matters on the scale of answers'."""
    latency, least = trial.latency_ms, bounds.GENERATOR_SCHED_WAIT_MS
    return max(least, bounds.GENERATOR_SCHED_WAIT_SHARE * latency.p99) if latency else least


def _is_busy(load: GeneratorLoad) -> bool:
    return load.cpu_share > bounds.GENERATOR_CPU_SHARE


def _has_waited(load: GeneratorLoad) -> bool:
    return (load.sched_wait_share or 0.0) > bounds.GENERATOR_WAITED_SHARE


def _is_throttled(load: GeneratorLoad) -> bool:
    return (load.throttled_share or 0.0) > bounds.GENERATOR_THROTTLED_SHARE


def generator_paused(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say for how long k6 stood still."""
    if _has_paused(trial):
        pause = trial.generator.longest_pause_seconds
        share = pause / max(pause, trial.loaded_seconds)
        broken = share > bounds.PAUSE_BROKEN_SHARE and pause > bounds.PAUSE_BROKEN_SECONDS
        yield Reason(
            ReasonKind.GENERATOR_PAUSED,
            Validity.INVALID if broken else Validity.SUSPECT,
            f"{trial.load.generator} stood still for {pause:.2f} s ({share:.1%} of the window, "
            f"bound {bounds.PAUSE_SHARE:.0%}): it was stopped, starved or frozen; give the node "
            "less other work, or raise spec.resources.k6",
        )


def _has_paused(trial: TrialMeasurement) -> bool:
    pause = trial.generator.longest_pause_seconds
    return pause > max(bounds.PAUSE_SHARE * trial.loaded_seconds, bounds.PAUSE_SECONDS)


def was_generator_fit(trial: TrialMeasurement) -> bool:
    """Whether k6 had all it needed, so that a missed load is the service's doing.

    A wait for a CPU that is far below what its users waited for answers explains nothing: on a
    busy node every p99 is beyond the absolute bound.
    """
    load = trial.generator
    share_of_waiting = bounds.GENERATOR_DELAY_SHARE * trial.mean_iteration_ms
    return (
        load.sched_wait_p99_ms <= max(bounds.GENERATOR_SCHED_WAIT_MS, share_of_waiting)
        and not (_is_busy(load) or _has_waited(load))
        and not (_is_throttled(load) or _has_paused(trial))
    )


@dataclass(frozen=True, slots=True)
class OwnDelay:
    """How much of a latency may be the generator's own: the larger of a share and of some time."""

    share: float  # of one that was busy: nobody knows how late it read
    ms: float  # what it waited, was stopped for and stood still

    def of_ms(self, latency_ms: float) -> float:
        """Return it for a latency, both in ms."""
        return max(self.share * latency_ms, self.ms)


def own_delay(trial: TrialMeasurement) -> OwnDelay | None:
    """Return how much of a latency may be the generator's own; None where no rule marks it as slow.

    A request waits for a CPU to be sent, to be read, and for its user to go on. Of one that is
    busy, or waited and tells no single waits, nobody knows how late it read.
    """
    if not any(True for rule in (generator_slow, generator_paused) for _ in rule(trial)):
        return None
    load = trial.generator
    waited = bounds.WAITS_OF_REQUEST * load.sched_wait_p99_ms
    stopped = bounds.THROTTLED_FOR_MS if _is_throttled(load) else 0.0
    paused = 1000 * load.longest_pause_seconds if _has_paused(trial) else 0.0
    share = bounds.GENERATOR_OWN_SHARE if _is_busy(load) or _has_waited(load) else 0.0
    return OwnDelay(share, waited + stopped + paused)


def arrivals_missed(trial: TrialMeasurement) -> Iterator[Reason]:
    """Hold an open load against what was offered: a service that did not carry it is a result."""
    if not trial.load.open_model:
        return
    if trial.dropped_iterations:
        message = (
            f"{trial.dropped_iterations} planned requests were never sent, bound 0: they would "
            "have been the slow ones"
        )
        yield _missed(trial, ReasonKind.DROPPED_ITERATIONS, message)
    offered, achieved = trial.load.rate_per_second, trial.achieved_rate
    if offered and achieved is not None and achieved < bounds.ACHIEVED_RATE * offered:
        message = (
            f"{achieved:.1f} of {offered:.1f} iterations/s were made ({achieved / offered:.1%}), "
            f"bound {bounds.ACHIEVED_RATE:.0%}"
        )
        yield _missed(trial, ReasonKind.RATE_NOT_REACHED, message)
    elif offered and not trial.answers_are_steady and (growth := _growth_told(trial, offered)):
        yield _missed(trial, ReasonKind.RATE_NOT_REACHED, growth)


def _growth_told(trial: TrialMeasurement, offered: float) -> str:
    return backlog_growth(trial.backlog, offered) if trial.backlog else ""


def backlog_growth(backlog: Backlog, offered: float) -> str:
    """Tell how the requests that were due and had no answer grew; empty where they did not.

    `offered` is iterations a second. All of them may have ended once no more came. Of few moments
    each must have more than the one before it: a queue that is nearly full wanders.
    """
    waiting = backlog.waiting
    if len(waiting) < bounds.FEWEST_MOMENTS:
        return ""
    times = [place * backlog.every_seconds for place in range(len(waiting))]
    slope, kept = (waiting[-1] - waiting[0]) / times[-1], bounds.CARRIED_IN_SHORT
    is_grown = all(later > earlier for earlier, later in pairwise(waiting))
    is_long = len(waiting) >= bounds.FEWEST_SECONDS
    if is_long and (trend := theil_sen(times, waiting, bounds.GROWTH_CONFIDENCE)):
        is_grown, slope, kept = trend.low > 0, trend.slope, bounds.ACHIEVED_RATE
    if not is_grown or slope < (1 - kept) * offered:
        return ""
    return (
        f"requests that were due and had no answer grew from {waiting[0]} to {waiting[-1]} in "
        f"{times[-1]} s: {offered - slope:.1f} of {offered:.1f} iterations/s were carried while "
        f"the load lasted ({1 - slope / offered:.1%}), bound {kept:.0%}"
    )


def _missed(trial: TrialMeasurement, kind: ReasonKind, message: str) -> Reason:
    if not was_generator_fit(trial):
        return invalid(
            kind,
            f"{message}; {trial.load.generator} was short of CPU itself, so the load was not the "
            "planned one",
        )
    if lack := users_lacked(trial):
        return invalid(kind, f"{message}; {lack}")
    return suspect(
        kind,
        f"{message}; the service carried {trial.requests_per_second:.1f}/s, and all latencies are "
        "lower bounds",
        Family.SERVICE,
    )


def iterations_missed(trial: TrialMeasurement) -> Iterator[Reason]:
    """Hold the iterations against their number, and against the time that they may take."""
    planned, made = trial.load.iterations, trial.iterations
    if planned is None:
        return
    took, most = trial.answered_seconds, trial.load.duration_seconds
    if made == planned and took <= most:
        return
    is_service = made <= planned and was_generator_fit(trial)
    yield invalid(
        ReasonKind.ITERATIONS_MISSED,
        f"{made} iterations of load.iterations {planned} ended, in {took:.2f} s of the {most:g} s "
        "that load.duration allows: raise load.duration, or lower load.iterations",
        Family.SERVICE if is_service else Family.INSTRUMENT,
    )


def requests_unlike_iterations(trial: TrialMeasurement) -> Iterator[Reason]:
    """Hold requests against iterations: what a generator asks beside them is not the load."""
    # An iteration that was cut off while its user paused had its request. One of several steps ends
    # with the first that fails.
    if trial.load.own_script:
        return
    steps = trial.load.steps
    planned, unsent = steps * trial.iterations, (steps - 1) * trial.failed
    excess = trial.requests - planned - steps * trial.interrupted_iterations
    gap = max(excess, planned - unsent - trial.requests)
    if gap > bounds.ITERATION_GAP * planned:
        each = f" of {steps} steps" if steps > 1 else ""
        yield suspect(
            ReasonKind.REQUESTS_NOT_ITERATIONS,
            f"{trial.requests} requests in {trial.iterations} iterations{each}, bound ±"
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
    if trial.sending is not None:
        return 0.0  # compared by what their arrivals count from, not by their first one
    if load.rate_per_second:
        return 1000 * trial.pods / load.rate_per_second
    return 1000 * load.ramp_up_seconds * trial.pods / max(1, load.virtual_users)
