"""The infrastructure of the trials: stores, data set and steward; built, and built again when lost.

A store keeps its data in its pod. A pod that was evicted or deleted comes back empty, so the
data set is loaded and the user's own preparation made again before the next trial; the run that was
under way does not count.
"""

from collections.abc import Mapping

from loadlab.base.names import Component, component_name
from loadlab.base.times import epoch
from loadlab.model.resources import Experiment
from loadlab.model.status import LoadExperimentStatus, Phase
from loadlab.model.status.conditions import ConditionType, Truth, find
from loadlab.plan import Plan
from loadlab.progress.decision import Action, Ensure, EnsureCredentials, Manifest, Remove
from loadlab.progress.diagnose import OUT_OF_MEMORY
from loadlab.progress.edited import lasting_edited, put_right, why_edited
from loadlab.progress.observed import (
    ContainerState,
    JobView,
    Observed,
    PodView,
    Reference,
)
from loadlab.progress.refused_creation import scaled

NEXT_WAITS = "; the next trial waits"
PREPARES = "spec.preparation is under way"  # what the status says meanwhile

_FILLED_BY: Mapping[Component, tuple[Component, ...]] = {
    Component.DATASET: (Component.POSTGRES,),
    Component.PREPARATION: (Component.POSTGRES, Component.REDIS, Component.RABBITMQ),
}


def next_step(plan: Plan, experiment: Experiment, observed: Observed) -> tuple[Action, ...] | None:
    """Return the actions of the next step, none while waiting, None when all is ready."""
    if any(m.deleting for m in (*observed.services, *observed.controllers) if not m.run):
        return ()
    if scaled(observed.controllers) is not None:
        return ()
    if edited := lasting_edited(plan, observed):
        return put_right(edited)
    if not all(_is_made(plan, observed, store) for store in plan.stores):
        return _create(experiment, plan.store_manifests())
    if not all(observed.is_ready(store) for store in plan.stores):
        return ()
    return _next_on_stores(plan, experiment, observed)


def _next_on_stores(
    plan: Plan, experiment: Experiment, observed: Observed
) -> tuple[Action, ...] | None:
    dataset = observed.job("", Component.DATASET)
    own = observed.job("", Component.PREPARATION)
    jobs = [job for job in (dataset, own) if job is not None]
    if any(job.deleting for job in jobs):
        return ()
    if jobs and emptied_store(observed):
        return (Remove(tuple(job.reference for job in jobs)),)
    is_built = building_since(experiment.status) is not None
    if spoiled := _failed_and_held(observed) or (is_built and _begun_twice(plan, observed)):
        return (Remove(spoiled),)
    if (plan.has_dataset and dataset is None) or not _is_made(plan, observed, Component.STEWARD):
        return _create(experiment, plan.preparation_manifests())
    loaded = not plan.has_dataset or (dataset is not None and dataset.complete)
    if not loaded or not observed.is_ready(Component.STEWARD):
        return ()
    return _prepare_own(plan, experiment, own)


def _begun_twice(plan: Plan, observed: Observed) -> tuple[Reference, ...]:
    """Return the pods of stores that were started again while they were built, and serve now.

    A Postgres whose node was lost in its first start finds a data directory, takes it for whole,
    and lets nobody in for good. One that ran out of memory would do so again, which is told.
    """
    pods = (pod for store in plan.stores for pod in observed.pods_of("", store))
    again = (pod for pod in pods if pod.restarts and pod.ready and not pod.deleting)
    return tuple(pod.reference for pod in again if pod.terminated_reason != OUT_OF_MEMORY)


def _is_made(plan: Plan, observed: Observed, part: Component) -> bool:
    """Whether what makes a part's pod is there, and the Service by which others find it."""
    children = plan.context.experiment.children_name
    return observed.has_controller(part) and not missing_service(observed, children, part)


def missing_service(observed: Observed, parent: str, *parts: Component) -> str:
    """Return the Service of a part that somebody deleted; empty for none.

    The parent is a run or the name of all children. Without it the part has no name: connections
    that are there go on, and new ones fail as if it were the service's fault.
    """
    there = {service.name for service in observed.services if not service.deleting}
    names = (component_name(parent, part) for part in parts)
    return next((name for name in names if name not in there), "")


def _prepare_own(
    plan: Plan, experiment: Experiment, job: JobView | None
) -> tuple[Action, ...] | None:
    """Let the user prepare last, on data that are there."""
    manifests = plan.own_preparation_manifests()
    if manifests and job is None:
        return _create(experiment, manifests)
    return None if job is None or job.complete else ()


def own_preparation(observed: Observed) -> JobView | None:
    """Return the user's own preparation while it is under way: its container runs, or has ended and
    its Job does not say so yet; None before and after.
    """
    job = observed.job("", Component.PREPARATION)
    if job is None or job.complete or job.failed or job.deleting:
        return None
    pods = observed.pods_of("", Component.PREPARATION)
    begun = {ContainerState.RUNNING, ContainerState.TERMINATED}
    return job if any(pod.own.state in begun for pod in pods) else None


def _failed_and_held(observed: Observed) -> tuple[Reference, ...]:
    """Return the data set's pods whose container failed and which another container holds.

    Their Job waits for the whole pod before it makes the next, which deleting it brings about.
    """
    pods = observed.pods_of("", Component.DATASET)
    failed = (pod for pod in pods if pod.is_held and pod.exit_code and not pod.deleting)
    return tuple(pod.reference for pod in failed)


def _create(experiment: Experiment, manifests: list[Manifest]) -> tuple[Action, ...]:
    """Create what needs credentials after them; without a store the steward is the first."""
    return (EnsureCredentials(experiment.credentials_secret), Ensure(tuple(manifests)))


def identify_parts(plan: Plan, observed: Observed) -> dict[str, str]:
    """Return which pods play the parts of stores and steward, by part."""
    return {
        part.value: identity(pod)
        for part in (*plan.stores, Component.STEWARD)
        for pod in observed.pods_of("", part)
        if pod.ready and not pod.deleting
    }


def identity(pod: PodView) -> str:
    """Return what changes when a pod is replaced or its container started again."""
    return f"{pod.reference.uid}/{pod.restarts}"


def why_lost(plan: Plan, observed: Observed) -> str:
    """Return what a run under way has lost for good; empty for nothing.

    A part that is only not ready is none: under load a probe may fail for a moment.
    """
    parts = (*plan.stores, Component.STEWARD)
    gone = [part.value for part in parts if not observed.has_controller(part)]
    if gone:
        return f"{', '.join(gone)} of the experiment was deleted"
    if lost := missing_service(observed, plan.context.experiment.children_name, *parts):
        return f"the Service {lost} was deleted during the run"
    if by_somebody := scaled(observed.controllers):
        return by_somebody[1]
    if edited := why_edited(plan, observed):
        return edited
    store = emptied_store(observed)
    return f"the {store} pod was replaced, and its data with it" if store else ""


def emptied_store(observed: Observed) -> str:
    """Return the store whose pod is younger than the Job that filled it; empty for none.

    Both moments are the API server's: when a Job ended its node says, whose clock may be another.
    Filling begins seconds after the store was made: a pod of the same second is the former one. One
    beside the former, of a store that somebody scaled, takes nothing from it.
    """
    for filling, stores in _FILLED_BY.items():
        job = observed.job("", filling)
        for store in stores if job else ():
            pods = [pod for pod in observed.pods_of("", store) if not pod.deleting]
            if job and pods and min(pod.created for pod in pods) > job.created:
                return store.value
    return ""


def lost_while_loading(observed: Observed) -> bool:
    """Whether a store that was being filled is gone: no fault of the filling."""
    if emptied_store(observed):
        return True
    stores = (store for filled in _FILLED_BY.values() for store in filled)
    return any(observed.has_controller(store) and _is_away(observed, store) for store in stores)


def _is_away(observed: Observed, store: Component) -> bool:
    pods = observed.pods_of("", store)
    return not pods or any(pod.deleting for pod in pods)


def building_since(status: LoadExperimentStatus) -> float | None:
    """Return since when the infrastructure is being built, epoch seconds; None for none."""
    if status.phase is Phase.PREPARING and status.start_time:
        return epoch(status.start_time)
    ready = find(status.conditions, ConditionType.INFRASTRUCTURE_READY)
    if status.phase is Phase.RUNNING and ready is not None and ready.status is Truth.FALSE:
        return epoch(ready.last_transition_time)
    return None
