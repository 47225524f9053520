"""Stores, resources, placement and limits of an experiment."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from loadlab.model.base import ApiModel
from loadlab.model.quantities import Cpu, Duration, Memory, bounded
from loadlab.model.rules import Rule, RuledModel


class PostgresMode(StrEnum):
    """Whose Postgres the workload runs on."""

    BUILTIN = "Builtin"
    EXISTING = "Existing"


class SecretKey(ApiModel):
    """One key of a Secret in the experiment's namespace."""

    name: str = Field(
        pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=253, description="The Secret."
    )
    key: str = Field(
        default="url",
        pattern=r"^[A-Za-z0-9._-]+$",
        max_length=253,
        description="The key in it that holds a postgresql:// URL.",
    )


# The rules are also held against the field's default, an object that its own defaults do not fill.
_EXISTING = "(has(self.mode) && self.mode == 'Existing')"


class Postgres(RuledModel):
    """The Postgres of workloads with a database: one of the experiment's own, or an existing one.

    In an existing database everything that LoadLab makes lies in the schema `loadlab`.
    """

    RULES: ClassVar[tuple[Rule["Postgres"], ...]] = (
        Rule(
            f"{_EXISTING} == has(self.secretRef)",
            lambda it: it.is_existing == (it.secret_ref is not None),
            "postgres.secretRef goes with mode Existing, and only with it",
            ".secretRef",
        ),
        Rule(
            f"!{_EXISTING} || ((!has(self.image) || self.image == '') && "
            "(!has(self.settings) || self.settings.size() == 0))",
            lambda it: not it.is_existing or not (it.image or it.settings),
            "postgres.image and postgres.settings belong to mode Builtin",
        ),
        Rule(
            f"{_EXISTING} || !has(self.overwrite) || !self.overwrite",
            lambda it: it.is_existing or not it.overwrite,
            "postgres.overwrite belongs to mode Existing: a built-in Postgres begins empty",
            ".overwrite",
        ),
    )

    mode: PostgresMode = Field(
        default=PostgresMode.BUILTIN,
        description=(
            "Builtin deploys a Postgres for the experiment. Existing uses the database that "
            "secretRef names (Postgres 14 or newer): what LoadLab makes lies in its schema "
            "loadlab, other schemas are not touched. Its CPU and memory are then unknown."
        ),
    )
    secret_ref: SecretKey | None = Field(
        default=None,
        description=(
            "Where the postgresql:// URL is, only with mode Existing. Its role must own the schema "
            "loadlab or be allowed to create it."
        ),
    )
    overwrite: bool = Field(
        default=False,
        description=(
            "true replaces LoadLab's own tables in the schema loadlab where they hold another "
            "scale or seed; false ends the experiment there. With mode Existing."
        ),
    )
    image: str = Field(
        default="",
        max_length=300,
        description="Image, such as postgres:15; empty takes the operator's default.",
    )
    scale: float = Field(
        default=0.01,
        ge=0.001,
        le=1,
        description=(
            "Size of the data set: 1 is 1 M users, 5 M orders and 10 M order items, about 2 GB, "
            "which takes minutes to load: raise timeouts.prepare with it."
        ),
    )
    settings: dict[str, str] = Field(
        default={},
        max_length=50,
        description='Server settings, such as {max_connections: "200"}; values are strings.',
    )

    @property
    def is_existing(self) -> bool:
        """Whether the database is there already."""
        return self.mode is PostgresMode.EXISTING


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


class RabbitMq(ApiModel):
    """The RabbitMQ that the operator deploys for variants with Celery."""

    image: str = Field(
        default="",
        max_length=300,
        description="Image, such as rabbitmq:3; empty takes the operator's default.",
    )


class Amounts(ApiModel):
    """CPU and memory limits of one kind of container."""

    cpu: Cpu | None = Field(
        default=None, description="CPU limit, such as 2 or 500m; absent for no limit."
    )
    memory: Memory | None = Field(
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
    rabbitmq: Amounts = Field(default=Amounts(), description="RabbitMQ; default memory 1Gi.")
    k6: Amounts = Field(default=Amounts(), description="Each k6 pod; default memory 1Gi.")


class ServiceCpu(StrEnum):
    """Whether the service owns its CPUs."""

    EXCLUSIVE = "Exclusive"
    SHARED = "Shared"


LabelValue = Annotated[
    str, Field(pattern=r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$", max_length=63)
]


class Placement(ApiModel):
    """Where the pods run."""

    service_cpu: ServiceCpu = Field(
        default=ServiceCpu.EXCLUSIVE,
        description=(
            "Exclusive: a Guaranteed pod with whole CPUs, which a kubelet with the static CPU "
            "manager gives to it alone. Shared: no CPU is requested."
        ),
    )
    node_selector: dict[str, LabelValue] = Field(
        default={}, max_length=20, description="Labels of the nodes that may run the pods."
    )


class Timeouts(ApiModel):
    """Deadlines. Each one that passes ends in a terminal state with a reason."""

    prepare: Annotated[Duration, bounded("10s", "6h")] = Field(
        default="5m",
        description=(
            "From acceptance until stores, data set and steward are ready. The full data set "
            "(postgres.scale 1) takes minutes: give it 15m."
        ),
    )
    ready: Annotated[Duration, bounded("5s", "1h")] = Field(
        default="2m",
        description="From the start of a trial until its service answers.",
    )
    drain: Annotated[Duration, bounded("1s", "1h")] = Field(
        default="2m",
        description="From the end of the load until the queue is empty.",
    )
    total: Annotated[Duration, bounded("30s", "48h")] = Field(
        default="2h",
        description="The whole experiment, counted while it is active.",
    )


class TtlStrategy(ApiModel):
    """When a finished experiment deletes itself; absent means never."""

    seconds_after_success: int | None = Field(
        default=None, ge=0, le=31_536_000, description="Seconds after the phase Succeeded."
    )
    seconds_after_failure: int | None = Field(
        default=None, ge=0, le=31_536_000, description="Seconds after Failed or Terminated."
    )
