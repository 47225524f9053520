"""Variants and factors: what an experiment compares."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from loadlab.model.base import ApiModel

UNIQUE: dict[str, Any] = {"x-kubernetes-list-type": "set"}


class Workload(StrEnum):
    """What a request does."""

    SLEEP = "sleep"
    SELECT = "select"
    INGEST = "ingest"


class Factor(StrEnum):
    """A setting that an experiment may sweep."""

    WORKERS = "workers"
    VIRTUAL_USERS = "virtualUsers"
    RATE = "rate"
    POOL_SIZE = "poolSize"
    CONSUMERS = "consumers"
    BATCH_SIZE = "batchSize"
    MS = "ms"


VARIANTS: dict[Workload, tuple[str, ...]] = {
    Workload.SLEEP: ("async", "sync"),
    Workload.SELECT: ("sync", "async", "asyncpg"),
    Workload.INGEST: ("naive", "pooled", "queued"),
}

Level = Annotated[int, Field(ge=1, le=100_000)]


class EnvVar(ApiModel):
    """One environment variable of the service's and the worker's containers."""

    name: str = Field(
        pattern=r"^[A-Z][A-Z0-9_]*$", max_length=60, description="Name, such as FLUSH_MS."
    )
    value: str = Field(max_length=1000, description="Value, always a string.")


class Variant(ApiModel):
    """One way to serve the workload."""

    name: str = Field(
        pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$",
        max_length=30,
        description=(
            "Built-in variant. sleep: async, sync. select: sync, async, asyncpg. "
            "ingest: naive, pooled, queued."
        ),
    )
    env: tuple[EnvVar, ...] = Field(
        default=(),
        max_length=20,
        description=(
            "Further settings of this variant's processes, such as FLUSH_MS (age in ms at which "
            "a batch is flushed), THREAD_TOKENS (AnyIO threads per process) or BACKLOG_LIMIT "
            "(stream length at which the API answers 503)."
        ),
    )


def _levels(default: tuple[int, ...] | None, high: int, description: str) -> Any:
    """Declare one factor: a list of levels without repetition."""
    bounds: dict[str, Any] = {"items": {"type": "integer", "minimum": 1, "maximum": high}}
    return Field(
        default=default,
        min_length=1,
        max_length=20,
        description=description,
        json_schema_extra=UNIQUE | bounds,
    )


class Factors(ApiModel):
    """The swept settings. Every list entry is a level; the cells are all their combinations."""

    workers: tuple[Level, ...] = _levels(
        (1,), 64, "Worker processes of the service, such as [1, 2, 4]."
    )
    virtual_users: tuple[Level, ...] = _levels(
        (50,),
        20_000,
        "Virtual users of the closed executors (constant-vus, ramping-vus): requests in flight, "
        "as each user waits for its answer. Ignored by the arrival-rate executors.",
    )
    rate: tuple[Level, ...] | None = _levels(
        None, 100_000, "Requests per load.timeUnit, for the arrival-rate executors only."
    )
    pool_size: tuple[Level, ...] = _levels(
        (10,),
        1000,
        "Database connections per worker process, for variants with a pool. "
        "workers x poolSize must fit Postgres' max_connections.",
    )
    consumers: tuple[Level, ...] | None = _levels(
        None, 64, "Consumers in the queue worker (queued variants only; 1 unless set)."
    )
    batch_size: tuple[Level, ...] | None = _levels(
        None, 10_000, "Rows per batch of the queue worker (queued variants only; 500 unless set)."
    )
    ms: tuple[Level, ...] | None = _levels(
        None, 60_000, "Milliseconds that a request of the sleep workload waits (1000 unless set)."
    )


class Exclusion(ApiModel):
    """A pattern of cells to leave out: every field given must match."""

    variant: str | None = Field(default=None, max_length=30, description="Name of a variant.")
    workers: Level | None = Field(default=None, description="Level of workers.")
    virtual_users: Level | None = Field(default=None, description="Level of virtualUsers.")
    rate: Level | None = Field(default=None, description="Level of rate.")
    pool_size: Level | None = Field(default=None, description="Level of poolSize.")
    consumers: Level | None = Field(default=None, description="Level of consumers.")
    batch_size: Level | None = Field(default=None, description="Level of batchSize.")
    ms: Level | None = Field(default=None, description="Level of ms.")
