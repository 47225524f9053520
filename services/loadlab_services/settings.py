"""What the environment of each program may say, read once per process and passed down.

These classes are the contract between the plan's manifests and this image; unknown names are
ignored. What a workload or a variant needs beyond its program's own fields, it says itself: see
`workload.Variant.needs`.
"""

import sys
from collections.abc import Iterable
from typing import Annotated, Literal, NoReturn, Self

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from loadlab_services.database import in_schema
from loadlab_services.names import key_prefix, queue_prefix

# Of an experiment in a store that others use too; empty in one that is its own.
Space = Annotated[str, Field(pattern="^(loadlab:[A-Za-z0-9.-]+)?$", max_length=80)]
# The experiment whose a schema is in a database that others use; empty in one of its own.
Owner = Annotated[str, Field(max_length=400)]
# Of instruments; with a path of an app's own endpoint for Prometheus.
TargetUrl = Annotated[str, Field(pattern="^http://[^/?#@]+(/[^?#@]*)?$", max_length=400)]


class ProgramSettings(BaseSettings):
    """What every program is told."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    workload: str = Field(min_length=1, description="what a request does")
    database_schema: str = Field(
        default="",
        pattern="^([a-z_][a-z0-9_]*)?$",
        description="where all tables lie, if not public",
    )
    database_url: str = Field(default="", repr=False, description="postgresql://…; empty for none")
    redis_space: Space = ""
    amqp_space: Space = ""

    @field_validator("database_url")
    @classmethod
    def _lies_in_its_schema(cls, url: str, info: ValidationInfo) -> str:
        schema = info.data.get("database_schema")
        return in_schema(url, schema) if schema else url

    @property
    def key_prefix(self) -> str:
        """What all keys of the workload in Redis begin with."""
        return key_prefix(self.workload, self.redis_space)

    @property
    def queue_prefix(self) -> str:
        """What the names of the workload's queues in RabbitMQ begin with."""
        return queue_prefix(self.workload, self.amqp_space)

    @classmethod
    def read(cls) -> Self:
        """Read the environment, or end the process with one line that names what is wrong."""
        try:
            return cls()
        except ValidationError as error:
            refuse("; ".join(_spell(one["loc"], one["msg"]) for one in error.errors()))

    def require(self, names: Iterable[str]) -> None:
        """End the process where a variable that the chosen variant needs is not set."""
        if missing := [name for name in names if not getattr(self, name.lower(), "")]:
            refuse(f"{', '.join(missing)}: not set; workload {self.workload!r} needs it")


class ServiceSettings(ProgramSettings):
    """Of the service under test."""

    variant: str = Field(min_length=1, description="one way to serve the workload")
    workers: int = Field(default=1, ge=1, le=256, description="processes serving requests")
    server: Literal["uvicorn", "gunicorn"] = "uvicorn"
    gunicorn_threads: int | None = Field(default=None, ge=1, le=256)
    gunicorn_worker_connections: int | None = Field(default=None, ge=1, le=100_000)
    listen: Literal["shared", "reuseport"] = Field(
        default="shared", description="one listening socket for all workers, or one for each"
    )
    port: int = Field(default=8000, ge=1, le=65535)
    instruments_port: int = Field(default=9000, ge=1, le=65535)
    pool_size: int = Field(default=10, ge=1, le=10_000, description="connections per process")
    thread_tokens: int = Field(default=40, ge=1, le=10_000, description="AnyIO threads per process")
    run_id: str = Field(default="", description="names what is the run's own in shared stores")
    redis_url: str = Field(default="", repr=False)
    amqp_url: str = Field(default="", repr=False, description="amqp://user:password@host:5672/")
    cache_ttl_ms: int = Field(default=1000, ge=1, description="how stale a cached answer may be")
    backlog_limit: int = Field(default=100_000, ge=1, description="queue length answered by 503")
    trace_seconds: int = Field(
        default=0, ge=0, le=10, description="to trace; 0: nothing is wrapped"
    )
    trace_after_ms: int = Field(default=0, ge=0, description="from the first request of the load")


class WorkerSettings(ProgramSettings):
    """Of the worker of either queue."""

    variant: str = Field(min_length=1, description="says what becomes of an accepted message")
    run_id: str = Field(min_length=1, description="names the run's own queue")
    instruments_port: int = Field(default=9000, ge=1, le=65535)
    consumers: int = Field(default=1, ge=1, le=256)


class StreamWorkerSettings(WorkerSettings):
    """Of the worker that reads the Redis stream."""

    redis_url: str = Field(min_length=1, repr=False)
    batch_size: int = Field(default=500, ge=1, le=100_000, description="rows per INSERT or COPY")
    flush_ms: int = Field(default=50, ge=1, le=60_000, description="age that flushes a batch")


class CeleryWorkerSettings(WorkerSettings):
    """Of Celery's worker."""

    amqp_url: str = Field(min_length=1, repr=False)
    redis_url: str = Field(default="", repr=False, description="of the cache that a task clears")
    backlog_limit: int = Field(default=100_000, ge=1, description="queue length answered by 503")


class StewardSettings(ProgramSettings):
    """Of the steward; it has the stores that at least one variant of the experiment needs."""

    port: int = Field(default=8080, ge=1, le=65535)
    redis_url: str = Field(default="", repr=False)
    amqp_url: str = Field(default="", repr=False)
    amqp_metrics_port: int = Field(default=15692, ge=1, le=65535, description="of RabbitMQ's host")
    scale: float = Field(default=0.01, gt=0, le=1, description="of the data set, as its Job has it")
    database_owner: Owner = ""
    steward_token: str = Field(min_length=16, repr=False, description="what every caller must know")
    run_prefix: str = Field(min_length=1, max_length=60, description="of the experiment's runs")
    snapshot_targets: dict[str, dict[str, TargetUrl]] = Field(
        default={}, description="addresses of a variant's instruments by component; {run} is put in"
    )
    snapshot_pods: dict[str, Annotated[int, Field(ge=2, le=64)]] = Field(
        default={}, description="how many pods answer as a target's service, where not one"
    )
    quiet_seconds: float = Field(
        default=30, ge=0, le=3600, description="for which a load waits for a quiet node; 0 for none"
    )
    foreign_cpus: float | None = Field(
        default=None, gt=0, description="that others may use; absent for the steward's own bound"
    )


class DatasetSettings(ProgramSettings):
    """Of the data set's Job."""

    connections: int = Field(default=0, ge=0, description="to Postgres, needed at once")
    database_owner: Owner = ""
    overwrite: bool = Field(default=False, description="whether another data set may be replaced")
    redis_url: str = Field(default="", repr=False, description="of a Redis of the user's own")
    amqp_url: str = Field(default="", repr=False, description="of a RabbitMQ of the user's own")
    amqp_metrics_port: int = Field(default=15692, ge=1, le=65535, description="of RabbitMQ's host")
    scale: float = Field(default=0.01, gt=0, le=1, description="share of the full data set")
    seed: int = Field(default=42, ge=0, le=2**31 - 1)


def refuse(reason: str) -> NoReturn:
    """End the process with one line, before any logging is set up."""
    print(f"loadlab: {reason}", file=sys.stderr)  # noqa: T201
    sys.exit(2)


def _spell(place: tuple[int | str, ...], message: str) -> str:
    return f"{'.'.join(map(str, place)).upper()}: {message}"
