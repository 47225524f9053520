"""What pods may use, how long phases may take, how often a trial is tried."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from loadlab.base.models import ApiModel
from loadlab.base.quantities import LEAST_MEMORY, Cpu, Duration, Memory, amount, bounded
from loadlab.base.rules import Rule, RuledModel

CPU_REQUEST = "10m"  # of every container that does not own its CPUs


def _request_rule(resource: str) -> Rule["Amounts"]:
    request, limit = f"self.{resource}Request", f"self.{resource}"

    def fits(amounts: "Amounts") -> bool:
        asked, most = getattr(amounts, f"{resource}_request"), getattr(amounts, resource)
        return asked is None or most is None or amount(asked) <= amount(most)

    return Rule(
        f"!has({request}) || !has({limit}) || "
        f"quantity({request}).compareTo(quantity({limit})) <= 0",
        fits,
        f"{resource}Request must not exceed {resource}, its limit",
    )


class Amounts(RuledModel):
    """What one kind of container may use at most, and what the scheduler keeps for it."""

    RULES: ClassVar[tuple[Rule["Amounts"], ...]] = (
        _request_rule("cpu"),
        _request_rule("memory"),
    )

    cpu: Cpu | None = Field(
        default=None, description="CPU limit, such as 2 or 500m; absent for the default."
    )
    memory: Memory | None = Field(
        default=None, description="Memory limit, such as 512Mi; absent for the default."
    )
    cpu_request: Cpu | None = Field(
        default=None,
        description=f"CPU request, such as 50m; absent for {CPU_REQUEST}. A LimitRange may ask.",
    )
    memory_request: Memory | None = Field(
        default=None, description=f"Memory request, such as 64Mi; absent for {LEAST_MEMORY}."
    )

    def filled(self, *, memory: str, cpu: str | None = None) -> "Amounts":
        """Return the amounts with these limits where none is given, but none below its request."""
        asked_cpu = self.cpu_request or CPU_REQUEST
        asked_memory = self.memory_request or LEAST_MEMORY
        return self.model_copy(
            update={
                "cpu": self.cpu or (cpu and max(cpu, asked_cpu, key=amount)),
                "memory": self.memory or max(memory, asked_memory, key=amount),
                "cpu_request": asked_cpu,
                "memory_request": asked_memory,
            }
        )


# Only what is not measured has a CPU limit unless one is given: a limit stops a container that has
# used it up for the rest of each 100 ms, which would be in the figures.
LIMITS: dict[str, Amounts] = {
    "service": Amounts(memory="1Gi"),
    "worker": Amounts(memory="512Mi"),
    "postgres": Amounts(memory="1Gi"),
    "redis": Amounts(memory="512Mi"),
    "rabbitmq": Amounts(memory="1Gi"),
    "k6": Amounts(memory="1Gi"),
    "steward": Amounts(cpu="1", memory="256Mi"),
    "dataset": Amounts(cpu="1", memory="256Mi"),
    "preparation": Amounts(cpu="1", memory="512Mi"),
    "meter": Amounts(cpu="100m", memory="64Mi"),
}


def _amounts(name: str, what: str) -> Any:
    limits = LIMITS[name]
    cpu = f"CPU {limits.cpu}" if limits.cpu else "no CPU limit"
    return Field(
        default=Amounts(), description=f"{what}; unless given {cpu} and memory {limits.memory}."
    )


class Resources(ApiModel):
    """Limits and requests of each kind of container."""

    service: Amounts = Field(
        default=Amounts(cpu="1", memory="1Gi"),
        description=(
            "The service under test; with placement.serviceCpu Exclusive whole CPUs, and no "
            "requests, as the limits are requested."
        ),
        json_schema_extra={"default": {"cpu": "1", "memory": "1Gi"}},
    )
    worker: Amounts = _amounts("worker", "The queue worker")
    postgres: Amounts = _amounts("postgres", "Postgres")
    redis: Amounts = _amounts("redis", "Redis")
    rabbitmq: Amounts = _amounts("rabbitmq", "RabbitMQ")
    k6: Amounts = Field(
        default=Amounts(),
        description=(
            "Each pod of the load generator, whichever it is; unless given no CPU limit, and the "
            "memory that its virtual users need, "
            f"at least {LIMITS['k6'].memory}."
        ),
    )
    steward: Amounts = _amounts("steward", "The steward, which measures and is not measured")
    dataset: Amounts = _amounts("dataset", "The Job that loads the data set")
    preparation: Amounts = _amounts("preparation", "The Job of spec.preparation")
    meter: Amounts = _amounts("meter", "The meter beside an image without instruments")

    def of(self, name: str) -> Amounts:
        """Return the limits and requests of a component's containers, none left open but CPU."""
        given, limits = getattr(self, name), LIMITS[name]
        filled: Amounts = given.filled(memory=limits.memory, cpu=limits.cpu)
        return filled


class Timeouts(ApiModel):
    """Deadlines. Each one that passes ends in a terminal state with a reason."""

    prepare: Annotated[Duration, bounded("10s", "6h")] = Field(
        default="5m",
        description=(
            "From acceptance until stores, data set and steward are ready, and the image of "
            "`preparation` runs, which has a timeout of its own. The full data set "
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
