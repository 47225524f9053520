"""What one pass sees: frozen views of an experiment's children, and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from loadlab.model.names import Component
from loadlab.model.resources import Trial
from loadlab.model.status import Preparation


@dataclass(frozen=True, slots=True)
class PodView:
    """What decides about a pod."""

    name: str
    component: Component
    run: str
    phase: str
    reported: bool = False
    ready: bool = False
    restarts: int = 0
    waiting_reason: str = ""
    waiting_message: str = ""
    terminated_reason: str = ""
    exit_code: int | None = None
    ended: float | None = None  # when its container last did, epoch seconds
    last_words: str = ""  # the end of its log, where it failed
    unschedulable: str = ""
    node: str = ""
    image: str = ""
    created: float = 0.0  # epoch seconds
    deleting: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether its containers have ended for good: it takes nothing from anybody any more."""
        return self.phase in {"Succeeded", "Failed"}

    @property
    def has_finished(self) -> bool:
        """Whether its containers have ended for good, or said all they had to say."""
        return self.reported or self.has_ended


@dataclass(frozen=True, slots=True)
class JobView:
    """What decides about a Job: its conditions and its pods' ends, never `active`."""

    component: Component
    run: str
    complete: bool = False
    completed: float | None = None  # epoch seconds
    failed: bool = False
    message: str = ""
    deleting: bool = False


@dataclass(frozen=True, slots=True)
class ControllerView:
    """A Deployment or a StatefulSet; `refusal` is why its pods could not be created."""

    component: Component
    run: str
    refusal: str = ""
    deleting: bool = False


@dataclass(frozen=True, slots=True)
class Observed:
    """All children of one experiment, and its place in the queue."""

    trials: dict[str, Trial] = field(default_factory=dict)
    pods: tuple[PodView, ...] = ()
    jobs: tuple[JobView, ...] = ()
    controllers: tuple[ControllerView, ...] = ()
    ahead: int = 0
    preparation: Preparation | None = None  # as far as the data set's log is known
    kubernetes_version: str = ""

    def runs(self) -> frozenset[str]:
        """Names of the runs of which anything is left that lives or gives life."""
        pods = (pod for pod in self.pods if not pod.has_ended)
        children: Iterable[PodView | JobView | ControllerView]
        children = (*pods, *self.jobs, *self.controllers)
        return frozenset(child.run for child in children if child.run)

    def pods_of(self, run: str, *components: Component) -> tuple[PodView, ...]:
        """Pods of a run ("" for the experiment's own) that play one of these parts."""
        return tuple(
            pod
            for pod in self.pods
            if pod.run == run and (not components or pod.component in components)
        )

    def job(self, run: str, component: Component) -> JobView | None:
        """The Job of a run ("" for the experiment's own) that plays this part."""
        found = (j for j in self.jobs if j.run == run and j.component is component)
        return next(found, None)

    def has_controller(self, component: Component) -> bool:
        """Whether the experiment's own Deployment or StatefulSet of this part is there to stay."""
        return any(c.component is component and not c.deleting for c in self.own_controllers())

    def own_controllers(self) -> tuple[ControllerView, ...]:
        """The Deployments and StatefulSets that all runs share."""
        return tuple(controller for controller in self.controllers if not controller.run)

    def is_ready(self, component: Component) -> bool:
        """Whether a pod of the experiment's own part is ready."""
        return any(pod.ready and not pod.deleting for pod in self.pods_of("", component))
