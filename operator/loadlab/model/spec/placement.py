"""Where the pods run."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from loadlab.base.models import ApiModel
from loadlab.base.names import Component
from loadlab.base.quantities import Cpu
from loadlab.base.rules import Rule, RuledModel, short_keys


class ServiceCpu(StrEnum):
    """Whether the service owns its CPUs."""

    PREFERRED = "Preferred"
    EXCLUSIVE = "Exclusive"
    SHARED = "Shared"


class SeparateGenerator(StrEnum):
    """Whether load generator and stores run on other nodes than the service."""

    PREFERRED = "Preferred"
    REQUIRED = "Required"
    NONE = "None"


class TaintEffect(StrEnum):
    """What a taint does to pods that do not tolerate it."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


LabelValue = Annotated[
    str, Field(pattern=r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$", max_length=63)
]
NodeLabels = dict[str, LabelValue]
# Of Kubernetes' own taints, on a node that is lost or full: a pod that tolerates them stays there.
_OF_NODES = "node.kubernetes.io/"
_OF_SYSTEM = "system-"


class Toleration(RuledModel):
    """A taint that keeps others off a node, and these pods not."""

    RULES: ClassVar[tuple[Rule["Toleration"], ...]] = (
        Rule(
            f"!self.key.startsWith('{_OF_NODES}')",
            lambda toleration: not toleration.key.startswith(_OF_NODES),
            f"taints of {_OF_NODES} say that a node is lost or full: no pod of a trial stays there",
            ".key",
        ),
    )

    key: str = Field(
        pattern=r"^([a-z0-9][-a-z0-9.]*/)?[A-Za-z0-9][-A-Za-z0-9_.]*$",
        max_length=317,
        description="The taint's key, such as example.com/load-tests; nothing tolerates all.",
    )
    value: LabelValue | None = Field(
        default=None, description="The taint's value; absent for whichever it has."
    )
    effect: TaintEffect | None = Field(
        default=None, description="What the taint does; absent for whatever it does."
    )


class ComponentPlacement(ApiModel):
    """What holds for one component beside what holds for all."""

    node_selector: NodeLabels = Field(
        default={},
        max_length=20,
        description="Labels of its nodes beside those for all; the same key here takes its place.",
    )
    tolerations: tuple[Toleration, ...] = Field(
        default=(), max_length=10, description="Taints it tolerates beside those for all."
    )


def _of_its_own(what: str) -> ComponentPlacement:
    placement: ComponentPlacement = Field(default=ComponentPlacement(), description=what)
    return placement


class ComponentPlacements(ApiModel):
    """Nodes of single components."""

    service: ComponentPlacement = _of_its_own("The service under test.")
    worker: ComponentPlacement = _of_its_own("The queue worker.")
    postgres: ComponentPlacement = _of_its_own("Postgres.")
    redis: ComponentPlacement = _of_its_own("Redis.")
    rabbitmq: ComponentPlacement = _of_its_own("RabbitMQ.")
    k6: ComponentPlacement = _of_its_own("The load generator, whichever it is.")

    def of(self, component: Component) -> ComponentPlacement:
        """Return what holds for a component alone; nothing for those that are not measured."""
        given: ComponentPlacement = getattr(self, component.value, ComponentPlacement())
        return given


class Placement(RuledModel):
    """Where the pods run."""

    RULES: ClassVar[tuple[Rule["Placement"], ...]] = (
        short_keys("node_selector", "nodeSelector", 317),  # a subdomain, a slash, a name
        Rule(
            f"!has(self.priorityClassName) || !self.priorityClassName.startsWith('{_OF_SYSTEM}')",
            lambda placement: not (placement.priority_class_name or "").startswith(_OF_SYSTEM),
            "a priority of the system's would drive the cluster's own pods off their nodes: "
            "give a class of your own",
            ".priorityClassName",
        ),
    )

    service_cpu: ServiceCpu = Field(
        default=ServiceCpu.PREFERRED,
        description=(
            "Exclusive: a Guaranteed pod with whole CPUs, which a kubelet with the static CPU "
            "manager gives to it alone. Shared: it competes for CPU with all others. Preferred: "
            "Exclusive where the first trial's service finds a node with as many free CPUs, else "
            "Shared, for all trials alike; status.chosen says which, and why."
        ),
    )
    separate_generator: SeparateGenerator = Field(
        default=SeparateGenerator.PREFERRED,
        description=(
            "Whether load generator and stores run on other nodes than the service. Required: no "
            "trial runs otherwise. Preferred: where the cluster has such nodes. None: wherever the "
            "scheduler puts them. Later trials run on the nodes of the first: status.chosen says "
            "which. A service that runs already is where it is, and nobody keeps away from it."
        ),
    )
    foreign_cpu: Cpu | None = Field(
        default=None,
        description=(
            "CPUs, such as 500m, that others may use of the service's CPUs, or of those of stores "
            "and generator, before a trial is void and repeated; absent for 300m, or a tenth of "
            "the CPUs where that is more."
        ),
    )
    node_selector: NodeLabels = Field(
        default={}, max_length=20, description="Labels of the nodes that may run the pods."
    )
    tolerations: tuple[Toleration, ...] = Field(
        default=(),
        max_length=10,
        description="Taints of nodes that are kept for such pods, each tolerated by all of them.",
    )
    priority_class_name: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
        max_length=253,
        description=(
            "PriorityClass of all pods, which must exist; one that is above others' lets the "
            "scheduler end their pods to make room. Not one of the system's; absent for the "
            "cluster's default."
        ),
    )
    components: ComponentPlacements = Field(
        default=ComponentPlacements(), description="What holds for single components beside it."
    )

    def labels_for(self, component: Component) -> NodeLabels:
        """Return the labels that a component's nodes must have."""
        return self.node_selector | self.components.of(component).node_selector

    def tolerations_of(self, component: Component) -> tuple[Toleration, ...]:
        """Return the taints that a component tolerates, each once."""
        own = self.components.of(component).tolerations
        return tuple(dict.fromkeys((*self.tolerations, *own)))
