"""Early endings: what takes an experiment out of its ordinary way, written down as a condition."""

from loadlab.base.names import Component, is_traced_name
from loadlab.base.quantities import seconds
from loadlab.base.times import epoch
from loadlab.model.resources import AnyExperiment, Experiment
from loadlab.model.status import LoadExperimentStatus, Phase, TrialPhase
from loadlab.model.status.conditions import ConditionType, Reason, Truth, find
from loadlab.plan import Plan
from loadlab.progress.attempts import ENDING_FAILURES
from loadlab.progress.conditions import AT_ONCE, Transition
from loadlab.progress.decision import Announce, Decision
from loadlab.progress.diagnose import (
    Diagnosis,
    diagnose,
    failed_dataset,
    why_it_ended,
    why_it_was_ended,
)
from loadlab.progress.infrastructure import (
    NEXT_WAITS,
    PREPARES,
    building_since,
    lost_while_loading,
    own_preparation,
)
from loadlab.progress.observed import Observed
from loadlab.progress.stalled import what_stalls
from loadlab.progress.trials import has_results

# Nobody is to find out by the state of a database that a migration was stopped in the middle.
LOOK_AT_IT = "look at what it has done by then"
UNDER_WAY = (Phase.PENDING, Phase.PREPARING, Phase.RUNNING)


def early_ending(
    plan: Plan, experiment: Experiment, observed: Observed, transition: Transition
) -> Decision | None:
    """Return the step into Analyzing where something ends the experiment early."""
    if experiment.status.phase not in UNDER_WAY:
        return None
    if (unseen := ending_unseen(plan, experiment, transition)) is not None:
        return unseen
    trouble = _trouble(experiment, observed, transition.now)
    return _fail(experiment, transition, trouble) if trouble else None


def ending_unseen(plan: Plan, experiment: Experiment, transition: Transition) -> Decision | None:
    """Return the same as far as spec and status alone decide about it, whatever can be observed."""
    status, total = experiment.status, experiment.spec.timeouts.total
    if status.phase not in UNDER_WAY:
        return None
    if (asked := _asked_to_end(experiment)) is not None:
        reason, message = asked
        told = reason, message + _cut_off(status)
        return end_early(status, transition, told, ConditionType.COMPLETE, Truth.FALSE)
    if status.start_time is None:
        return None
    if status.fingerprint != plan.fingerprint:
        message = "the operator changed and now plans this experiment differently; create it anew"
        return _fail(experiment, transition, (Reason.SUPERSEDED, message))
    if transition.now - epoch(status.start_time) > seconds(total):
        beside = _last_obstacle(status) + _cut_off(status)
        message = f"timeouts.total of {total} has passed{beside}"
        return _fail(experiment, transition, (Reason.DEADLINE_EXCEEDED, message))
    return None


def ending_unobserved(
    experiment: Experiment, error: str, transition: Transition
) -> Decision | None:
    """Return the ending of one whose children can't be looked at, once its time to prepare is over.

    A run under way has its own deadlines only where it can be seen; `timeouts.total` is above all.
    """
    since, limit = building_since(experiment.status), experiment.spec.timeouts.prepare
    own = experiment.spec.preparation  # which nobody sees, and may be at work
    patience = seconds(limit) + (seconds(own.timeout) if own else 0)
    if since is None or transition.now - since <= patience:
        return None
    message = f"timeouts.prepare of {limit} has passed, and nothing can be looked at: {error}"
    return _fail(experiment, transition, (Reason.DEADLINE_EXCEEDED, message))


def _fail(experiment: Experiment, transition: Transition, trouble: Diagnosis) -> Decision:
    return end_early(experiment.status, transition, trouble, ConditionType.FAILED, Truth.TRUE)


def _cut_off(status: LoadExperimentStatus) -> str:
    """Say that the user's own preparation did not come to its end; empty where it did."""
    found = find(status.conditions, ConditionType.RECONCILING)
    is_under_way = found is not None and found.message == PREPARES
    return f"; spec.preparation was under way: {LOOK_AT_IT}" if is_under_way else ""


def _last_obstacle(status: LoadExperimentStatus) -> str:
    held = what_stalls(status)
    return f"; at last {held[1]}" if held else ""


def creation_refused(experiment: AnyExperiment, message: str, now: float) -> Decision:
    """Return the step into Analyzing for a child that can never be created."""
    transition = Transition(experiment.metadata.generation, now)
    refusal = Reason.CREATION_REFUSED, f"a child of the experiment cannot be created: {message}"
    return end_early(experiment.status, transition, refusal, ConditionType.FAILED, Truth.TRUE)


def end_early(
    status: LoadExperimentStatus,
    transition: Transition,
    ending: Diagnosis,
    type_: ConditionType,
    truth: Truth,
) -> Decision:
    """Write down why it ends, and go on to Analyzing.

    Once only traces are left all is measured: what ends them is told, and is no failure.
    """
    reason, message = ending
    if type_ is ConditionType.FAILED and is_traced_name(status.current_trial):
        entered = transition.enter(status, Phase.ANALYZING, reason=Reason.RUNNING)
        told = f"{status.current_trial} and the traces after it are given up: {message}"
        return Decision(entered, (Announce(reason, told, warning=True),), AT_ONCE)
    status = transition.set(status, type_, truth, reason=reason, message=message)
    entered = transition.enter(status, Phase.ANALYZING, reason=reason, message=message)
    announcement = Announce(reason, message, warning=truth is Truth.TRUE)
    return Decision(entered, (announcement,), AT_ONCE)


def _asked_to_end(experiment: Experiment) -> Diagnosis | None:
    if experiment.metadata.deletion_timestamp:
        message = "it was deleted, and a finalizer holds it: what runs of it is cleared away"
        return Reason.TERMINATED, message
    if experiment.spec.terminate:
        return Reason.TERMINATED, "spec.terminate was set; results so far are kept"
    return None


def _trouble(experiment: Experiment, observed: Observed, now: float) -> Diagnosis | None:
    status = experiment.status
    if status.start_time is None:
        return None
    if (since := building_since(status)) is not None:
        return _preparation_trouble(experiment, observed, now, since)
    return _permanently_failed_trial(observed)


def _preparation_trouble(
    experiment: Experiment, observed: Observed, now: float, since: float
) -> Diagnosis | None:
    if (failed := _failed_dataset(observed) or _failed_preparation(observed)) is not None:
        return failed
    if (job := own_preparation(observed)) is not None:
        return _late_preparation(experiment, now - job.created)
    limit = experiment.spec.timeouts.prepare
    if now - since <= _patience(experiment, observed):
        return None
    if (held := what_stalls(experiment.status)) is not None:
        return _no_longer_fitting(held) if has_results(observed) else held
    if (loading := observed.preparation) is not None:
        message = (
            f"after {limit} the data set was at {loading.percent} % ({loading.step}); raise "
            "timeouts.prepare or lower postgres.scale"
        )
        return Reason.DEADLINE_EXCEEDED, message
    strangers = (each for each in observed.strangers if not each.run)
    reason, message = diagnose(observed.pods_of(""), observed.pod_makers(), strangers)
    return reason, message + (
        _first_lost(experiment.status) if reason is Reason.NEVER_READY else ""
    )


def _first_lost(status: LoadExperimentStatus) -> str:
    """Say with what it began that the infrastructure is built again; empty for the first time."""
    found = find(status.conditions, ConditionType.INFRASTRUCTURE_READY)
    if found is None or found.reason != Reason.INFRASTRUCTURE_LOST:
        return ""
    return f"; it began as {found.message.removesuffix(NEXT_WAITS)}"


def _patience(experiment: Experiment, observed: Observed) -> float:
    """Return for how many seconds all may be made ready, with what the user's own part took."""
    own, job = experiment.spec.preparation, observed.job("", Component.PREPARATION)
    own_seconds = seconds(own.timeout) if own and job and job.complete else 0
    return seconds(experiment.spec.timeouts.prepare) + own_seconds


def _failed_dataset(observed: Observed) -> Diagnosis | None:
    job = observed.job("", Component.DATASET)
    if job is None or not job.failed or lost_while_loading(observed):
        return None
    pods = observed.pods_of("", Component.DATASET)
    why = why_it_was_ended(pods) or failed_dataset(pods) or job.message
    why += _restarted_postgres(observed)
    return Reason.DATASET_FAILED, f"the data set was not loaded: {why}"


def _no_longer_fitting(held: Diagnosis) -> Diagnosis:
    """A store that is built again is held to the node that it had."""
    reason, message = held
    if reason is not Reason.UNSCHEDULABLE:
        return held
    return Reason.NO_LONGER_FITS, f"{message}; earlier trials found room"


def _failed_preparation(observed: Observed) -> Diagnosis | None:
    job = observed.job("", Component.PREPARATION)
    if job is None or not job.failed or lost_while_loading(observed):
        return None
    pods = observed.pods_of("", Component.PREPARATION)
    own = next((why_it_ended(pod) for pod in pods if pod.exit_code), job.message)
    why = why_it_was_ended(pods) or own
    return Reason.PREPARATION_FAILED, f"spec.preparation failed: {why}"


def _late_preparation(experiment: Experiment, age: float) -> Diagnosis | None:
    """Give up a preparation whose own time is over: sooner nobody stops a migration."""
    own = experiment.spec.preparation
    if own is None or age <= seconds(own.timeout):
        return None
    message = (
        f"spec.preparation did not end within {own.timeout}: {LOOK_AT_IT}, and raise "
        "preparation.timeout (timeouts.prepare is for what comes before it)"
    )
    return Reason.DEADLINE_EXCEEDED, message


def _restarted_postgres(observed: Observed) -> str:
    restarted = (p for p in observed.pods_of("", Component.POSTGRES) if p.restarts)
    return next((f"; postgres restarted: {why_it_ended(p)}" for p in restarted), "")


def _permanently_failed_trial(observed: Observed) -> Diagnosis | None:
    for trial in observed.trials.values():
        if trial.status.phase is TrialPhase.FAILED and trial.status.reason in ENDING_FAILURES:
            return Reason(trial.status.reason), f"{trial.metadata.name}: {trial.status.message}"
    return None
