"""Little's law: the iterations' time accounts for all users, or some are missing.

Of a closed load the number of users is known, and that of iterations and their mean time together
tell how many users were at it.
"""

from collections.abc import Iterator

from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Validity
from loadlab.plan.expected import LoadFacts
from loadlab.validity import bounds
from loadlab.validity.generator_rules import was_generator_fit
from loadlab.validity.judgement import Family, Reason, ReasonKind


def little_violated(trial: TrialMeasurement) -> Iterator[Reason]:
    """Every virtual user must be in an iteration all the time; what is missing left no sample."""
    load, loaded = trial.load, trial.loaded_seconds
    if load.open_model or not load.virtual_users or load.own_scenarios:
        return
    # Of a given number none is missing unseen, and users who find none left wait for the others.
    if load.iterations is not None:
        return
    # All are in one until the load ends; each until its last one does.
    busy = trial.iterations * trial.mean_iteration_ms / 1000 / loaded
    ended = max(loaded, trial.answered_seconds, trial.iterations_seconds)
    least, most = (_seconds_of_users(load, until) / loaded for until in (loaded, ended))
    expected = min(max(busy, least), most)
    # Users finish their last iteration at different moments: up to one iteration's time is idle.
    edge = trial.mean_iteration_ms / 1000 / loaded
    bound = (bounds.LITTLE_STEADY if _is_steady(load) else bounds.LITTLE_ROUGH) + edge
    gap = abs(expected - busy) / expected
    if gap > bound:
        level = Validity.INVALID if gap > bounds.LITTLE_BROKEN + edge else Validity.SUSPECT
        yield Reason(
            ReasonKind.LITTLE_LAW_VIOLATED,
            level,
            f"rate x iteration time accounts for {busy:.1f} of {expected:.1f} virtual users "
            f"({gap:.1%} apart, bound {bound:.1%}): {_what_is_missing(trial)}",
            # Who waits for an answer that does not come, waits for the service.
            Family.SERVICE
            if trial.interrupted_iterations and was_generator_fit(trial)
            else Family.INSTRUMENT,
        )


def _seconds_of_users(load: LoadFacts, until: float) -> float:
    """Return how long all users together were there: over a ramp they come one after another."""
    if until < load.ramp_up_seconds:
        return load.virtual_users * until * until / (2 * load.ramp_up_seconds)
    return load.virtual_users * (until - load.ramp_up_seconds / 2)


def _is_steady(load: LoadFacts) -> bool:
    return not load.ramp_up_seconds and load.duration_seconds >= bounds.LITTLE_STEADY_SECONDS


def _what_is_missing(trial: TrialMeasurement) -> str:
    if not (cut := trial.interrupted_iterations):
        return "requests were cut off or left no sample"
    return (
        f"{cut} iterations were still without an answer when they were cut off; raise "
        "spec.load.gracefulStop, or lower spec.load.request.timeout to see them fail"
    )
