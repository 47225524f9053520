"""What pods may use, how long phases may take, how often a trial is tried."""

from typing import Annotated

from pydantic import Field

from loadlab.base.models import ApiModel
from loadlab.base.quantities import Cpu, Duration, Memory, bounded


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


class Retry(ApiModel):
    """What happens to a trial that was lost or spoiled."""

    attempts: int = Field(
        default=2, ge=1, le=5, description="Attempts per trial, the first included."
    )
