"""Stores, resources, placement and limits of an experiment."""

from enum import StrEnum

from pydantic import Field

from loadlab.model.base import ApiModel
from loadlab.model.quantities import Duration, Quantity, bounded_duration


class Postgres(ApiModel):
    """The Postgres that the operator deploys for workloads with a database."""

    image: str = Field(
        default="",
        max_length=300,
        description="Image, such as postgres:15; empty takes the operator's default.",
    )
    scale: float = Field(
        default=0.01,
        ge=0.001,
        le=1,
        description="Size of the data set: 1 is 1 M users, 5 M orders and 10 M order items.",
    )
    settings: dict[str, str] = Field(
        default={},
        max_length=50,
        description='Server settings, such as {max_connections: "200"}; values are strings.',
    )


class Appendfsync(StrEnum):
    """When Redis forces its log to the disk."""

    ALWAYS = "always"
    EVERYSEC = "everysec"
    NO = "no"


class Redis(ApiModel):
    """The Redis that the operator deploys for workloads with a queue."""

    image: str = Field(
        default="",
        max_length=300,
        description="Image, such as redis:7; empty takes the operator's default.",
    )
    appendfsync: Appendfsync = Field(
        default=Appendfsync.EVERYSEC,
        description=(
            "always loses nothing on a crash, everysec up to two seconds of accepted requests."
        ),
    )


class Amounts(ApiModel):
    """CPU and memory limits of one kind of container."""

    cpu: Quantity | None = Field(
        default=None, description="CPU limit, such as 2 or 500m; absent for no limit."
    )
    memory: Quantity | None = Field(
        default=None, description="Memory limit, such as 512Mi; absent for the default."
    )


class Resources(ApiModel):
    """Limits of the pods. CPU is requested for the service only, so that it may own its CPUs."""

    service: Amounts = Field(
        default=Amounts(cpu="1", memory="1Gi"),
        description="The service under test; with placement.serviceCpu Exclusive whole CPUs.",
        json_schema_extra={"default": {"cpu": "1", "memory": "1Gi"}},
    )
    worker: Amounts = Field(
        default=Amounts(), description="The queue worker; default memory 512Mi."
    )
    postgres: Amounts = Field(default=Amounts(), description="Postgres; default memory 1Gi.")
    redis: Amounts = Field(default=Amounts(), description="Redis; default memory 512Mi.")
    k6: Amounts = Field(default=Amounts(), description="Each k6 pod; default memory 1Gi.")


class ServiceCpu(StrEnum):
    """Whether the service owns its CPUs."""

    EXCLUSIVE = "Exclusive"
    SHARED = "Shared"


class Placement(ApiModel):
    """Where the pods run."""

    service_cpu: ServiceCpu = Field(
        default=ServiceCpu.EXCLUSIVE,
        description=(
            "Exclusive: a Guaranteed pod with whole CPUs, which a kubelet with the static CPU "
            "manager gives to it alone. Shared: no CPU is requested."
        ),
    )
    node_selector: dict[str, str] = Field(
        default={}, max_length=20, description="Labels of the nodes that may run the pods."
    )


class Timeouts(ApiModel):
    """Deadlines. Each one that passes ends in a terminal state with a reason."""

    prepare: Duration = Field(
        default="5m",
        description="From acceptance until stores, data set and steward are ready.",
        json_schema_extra=bounded_duration("10s", "6h"),
    )
    ready: Duration = Field(
        default="2m",
        description="From the start of a trial until its service answers.",
        json_schema_extra=bounded_duration("5s", "1h"),
    )
    drain: Duration = Field(
        default="2m",
        description="From the end of the load until the queue is empty.",
        json_schema_extra=bounded_duration("1s", "1h"),
    )
    total: Duration = Field(
        default="2h",
        description="The whole experiment, counted while it is active.",
        json_schema_extra=bounded_duration("30s", "48h"),
    )


class TtlStrategy(ApiModel):
    """When a finished experiment deletes itself; absent means never."""

    seconds_after_success: int | None = Field(
        default=None, ge=0, le=31_536_000, description="Seconds after the phase Succeeded."
    )
    seconds_after_failure: int | None = Field(
        default=None, ge=0, le=31_536_000, description="Seconds after Failed or Terminated."
    )
