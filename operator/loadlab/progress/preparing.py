"""Preparing: stores first, then data set and steward, until all are ready."""

from loadlab.model.resources import Experiment
from loadlab.model.status import Phase
from loadlab.model.status.conditions import ConditionType, Reason, Truth
from loadlab.plan import Plan
from loadlab.progress.conditions import AT_ONCE, RESYNC, Transition
from loadlab.progress.decision import Announce, Decision
from loadlab.progress.infrastructure import PREPARES, next_step, own_preparation
from loadlab.progress.observed import Observed


def prepare(
    plan: Plan, experiment: Experiment, observed: Observed, transition: Transition
) -> Decision:
    """Create what is missing, in order; go on to Running when nothing is."""
    missing = next_step(plan, experiment, observed)
    if missing is not None:
        known = observed.preparation or experiment.status.preparation
        known_status = experiment.status.model_copy(update={"preparation": known})
        says = PREPARES if own_preparation(observed) is not None else ""
        status = transition.enter(
            known_status, Phase.PREPARING, reason=Reason.PREPARING, message=says
        )
        return Decision(status, missing, RESYNC)
    last = observed.preparation or experiment.status.preparation
    done = experiment.status.model_copy(update={"preparation": last})
    status = transition.set(
        done, ConditionType.INFRASTRUCTURE_READY, Truth.TRUE, reason=Reason.PREPARED
    )
    entered = transition.enter(status, Phase.RUNNING, reason=Reason.RUNNING)
    return Decision(entered, (Announce(Reason.PREPARED, "stores and data set are ready"),), AT_ONCE)
