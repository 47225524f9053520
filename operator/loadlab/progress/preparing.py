"""Preparing: stores first, then data set and steward, until all are ready."""

from loadlab.model.resources import Experiment
from loadlab.model.status import Phase
from loadlab.model.status.conditions import ConditionType, Reason, Truth
from loadlab.plan import Plan
from loadlab.progress.decision import Announce, Decision
from loadlab.progress.ground import next_step
from loadlab.progress.marks import SAFETY_NET, SOON, Marker
from loadlab.progress.observed import Observed


def prepare(plan: Plan, experiment: Experiment, observed: Observed, marker: Marker) -> Decision:
    """Create what is missing, in order; go on to Running when nothing is."""
    missing = next_step(plan, experiment, observed)
    if missing is not None:
        known = observed.preparation or experiment.status.preparation
        told = experiment.status.model_copy(update={"preparation": known})
        status = marker.enter(told, Phase.PREPARING, reason=Reason.PREPARING)
        return Decision(status, missing, SAFETY_NET)
    last = observed.preparation or experiment.status.preparation
    done = experiment.status.model_copy(update={"preparation": last})
    status = marker.mark(
        done, ConditionType.INFRASTRUCTURE_READY, Truth.TRUE, reason=Reason.PREPARED
    )
    entered = marker.enter(status, Phase.RUNNING, reason=Reason.RUNNING)
    return Decision(entered, (Announce(Reason.PREPARED, "stores and data set are ready"),), SOON)
