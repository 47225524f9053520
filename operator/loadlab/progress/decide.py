"""The life of an experiment: one `match` over its phase.

    Pending -> Preparing -> Running -> Analyzing -> Succeeded | Failed | Terminated

Every way out of the ordinary (a deadline, a permanent failure, `terminate`) is written down as a
condition first and leads through Analyzing, which clears away what runs and sums up what there
is. Nothing is remembered between two passes but what stands in the resources themselves.
"""

from dataclasses import replace
from typing import assert_never

from loadlab.model.resources import AnyExperiment, Experiment
from loadlab.model.status import Phase
from loadlab.model.status.conditions import Reason
from loadlab.plan import Plan
from loadlab.progress.admission import admit
from loadlab.progress.clearing import lingering_child
from loadlab.progress.closing import close, is_over
from loadlab.progress.conditions import Transition
from loadlab.progress.deadlines import next_deadline
from loadlab.progress.decision import Decision
from loadlab.progress.diagnose import Diagnosis, missing_input
from loadlab.progress.edited import why_edited
from loadlab.progress.endings import UNDER_WAY, early_ending, ending_unobserved, ending_unseen
from loadlab.progress.infrastructure import building_since
from loadlab.progress.observed import Observed
from loadlab.progress.preparing import prepare
from loadlab.progress.refusal import Refusal, answer_refusal
from loadlab.progress.refused_creation import refused_pod, scaled, suspended
from loadlab.progress.running import current_trial, run, unfit_service
from loadlab.progress.service_cpus import only_asks
from loadlab.progress.stalled import go_on, stall
from loadlab.progress.unplaced import unplaced_pod

LOOK_AGAIN = 1.0  # seconds until the events of a Job without its pods are read again


def decide(
    planned: Plan | Refusal, experiment: AnyExperiment, observed: Observed, now: float
) -> Decision:
    """Return what to do about an experiment, and when to requeue it."""
    transition = Transition(experiment.metadata.generation, now)
    if isinstance(planned, Refusal):
        decision = answer_refusal(planned, experiment.status, observed, transition)
        return _with_obstacle(decision, None, observed, transition)
    read = planned.context.experiment
    decided = _decide(planned, read, observed, transition)
    decision = _with_obstacle(decided, planned, observed, transition)
    if decision.requeue_after is None:
        return decision
    soonest = min(decision.requeue_after, next_deadline(planned, read, observed, now))
    if observed.awaits_pods:
        soonest = min(soonest, LOOK_AGAIN)
    return replace(decision, requeue_after=soonest)


def decide_unseen(
    planned: Plan | Refusal, experiment: AnyExperiment, now: float
) -> Decision | None:
    """Return what needs no observation: a deadline of the whole, or another plan; else None."""
    if isinstance(planned, Refusal):
        return None
    transition = Transition(experiment.metadata.generation, now)
    return ending_unseen(planned, planned.context.experiment, transition)


def decide_unobserved(
    planned: Plan | Refusal, experiment: AnyExperiment, error: str, now: float
) -> Decision | None:
    """Return what is due though the children can't be looked at; None to try again."""
    if isinstance(planned, Refusal):
        return None
    transition = Transition(experiment.metadata.generation, now)
    return ending_unobserved(planned.context.experiment, error, transition)


def _with_obstacle(
    decision: Decision, plan: Plan | None, observed: Observed, transition: Transition
) -> Decision:
    """Say which pod is refused or fits no node; or that nothing holds the experiment up, as this
    pass got through.
    """
    status = decision.status
    if status.phase.is_terminal:
        return decision
    obstacle = _obstacle(plan, observed) if status.phase in UNDER_WAY else None
    obstacle = obstacle or lingering_child(observed, transition.now)
    shown = stall(status, transition, obstacle) if obstacle else go_on(status, transition)
    return replace(decision, status=shown)


def _obstacle(plan: Plan | None, observed: Observed) -> Diagnosis | None:
    pods = (pod for pod in observed.pods if plan is None or not only_asks(plan, pod))
    refused = refused_pod(observed.pod_makers()) or unplaced_pod(pods, observed.nodes)
    refused = refused or _by_somebody(plan, observed) or missing_input(observed.pods)
    if refused or plan is None or plan.context.experiment.status.phase is not Phase.RUNNING:
        return refused
    return _suspended(plan, observed) or unfit_service(
        plan, current_trial(plan, observed), observed
    )


def _by_somebody(plan: Plan | None, observed: Observed) -> Diagnosis | None:
    """Say what of the experiment's own somebody scaled, changed or suspended."""
    found = _scaled(plan, observed) or suspended(observed.jobs)
    if found or plan is None:
        return found
    edited = why_edited(plan, observed)
    return (Reason.INFRASTRUCTURE_LOST, edited) if edited else None


def _scaled(plan: Plan | None, observed: Observed) -> Diagnosis | None:
    current = current_trial(plan, observed) if plan is not None else None
    if plan is None or current is None:
        return scaled(observed.controllers)
    cell = current.planned.cell
    return scaled(observed.controllers, current.run, plan.variant(cell).pods_in(cell))


def _suspended(plan: Plan, observed: Observed) -> Diagnosis | None:
    """Say what it means that no further trial is to be started; None where one may be.

    What a store that is built again waits for is told instead.
    """
    experiment, current = plan.context.experiment, current_trial(plan, observed)
    if not experiment.spec.suspend or building_since(experiment.status) is not None:
        return None
    if current is None or current.is_running:
        return None
    message = (
        "spec.suspend starts no further trial, and keeps its stores: others wait for it, until "
        f"timeouts.total of {experiment.spec.timeouts.total} at the latest; set spec.terminate to "
        "let them go first"
    )
    return Reason.SUSPENDED, message


def _decide(
    plan: Plan, experiment: Experiment, observed: Observed, transition: Transition
) -> Decision:
    ending = early_ending(plan, experiment, observed, transition)
    if ending is not None:
        return ending
    match experiment.status.phase:
        case Phase.PENDING:
            return admit(plan, experiment, observed, transition)
        case Phase.PREPARING:
            return prepare(plan, experiment, observed, transition)
        case Phase.RUNNING:
            return run(plan, experiment, observed, transition)
        case Phase.ANALYZING:
            return close(plan, experiment, observed, transition)
        case Phase.SUCCEEDED | Phase.FAILED | Phase.TERMINATED:
            return is_over(experiment, observed, transition.now)
        case _:
            assert_never(experiment.status.phase)
