"""The status of a LoadTrial: where it stands, and what was measured."""

import operator
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.base.rounding import decimals
from loadlab.model.spec.placement import ServiceCpu
from loadlab.model.status.absent import without_default
from loadlab.model.status.calibration import Calibration
from loadlab.model.status.chosen import MOST_NODES, NodeName
from loadlab.model.status.evidence import MAX_PODS, PodEvidence
from loadlab.model.status.figures import Validity
from loadlab.model.status.inputs import MOST_CONFIG_MAPS, MOST_SECRETS, Inputs
from loadlab.model.status.results import Failures, StatusClasses
from loadlab.model.status.search import TrialStep
from loadlab.model.status.served import AskedService
from loadlab.model.status.servers import MOST_SERVERS, Server


class TrialPhase(StrEnum):
    """Where a trial stands."""

    STARTING = "Starting"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    INVALID = "Invalid"
    FAILED = "Failed"
    LOST = "Lost"

    @property
    def is_terminal(self) -> bool:
        """Whether the trial never runs again."""
        return self not in {TrialPhase.STARTING, TrialPhase.RUNNING}


class Timings(ObservedModel):
    """When what happened, in epoch seconds."""

    started: float = Field(description="The operator began the attempt.")
    served: float | None = Field(
        default=None,
        description=(
            "Of a service of several pods: all were ready, and the generator was made. Absent "
            "where it is made with them."
        ),
    )
    first_request: float | None = Field(default=None, description="The first request was sent.")
    load_ended: float | None = Field(default=None, description="The last answer came.")
    collected: float | None = Field(default=None, description="The result was read.")
    overhead: Annotated[float | None, decimals(3)] = Field(
        default=None,
        description="Seconds before the first request and between the load's end and the result.",
    )

    @property
    def load_made(self) -> float:
        """When the generator was made: from then on it is waited for."""
        return self.started if self.served is None else self.served


class RunAs(ObservedModel):
    """What a component's pod was, as the API server had it after admission."""

    qos_class: str = Field(default="", max_length=20, description="QoS class of the pod.")
    cpu_limit: float | None = Field(default=None, description="CPUs; absent for no limit.")
    cpu_request: float | None = Field(default=None, description="CPUs.")
    memory_limit: int | None = Field(default=None, description="Bytes; absent for no limit.")
    memory_request: int | None = Field(default=None, description="Bytes.")
    cpus_allowed: int | None = Field(
        default=None, description="CPUs that its processes may run on, where they tell."
    )
    nodes: tuple[NodeName, ...] = Field(
        default=(),
        max_length=MOST_NODES,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description="Nodes of its pods.",
    )


class AttemptRecord(ObservedModel):
    """An earlier attempt that did not count."""

    attempt: int = Field(description="Number of the attempt.")
    reason: str = Field(max_length=60, description="Why it did not count.")
    message: str = Field(default="", max_length=1000, description="The same for people.")


class LoadTrialStatus(ObservedModel):
    """Status of a LoadTrial."""

    phase: TrialPhase | None = Field(default=None, description="Where it stands.")
    attempt: int = Field(default=0, description="Number of the attempt, from 1.")
    former_attempts: tuple[AttemptRecord, ...] = Field(
        default=(), max_length=5, description="Attempts that were lost or spoiled."
    )
    reason: str = Field(default="", max_length=60, description="One word for programs.")
    message: str = Field(default="", max_length=2000, description="One sentence for people.")
    evidence: tuple[PodEvidence, ...] = Field(
        default=(),
        max_length=MAX_PODS,
        description="Pods of attempts that did not count, as they were before they were deleted.",
    )
    validity: Validity | None = Field(default=None, description="May the result be used?")
    reasons: tuple[str, ...] = Field(
        default=(), max_length=20, description="Why the result is not Valid."
    )
    requests_per_second: Annotated[float | None, decimals(1)] = Field(
        default=None, description="Requests a second that succeeded."
    )
    p95_ms: Annotated[float | None, decimals(3)] = Field(
        default=None,
        description="95th percentile in milliseconds; absent where latencies grew ever longer.",
    )
    status_classes: StatusClasses = None
    failures: Failures = None
    foreign_cpu: Annotated[float | None, decimals(2)] = Field(
        default=None,
        description=(
            "CPUs that others used, of the service's or of those of stores and generator, the "
            "worse of both; absent where that cannot be told."
        ),
    )
    waited_for_quiet: Annotated[float | None, decimals(2)] = Field(
        default=None,
        description=(
            "Seconds for which the load waited until others left the CPUs alone; absent where the "
            "steward did not look."
        ),
    )
    calibration: Calibration | None = Field(
        default=None, description="Of a trial of the role Calibration: what it found."
    )
    step: TrialStep | None = Field(
        default=None, description="With load.search: what it says of its rate; absent where void."
    )
    service_cpu: ServiceCpu | None = Field(
        default=None, description="Whether the service was started with CPUs of its own."
    )
    timings: Timings | None = Field(default=None, description="When what happened.")
    parts: dict[str, str] = Field(
        default={},
        max_length=20,
        description=(
            "Stores and steward at the attempt's start: the uid of each one's pod, and how often "
            "its container had been started again."
        ),
    )
    servers: tuple[Server, ...] = Field(
        default=(),
        max_length=MOST_SERVERS,
        description=(
            "Pods of the service and of its worker, once all of the attempt's were ready. One that "
            "is replaced voids the attempt."
        ),
    )
    asked_service: AskedService | None = Field(
        default=None,
        description="With variants[].service: what was asked; any change of it voids the attempt.",
    )
    inputs: Inputs = Field(
        default={},
        max_length=MOST_CONFIG_MAPS,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description=(
            "ConfigMaps that the spec names, as the attempt began: each one's uid, "
            "resourceVersion and a digest of its data, empty where there was none. A change of "
            "its data voids the attempt."
        ),
    )
    secrets: dict[str, str] = Field(
        default={},
        max_length=MOST_SECRETS,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description=(
            "Secrets that its pods were given: of what was in each as they began a digest, by a "
            "key that only the experiment's own Secret holds. Another one ends the experiment, "
            "but for headers and certificates, which may be renewed."
        ),
    )
    images: dict[str, str] = Field(
        default={}, max_length=20, description="Image of each component of the run."
    )
    components: dict[str, RunAs] = Field(
        default={}, max_length=20, description="What each component ran as."
    )
    node: str = Field(default="", max_length=253, description="Node of the service.")
    measurement: dict[str, Any] | None = Field(
        default=None,
        description="The full measurement with its merged histogram, as it is stored.",
        json_schema_extra={"x-kubernetes-preserve-unknown-fields": True},
    )

    trace: dict[str, Any] | None = Field(
        default=None,
        description="Of a trial of the role Traced: what its service told, of 24 KiB at most.",
        json_schema_extra={"x-kubernetes-preserve-unknown-fields": True},
    )

    @property
    def has_result(self) -> bool:
        """Whether it came to a result, usable or not."""
        return self.phase in {TrialPhase.SUCCEEDED, TrialPhase.INVALID}
