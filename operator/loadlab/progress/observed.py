"""What one pass sees: frozen views of an experiment's children, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from loadlab.analysis.baseline import BaselineView
from loadlab.analysis.cells import AnalysedCell
from loadlab.base.names import Component
from loadlab.measurement.documents import Progress
from loadlab.model.resources import Trial
from loadlab.model.status import Preparation
from loadlab.model.trial import TrialRole
from loadlab.progress.asked_service import ForeignSlice, ServiceView
from loadlab.progress.nodes import NodeView


@dataclass(frozen=True, slots=True)
class Reference:
    """One object, and no other that has its name."""

    kind: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """An object that carries the experiment's uid: of which part, and of which run ("" for none).

    The component is None where this release does not know it.
    """

    reference: Reference
    component: Component | None
    run: str
    deleting: bool = False
    gone_by: float | None = None  # when it should be, its grace over; epoch seconds
    held_by: str = ""  # somebody's finalizers, without which it would be gone

    @property
    def name(self) -> str:
        """Its name."""
        return self.reference.name


class ContainerKind(StrEnum):
    """When a container of a pod runs."""

    INIT = "Init"  # before the others, to its end
    NATIVE_SIDECAR = "NativeSidecar"  # from before the others until after their end
    REGULAR = "Regular"  # with the others; so does a sidecar of the classic kind


class ContainerState(StrEnum):
    """What a container does; unknown until a node says it."""

    WAITING = "waiting"
    RUNNING = "running"
    TERMINATED = "terminated"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Requests and limits in CPUs and bytes; None where there is none."""

    cpu_request: float | None = None
    cpu_limit: float | None = None
    memory_request: float | None = None
    memory_limit: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerView:
    """One container, as the API server has it after admission, and what became of it.

    How it ended is told of the last time that it did; it may be running again.
    """

    name: str
    kind: ContainerKind = ContainerKind.REGULAR
    ours: bool = False  # of our manifest; else admission added it
    image: str = ""  # as the pod's spec spells it
    image_id: str = ""  # with its digest, as the node found it
    resources: Resources = Resources()
    ready: bool = False
    restarts: int = 0
    state: ContainerState = ContainerState.UNKNOWN
    waiting_reason: str = ""
    waiting_message: str = ""
    terminated_reason: str = ""
    exit_code: int | None = None
    ended: float | None = None  # epoch seconds
    termination_message: str = ""  # the end of its log, where it failed


@dataclass(frozen=True, slots=True, kw_only=True)
class PodView(Child):
    """What decides about a pod: of its own container, and what really runs: of all."""

    phase: str
    reported: bool = False
    progress: Progress | None = None  # of a generator, as far as its log is known
    ready: bool = False
    restarts: int = 0
    waiting_reason: str = ""
    waiting_message: str = ""
    terminated_reason: str = ""
    exit_code: int | None = None
    ended: float | None = None  # when its container last did, epoch seconds
    termination_message: str = ""  # the end of its log, where it failed
    unschedulable: str = ""
    reason: str = ""  # of the pod itself, such as Evicted
    message: str = ""
    node: str = ""
    image: str = ""
    created: float = 0.0  # epoch seconds
    containers: tuple[ContainerView, ...] = ()  # also those that admission added
    qos_class: str = ""  # Guaranteed, Burstable or BestEffort, as the API server says
    pod_resources: Resources | None = None  # of the pod as a whole, where any are set
    limit_ranger: str = ""  # what the API server notes about limits that it set
    starts_again: bool = True  # a container that ended, as the pod's restartPolicy says
    mounts: Mapping[str, str] = field(default_factory=dict)  # volume -> `Secret x`, `ConfigMap x`
    unmounted: tuple[str, ...] = ()  # what its events say of volumes, the latest first

    @property
    def own(self) -> ContainerView:
        """The container that the pod was made for, which is named after its component."""
        own = (each for each in self.containers if each.name == self.component)
        return next(own, ContainerView(name=str(self.component or ""), ours=True))

    @property
    def is_serving(self) -> bool:
        """Whether it can be reached: the Services of a run pass on to unready pods, too.

        A container that admission added may never be ready, and is not asked.
        """
        return self.ready or (bool(self.run) and self.own.ready)

    @property
    def has_ended(self) -> bool:
        """Whether all its containers have ended for good: it takes nothing from anybody."""
        return self.phase in {"Succeeded", "Failed"}

    @property
    def has_finished(self) -> bool:
        """Whether its own container has ended for good, or said all it had to say.

        A container that admission added may run on, and the pod with it.
        """
        return self.reported or self.has_ended or self._own_has_ended

    @property
    def is_held(self) -> bool:
        """Whether its own container has ended for good, and one that admission added has not.

        That one may never have started: a pod whose images are not all there stays Pending.
        """
        others = (c for c in self.containers if not c.ours and c.kind is not ContainerKind.INIT)
        held = any(each.state is not ContainerState.TERMINATED for each in others)
        return held and self._own_has_ended and not self.has_ended

    @property
    def _own_has_ended(self) -> bool:
        return self.own.state is ContainerState.TERMINATED and not self.starts_again


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger(Child):
    """A pod that bears the experiment's labels and is not its own: `why` says in what."""

    why: str
    has_ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView(Child):
    """What decides about a Job: its conditions and its pods' ends, never `active`."""

    created: float = 0.0  # epoch seconds
    complete: bool = False
    failed: bool = False
    suspended: bool = False  # by somebody: none of ours is
    message: str = ""
    refusal: str = ""  # why its pods could not be created
    program: Mapping[str, Any] = field(default_factory=dict)  # what its pods are to run


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerView(Child):
    """A Deployment or a StatefulSet; `refusal` is why its pods could not be created."""

    refusal: str = ""
    replicas: int | None = None  # that it is asked for now, by whomever


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeView(Child):
    """What somebody may have edited: a Service, a NetworkPolicy, a Deployment or a StatefulSet."""

    spec: Mapping[str, Any] = field(default_factory=dict)  # empty where it was too large to read
    is_as_made: bool = False  # nobody has written its spec, or its pods' template, again since
    others_wrote: frozenset[str] = frozenset()  # fields of a Service's spec, since it was made


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the queue: how many are ahead, and the first of them."""

    ahead: int = 0
    waits_for: str = ""
    is_under_way: bool = False  # that first one: its end says whose turn it is
    wanted_by: str = ""  # of one that is over and keeps something: who else waits or runs


NOBODY_AHEAD = Place()


@dataclass(frozen=True, slots=True)
class Observed:
    """All children of one experiment, and its place in the queue."""

    trials: dict[str, Trial] = field(default_factory=dict)  # measurements of pilots alone
    pods: tuple[PodView, ...] = ()
    departing: tuple[PodView, ...] = ()  # pods whose makers are gone: soon they are collected
    let_go: tuple[Child, ...] = ()  # pods that were ours, and that nobody controls any more
    gone: tuple[Child, ...] = ()  # pods of what runs that were there, and are not any more
    strangers: tuple[Stranger, ...] = ()
    jobs: tuple[JobView, ...] = ()
    controllers: tuple[ControllerView, ...] = ()
    services: tuple[Child, ...] = ()
    made: tuple[MadeView, ...] = ()  # Services, controllers and policies: what is asked of each
    asked: tuple[ServiceView, ...] = ()  # Services that run already, while trials run
    foreign_slices: tuple[ForeignSlice, ...] = ()  # of Services of its own, while trials run
    inputs: Mapping[str, str] = field(default_factory=dict)  # ConfigMaps, while trials run
    place: Place = NOBODY_AHEAD
    former: str = ""  # what is left of a former experiment of this name, while this one waits
    preparation: Preparation | None = None  # as far as the data set's log is known
    kubernetes_version: str = ""
    nodes: tuple[NodeView, ...] = ()  # looked at where a pod fits none of them, if it is allowed
    awaits_pods: bool = False  # of a Job or StatefulSet: no event of a watch says they are refused
    baseline: BaselineView | None = None  # where it is asked for: at admission and at the end
    cells: tuple[AnalysedCell, ...] | None = None  # of the plan; None until all are analysed

    def measured(self) -> tuple[Trial, ...]:
        """The trials of the blocks, whose results count."""
        return tuple(trial for trial in self.trials.values() if trial.spec.role.is_in_block)

    def pilots(self) -> tuple[Trial, ...]:
        """The pilot trials, with their measurements."""
        return tuple(each for each in self.trials.values() if each.spec.role is TrialRole.PILOT)

    def tells_of_nodes(self) -> tuple[Trial, ...]:
        """The trials by which nodes are quiet or not: before the first block those that precede it.

        A node that lets none of them through is told of, too.
        """
        return self.measured() or tuple(self.trials.values())

    def runs(self) -> frozenset[str]:
        """Names of the runs of which anything is left that lives or gives life."""
        pods = (pod for pod in (*self.pods, *self.departing) if not pod.has_ended)
        children = (*self.makers(), *pods)
        return frozenset(child.run for child in children if child.run)

    def makers(self) -> tuple[Child, ...]:
        """What is deleted for its pods to go, and the Services before them."""
        return (*self.services, *self.jobs, *self.controllers)

    def pod_makers(self) -> tuple[ControllerView | JobView, ...]:
        """What makes pods, and may say why it could not."""
        return (*self.controllers, *self.jobs)

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
        own = (c for c in self.controllers if not c.run)
        return any(c.component is component and not c.deleting for c in own)

    def is_ready(self, component: Component) -> bool:
        """Whether a pod of the experiment's own part is ready."""
        return any(pod.ready and not pod.deleting for pod in self.pods_of("", component))
