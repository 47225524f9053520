"""Pending: a spec is accepted or refused, and an accepted one waits for its turn."""

from loadlab.analysis.step import bounds_a_search
from loadlab.analysis.threshold import ThresholdError, parse_threshold
from loadlab.base.quantities import seconds
from loadlab.base.times import epoch, rfc3339
from loadlab.model.resources import Experiment
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.status import LoadExperimentStatus, Phase, TrialCounts, Verdict
from loadlab.model.status.conditions import ConditionType, Reason, Truth
from loadlab.plan import Plan
from loadlab.progress.baseline import baseline_fault, with_admitted
from loadlab.progress.conditions import AT_ONCE, RESYNC, Transition
from loadlab.progress.decision import Announce, Decision
from loadlab.progress.observed import Observed

FORMER_GOES_IN = 60.0  # seconds from creation that one waits for its former namesake's children
QUEUE_RESYNC = 300.0  # seconds; the end of an experiment requeues the next one at once


def admit(
    plan: Plan, experiment: Experiment, observed: Observed, transition: Transition
) -> Decision:
    """Accept the spec; begin once no other experiment is ahead."""
    if fault := criterion_fault(experiment.spec):
        return refuse(experiment.status, transition, Reason.INVALID_CRITERION, fault)
    if fault := time_fault(plan):
        return refuse(experiment.status, transition, Reason.INVALID_SPEC, fault)
    if fault := baseline_fault(plan, experiment, observed.baseline):
        return refuse(experiment.status, transition, Reason.INVALID_BASELINE, fault)
    before = f", {len(plan.preliminary)} before them" if plan.preliminary else ""
    most = "at most " if plan.context.spec.load.search else ""
    message = f"{len(plan.cells)} cells, {most}{plan.most_trials} trials{before}"
    admitted = with_admitted(experiment.status, observed.baseline)
    status = _accepted(plan, admitted, transition, message)
    if (waiting := _wait(experiment, status, observed, transition)) is not None:
        return waiting
    started = status.model_copy(
        update={
            "queue_position": None,
            "waits_for": None,
            "start_time": rfc3339(transition.now),
            "fingerprint": plan.fingerprint,
        }
    )
    entered = transition.enter(started, Phase.PREPARING, reason=Reason.PREPARING)
    return Decision(entered, (Announce(Reason.ACCEPTED, message),), AT_ONCE)


def _wait(
    experiment: Experiment,
    status: LoadExperimentStatus,
    observed: Observed,
    transition: Transition,
) -> Decision | None:
    """Return what a waiting experiment says; None where nothing is waited for any more."""
    place, reason, again = observed.place, Reason.QUEUED, QUEUE_RESYNC
    ahead, waits_for = place.ahead, place.waits_for
    if ahead and not place.is_under_way and not experiment.spec.suspend:
        again = min(again, ahead * RESYNC)  # whoever is first begins at once, or sees another order
    left = _patience_with_former(experiment, observed, transition.now)
    if experiment.spec.suspend and not ahead:
        reason, waits_for = Reason.SUSPENDED, "spec.suspend"
    elif not ahead and left > 0:
        ahead, again = 1, min(left, RESYNC)
        waits_for = f"{observed.former} of a former experiment of this name"
    elif not ahead:
        return None
    said = status.model_copy(update={"queue_position": ahead, "waits_for": waits_for})
    message = f"waits for {waits_for}"
    entered = transition.enter(said, Phase.PENDING, reason=reason, message=message)
    return Decision(entered, requeue_after=again)


def _patience_with_former(experiment: Experiment, observed: Observed, now: float) -> float:
    """Return the seconds for which it still waits for what a former one of its name left.

    The garbage collector takes it away in seconds; after `--cascade=orphan` nobody does.
    """
    created = experiment.metadata.creation_timestamp
    if not observed.former or not created:
        return 0.0
    return epoch(created) + FORMER_GOES_IN - now


def _accepted(
    plan: Plan, status: LoadExperimentStatus, transition: Transition, message: str
) -> LoadExperimentStatus:
    planned = TrialCounts(planned=plan.most_trials)
    status = status.model_copy(
        update={
            "trials": planned,
            "progress": f"0/{planned.planned}",
            "chosen": plan.context.chosen,
        }
    )
    status = transition.set(
        status, ConditionType.ACCEPTED, Truth.TRUE, reason=Reason.ACCEPTED, message=message
    )
    return transition.set(status, ConditionType.FINISHED, Truth.FALSE, reason=Reason.ACCEPTED)


def criterion_fault(spec: LoadExperimentSpec) -> str:
    """Return what is wrong with a criterion; empty where each can be judged."""
    for criterion in spec.success_criteria:
        try:
            rule = parse_threshold(criterion.metric, criterion.threshold)
        except ThresholdError as error:
            return f"successCriteria {criterion.name}: {error}"
        if spec.load.search is not None and not bounds_a_search(rule):
            return (
                f"successCriteria {criterion.name}: load.search raises the rate until a criterion "
                f"fails, and {rule} of {rule.metric} does not fail by that: give an upper bound "
                "of http_req_duration, http_req_failed or dropped_iterations"
            )
    return ""


def time_fault(plan: Plan) -> str:
    """Return why the trials can't all run in time; empty where their loads alone do not say so.

    A search, and blocks beyond the first, take as many trials as there is time for. How long so
    many iterations take, or a script, nobody knows before.
    """
    spec = plan.context.spec
    if spec.load.search is not None or spec.load.iterations or spec.load.script:
        return ""
    loads = [planned.load for planned in (*plan.trials, *plan.traced)]
    needed = sum(load.applied_seconds for load in loads)
    if needed <= seconds(spec.timeouts.total):
        return ""
    return (
        f"the load alone of {len(loads)} trials takes {needed:,.0f} s, and timeouts.total is "
        f"{spec.timeouts.total}: raise it, or lower replicates, levels of factors, or load.duration"
    )


def refuse(
    status: LoadExperimentStatus, transition: Transition, reason: Reason, message: str
) -> Decision:
    """Refuse a spec for good: nothing was created, nothing will be."""
    status = status.model_copy(
        update={
            "phase": Phase.FAILED,
            "verdict": Verdict.ERROR,
            "observed_generation": transition.generation,
            "completion_time": rfc3339(transition.now),
        }
    )
    outcome = {
        ConditionType.ACCEPTED: Truth.FALSE,
        ConditionType.FAILED: Truth.TRUE,
        ConditionType.STALLED: Truth.TRUE,
        ConditionType.FINISHED: Truth.TRUE,
    }
    for type_, truth in outcome.items():
        status = transition.set(status, type_, truth, reason=reason, message=message)
    return Decision(status, (Announce(reason, message, warning=True),))
