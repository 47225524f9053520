"""Preparing: stores first, then data set and steward, until all are ready."""

from loadlab.model.conditions import ConditionType, Reason, Truth
from loadlab.model.names import Component, stores_secret
from loadlab.model.resources import Experiment
from loadlab.model.status import Phase
from loadlab.plan import Plan
from loadlab.progress.decision import Action, Announce, Apply, Decision, EnsureStoresSecret
from loadlab.progress.marks import SAFETY_NET, SOON, Marker
from loadlab.progress.observed import Observed


def prepare(plan: Plan, experiment: Experiment, observed: Observed, marker: Marker) -> Decision:
    """Create what is missing, in order; go on to Running when nothing is."""
    missing = _next_step(plan, experiment, observed)
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


def _next_step(plan: Plan, experiment: Experiment, observed: Observed) -> tuple[Action, ...] | None:
    """Return the actions of the next step, none while waiting, None when all is ready."""
    stores = plan.stores
    if not all(observed.has_controller(store) for store in stores):
        secret = EnsureStoresSecret(stores_secret(experiment.metadata.name))
        return (secret, Apply(tuple(plan.store_manifests())))
    if not all(observed.is_ready(store) for store in stores):
        return ()
    if not observed.has_controller(Component.STEWARD):
        return (Apply(tuple(plan.preparation_manifests())),)
    dataset = observed.job("", Component.DATASET)
    loaded = not plan.facts.has_postgres or (dataset is not None and dataset.complete)
    return None if loaded and observed.is_ready(Component.STEWARD) else ()
