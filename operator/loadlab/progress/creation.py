"""A child that the API server does not take as things are.

A quota, a LimitRange or a webhook may change its mind, so it is tried again until the deadline of
what waits for it; meanwhile the refusal's own sentence stands in the status.
"""

from loadlab.base.quantities import seconds
from loadlab.model.status.conditions import ConditionType, Truth
from loadlab.plan import Plan
from loadlab.progress.attempts import after_failure
from loadlab.progress.conditions import Transition
from loadlab.progress.decision import Action, Decision, Failure, RecordTrial
from loadlab.progress.diagnose import Diagnosis
from loadlab.progress.endings import end_early
from loadlab.progress.failed_pass import RETRY
from loadlab.progress.infrastructure import building_since
from loadlab.progress.observed import Observed
from loadlab.progress.running import current_trial
from loadlab.progress.stalled import stall, stalled_since


def answer_refused_creation(
    plan: Plan, observed: Observed, diagnosis: Diagnosis, now: float
) -> Decision:
    """Show why a child was not created, and try again; give its trial up when its time is over.

    The deadline of stores and data set is judged in every pass, before anything is created.
    """
    experiment = plan.context.experiment
    transition, status = Transition(experiment.metadata.generation, now), experiment.status
    since = stalled_since(status, diagnosis[0])
    is_building = building_since(status) is not None
    if is_building or since is None or now - since <= seconds(experiment.spec.timeouts.ready):
        return Decision(stall(status, transition, diagnosis), requeue_after=RETRY)
    return _give_up(plan, observed, diagnosis, transition)


def _give_up(
    plan: Plan, observed: Observed, diagnosis: Diagnosis, transition: Transition
) -> Decision:
    """End early; where there is a trial already, the reason stands in it, too."""
    status, current = plan.context.experiment.status, current_trial(plan, observed)
    recorded: tuple[Action, ...] = ()
    ending = diagnosis
    if current is not None and current.trial is not None:
        planned, (reason, message) = current.planned, diagnosis
        failure, name = Failure(reason, message), planned.name
        failed = after_failure(current.trial.status, failure, attempts=1, role=planned.role)
        recorded, ending = (RecordTrial(name, failed),), (reason, f"{name}: {message}")
    ended = end_early(status, transition, ending, ConditionType.FAILED, Truth.TRUE)
    return Decision(ended.status, (*recorded, *ended.actions), ended.requeue_after)
