"""Early endings: what takes an experiment out of its ordinary way, written down as a condition."""

from loadlab.model.names import Component
from loadlab.model.quantities import seconds
from loadlab.model.resources import AnyExperiment, Experiment
from loadlab.model.status import LoadExperimentStatus, Phase, TrialPhase
from loadlab.model.status.conditions import ConditionType, Reason, Truth
from loadlab.model.times import epoch
from loadlab.plan import Plan
from loadlab.progress.decision import Announce, Decision
from loadlab.progress.diagnose import Diagnosis, diagnose, failed_dataset
from loadlab.progress.ground import built_since
from loadlab.progress.marks import SOON, Marker
from loadlab.progress.observed import Observed
from loadlab.progress.trials import HOPELESS

UNDER_WAY = (Phase.PENDING, Phase.PREPARING, Phase.RUNNING)


def early_ending(
    plan: Plan, experiment: Experiment, observed: Observed, marker: Marker
) -> Decision | None:
    """Return the step into Analyzing where something ends the experiment early."""
    status = experiment.status
    if status.phase not in UNDER_WAY:
        return None
    if experiment.spec.terminate:
        ending, type_, truth = _terminated(), ConditionType.COMPLETE, Truth.FALSE
    else:
        trouble = _trouble(plan, experiment, observed, marker.now)
        if trouble is None:
            return None
        ending, type_, truth = trouble, ConditionType.FAILED, Truth.TRUE
    return end_early(status, marker, ending, type_, truth)


def creation_refused(experiment: AnyExperiment, message: str, now: float) -> Decision:
    """Return the step into Analyzing for a child that can never be created."""
    marker = Marker(experiment.metadata.generation, now)
    refusal = Reason.CREATION_REFUSED, f"a child of the experiment cannot be created: {message}"
    return end_early(experiment.status, marker, refusal, ConditionType.FAILED, Truth.TRUE)


def end_early(
    status: LoadExperimentStatus,
    marker: Marker,
    ending: Diagnosis,
    type_: ConditionType,
    truth: Truth,
) -> Decision:
    """Write down why it ends, and go on to Analyzing."""
    reason, message = ending
    status = marker.mark(status, type_, truth, reason=reason, message=message)
    entered = marker.enter(status, Phase.ANALYZING, reason=reason, message=message)
    announcement = Announce(reason, message, warning=truth is Truth.TRUE)
    return Decision(entered, (announcement,), SOON)


def _terminated() -> Diagnosis:
    return Reason.TERMINATED, "spec.terminate was set; results so far are kept"


def _trouble(
    plan: Plan, experiment: Experiment, observed: Observed, now: float
) -> Diagnosis | None:
    status, timeouts = experiment.status, experiment.spec.timeouts
    if status.start_time is None:
        return None
    age = now - epoch(status.start_time)
    if status.fingerprint != plan.fingerprint:
        message = "the operator changed and now plans this experiment differently; create it anew"
        return Reason.SUPERSEDED, message
    if age > seconds(timeouts.total):
        return Reason.DEADLINE_EXCEEDED, f"timeouts.total of {timeouts.total} has passed"
    if (since := built_since(status)) is not None:
        return _preparation_trouble(experiment, observed, now - since)
    return _hopeless_trial(observed)


def _preparation_trouble(
    experiment: Experiment, observed: Observed, age: float
) -> Diagnosis | None:
    dataset = observed.job("", Component.DATASET)
    if dataset is not None and dataset.failed:
        why = failed_dataset(observed.pods_of("")) or dataset.message
        return Reason.DATASET_FAILED, f"the data set was not loaded: {why}"
    limit = experiment.spec.timeouts.prepare
    if age <= seconds(limit):
        return None
    if (loading := observed.preparation) is not None:
        message = (
            f"after {limit} the data set was at {loading.percent} % ({loading.step}); raise "
            "timeouts.prepare or lower postgres.scale"
        )
        return Reason.DEADLINE_EXCEEDED, message
    return diagnose(observed.pods_of(""), observed.controllers)


def _hopeless_trial(observed: Observed) -> Diagnosis | None:
    for trial in observed.trials.values():
        if trial.status.phase is TrialPhase.FAILED and trial.status.reason in HOPELESS:
            return Reason(trial.status.reason), f"{trial.metadata.name}: {trial.status.message}"
    return None
