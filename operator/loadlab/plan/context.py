"""What every builder needs to know: the experiment, the images, and how children are marked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from loadlab.base.names import (
    COMPONENT_LABEL,
    FINGERPRINT_ANNOTATION,
    RUN_LABEL,
    TRIAL_LABEL,
    Component,
    component_name,
    run_name,
)
from loadlab.catalogue import Cell
from loadlab.model.k6_outputs import K6Outputs
from loadlab.model.resources import Experiment
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.load import Load
from loadlab.model.spec.placement import ServiceCpu
from loadlab.model.status.chosen import Chosen
from loadlab.plan.variants import ResolvedVariant

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Images:
    """The images of the pods, and how they are pulled."""

    services: str
    k6: str
    postgres: str
    redis: str
    rabbitmq: str
    generators: str = "loadlab/generators:0.1.0"  # of others than k6
    # No image, but what else an installation says: hosts beyond the cluster that may be loaded, and
    # where k6 sends its own metrics.
    allowed_hosts: tuple[str, ...] = ()
    k6_outputs: K6Outputs = field(default_factory=K6Outputs)
    pull_policy: str = "IfNotPresent"
    pull_secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt of one trial."""

    trial: str
    attempt: int
    cell: Cell
    load: Load
    replicate: int = 1  # of the cell: each has arrivals of its own; 0 before the first block
    position: int = 1  # in the plan, or before the first block
    calibrates: bool = False  # k6 alone: the service is there and is asked nothing
    traces: bool = False  # the service notes what requests wait for

    @property
    def name(self) -> str:
        """The run's name, from which its children take theirs."""
        return run_name(self.trial, self.attempt)


@dataclass(frozen=True, slots=True)
class Context:
    """The experiment that children are built for."""

    experiment: Experiment
    images: Images
    variants: Mapping[str, ResolvedVariant]  # by name
    chosen: Chosen
    read_fingerprint: Callable[[], str] = field(default=str, compare=False)

    @property
    def fingerprint(self) -> str:
        """Hash of the plan; empty while the plan is hashed."""
        return self.read_fingerprint()

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return self.experiment.metadata.name

    @property
    def space(self) -> str:
        """What the experiment's keys and queues begin with in stores that others use, too."""
        return f"loadlab:{self.experiment.metadata.uid}"

    @property
    def spec(self) -> LoadExperimentSpec:
        """Spec of the experiment."""
        return self.experiment.spec

    @property
    def replicates(self) -> int:
        """Replicates of each cell, as far as it is known how many there will be."""
        return self.chosen.replicates or self.spec.replicates

    @property
    def service_cpu(self) -> ServiceCpu:
        """Whether the service owns its CPUs: it is tried until something else is chosen."""
        given = self.spec.placement.service_cpu
        if not self.is_deployed:
            return ServiceCpu.SHARED
        if given is not ServiceCpu.PREFERRED:
            return given
        return self.chosen.service_cpu or ServiceCpu.EXCLUSIVE

    @property
    def is_deployed(self) -> bool:
        """Whether services are started for the runs: else all of them run already."""
        return any(variant.is_deployed for variant in self.variants.values())

    @property
    def settled(self) -> Chosen:
        """What is chosen once a trial has run: nothing is open any more."""
        return self.chosen.model_copy(update={"service_cpu": self.service_cpu})

    @property
    def owns_cpus(self) -> bool:
        """Whether the service owns its CPUs."""
        return self.service_cpu is ServiceCpu.EXCLUSIVE

    def variant(self, cell: Cell) -> ResolvedVariant:
        """The variant of a cell."""
        return self.variants[cell.variant]

    def labels(self, component: Component, run: Run | None = None) -> dict[str, str]:
        """Labels of a child."""
        marks = self.experiment.labels | {COMPONENT_LABEL: component.value}
        return marks | ({TRIAL_LABEL: run.trial, RUN_LABEL: run.name} if run else {})

    def child_name(self, component: Component, run: Run | None = None) -> str:
        """Name of a child."""
        return component_name(run.name if run else self.experiment.children_name, component)

    def metadata(self, component: Component, run: Run | None = None) -> Manifest:
        """Metadata of a child: derived name, owner, fingerprint of the plan."""
        return {
            "name": self.child_name(component, run),
            "namespace": self.experiment.metadata.namespace,
            "labels": self.labels(component, run),
            "annotations": {FINGERPRINT_ANNOTATION: self.fingerprint},
            "ownerReferences": [self.experiment.owner_reference],
        }

    def pulled(self, image: str) -> Manifest:
        """An image and its pull policy, as a piece of a container."""
        return {"image": image, "imagePullPolicy": self.images.pull_policy}

    def pull_secrets(self) -> Manifest:
        """The pull secrets, as a piece of a pod."""
        names = self.images.pull_secrets
        return {"imagePullSecrets": [{"name": name} for name in names]} if names else {}

    def credential(self, variable: str, component: Component) -> Manifest:
        """An environment variable taken from the experiment's Secret: what opens a component."""
        reference = {"name": self.experiment.credentials_secret, "key": component.value}
        return {"name": variable, "valueFrom": {"secretKeyRef": reference}}
