"""The load profile, in k6's own words."""

from enum import StrEnum

from pydantic import Field

from loadlab.model.base import ApiModel
from loadlab.model.quantities import Duration, bounded_duration


class Executor(StrEnum):
    """How k6 schedules the iterations."""

    CONSTANT_VUS = "constant-vus"
    RAMPING_VUS = "ramping-vus"
    CONSTANT_ARRIVAL_RATE = "constant-arrival-rate"
    RAMPING_ARRIVAL_RATE = "ramping-arrival-rate"

    @property
    def is_open(self) -> bool:
        """Whether arrivals are independent of answers (an open model)."""
        return self in {Executor.CONSTANT_ARRIVAL_RATE, Executor.RAMPING_ARRIVAL_RATE}

    @property
    def ramps(self) -> bool:
        """Whether the load rises over `rampUp` first."""
        return self in {Executor.RAMPING_VUS, Executor.RAMPING_ARRIVAL_RATE}


class Request(ApiModel):
    """How one request is made. Method, path and body come from the workload."""

    timeout: Duration = Field(
        default="20s",
        description="A request without an answer by then has failed. Keep it below gracefulStop.",
        json_schema_extra=bounded_duration("100ms", "120s"),
    )
    think_time: Duration = Field(
        default="0s",
        description="Pause of a virtual user between an answer and its next request.",
        json_schema_extra=bounded_duration("0s", "60s"),
    )


class Load(ApiModel):
    """One load profile for all trials."""

    executor: Executor = Field(
        default=Executor.CONSTANT_VUS,
        description=(
            "k6 executor. constant-vus and ramping-vus are closed models (a slow answer delays the "
            "next request); the arrival-rate ones are open models."
        ),
    )
    ramp_up: Duration = Field(
        default="1s",
        description="Time in which a ramping executor reaches the full load.",
        json_schema_extra=bounded_duration("0s", "10m"),
    )
    duration: Duration = Field(
        default="30s",
        description="Length of the measurement at full load.",
        json_schema_extra=bounded_duration("1s", "1h"),
    )
    warmup: Duration = Field(
        default="5s",
        description=(
            "Load before the measurement, kept apart and not counted; 0s for none. Its last "
            "quarter lets the requests in flight end."
        ),
        json_schema_extra=bounded_duration("1s", "10m", or_zero=True),
    )
    time_unit: Duration = Field(
        default="1s",
        description="Unit of factors.rate: rate 100 with timeUnit 1s is 100 requests a second.",
        json_schema_extra=bounded_duration("1ms", "1h"),
    )
    graceful_stop: Duration = Field(
        default="30s",
        description="How long requests in flight at the end may take to finish.",
        json_schema_extra=bounded_duration("0s", "5m"),
    )
    parallelism: int = Field(
        default=1,
        ge=1,
        le=16,
        description="k6 pods. The load is split exactly over them; they start together.",
    )
    max_virtual_users: int = Field(
        default=0,
        ge=0,
        le=50_000,
        description=(
            "Ceiling of virtual users for the arrival-rate executors, all allocated beforehand; "
            "0 derives it from rate and timeout, up to 2000."
        ),
    )
    request: Request = Field(default=Request(), description="How one request is made.")
