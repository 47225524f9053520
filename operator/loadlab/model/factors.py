"""Variants and factors: what an experiment compares."""

from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from loadlab.model.base import ApiModel

UNIQUE: dict[str, Any] = {"x-kubernetes-list-type": "set"}


class Workload(StrEnum):
    """What a request does."""

    SLEEP = "sleep"
    SELECT = "select"
    SIMULATION = "simulation"
    ITEMS = "items"
    INGEST = "ingest"
    WELLS = "wells"
    CUSTOM = "custom"


class Factor(StrEnum):
    """A setting that an experiment may sweep."""

    WORKERS = "workers"
    VIRTUAL_USERS = "virtualUsers"
    RATE = "rate"
    POOL_SIZE = "poolSize"
    CONSUMERS = "consumers"
    BATCH_SIZE = "batchSize"
    MS = "ms"
    FIB = "fib"
    USER_IDS = "userIds"
    PAYLOAD_BYTES = "payloadBytes"
    WRITE_PERCENT = "writePercent"


VARIANTS: dict[Workload, tuple[str, ...]] = {
    Workload.SLEEP: ("async", "sync", "async-in-sync", "mixed-sync", "mixed-async"),
    Workload.SELECT: ("sync", "async", "asyncpg", "asyncpg-tuned", "cached"),
    Workload.SIMULATION: ("sync", "async", "async-thread", "async-process"),
    Workload.ITEMS: ("direct", "cached", "cached-middleware", "queued"),
    Workload.INGEST: (
        *("naive", "pooled", "queued-insert", "queued-batch", "queued-copy", "queued", "celery"),
    ),
    Workload.WELLS: ("blocking", "def", "threadpool", "async"),
    Workload.CUSTOM: (),  # every variant is an image of the user's own
}

# The workloads that a parameter belongs to; the other factors go with every workload.
FACTOR_WORKLOADS: dict[Factor, tuple[Workload, ...]] = {
    Factor.MS: (Workload.SLEEP,),
    Factor.FIB: (Workload.SIMULATION,),
    Factor.USER_IDS: (Workload.SELECT, Workload.SIMULATION),
    Factor.PAYLOAD_BYTES: (Workload.INGEST, Workload.ITEMS),
    Factor.WRITE_PERCENT: (Workload.ITEMS,),
    Factor.CONSUMERS: (Workload.INGEST, Workload.ITEMS),
    Factor.BATCH_SIZE: (Workload.INGEST,),
}

Level = Annotated[int, Field(ge=1, le=1_000_000)]
Share = Annotated[int, Field(ge=0, le=100)]


def _built_in_names() -> str:
    """List the catalogue, for `kubectl explain`."""
    return " ".join(f"{work}: {', '.join(names)}." for work, names in VARIANTS.items() if names)


class EnvVar(ApiModel):
    """One environment variable of the service's and the worker's containers."""

    name: str = Field(
        pattern=r"^[A-Z][A-Z0-9_]*$", max_length=60, description="Name, such as FLUSH_MS."
    )
    value: str = Field(max_length=1000, description="Value, always a string.")


class Server(StrEnum):
    """What serves a built-in variant."""

    UVICORN = "uvicorn"
    GUNICORN = "gunicorn"


def _variant_rules(schema: dict[str, Any]) -> None:
    """CEL: what goes with an image of the user's own, and what with a built-in variant."""
    own = ("command", "port", "readinessPath", "instrumentsPort")
    schema["x-kubernetes-validations"] = [
        {
            "rule": f"has(self.image) || !({' || '.join(f'has(self.{field})' for field in own)})",
            "message": f"{', '.join(own)} go with image: a built-in variant has its own",
        },
        {
            "rule": "!has(self.image) || !has(self.server)",
            "message": "server goes with a built-in variant: an image brings its own, see command",
        },
        {
            "rule": (
                "!has(self.instrumentsPort) || "
                "self.instrumentsPort != (has(self.port) ? self.port : 8000)"
            ),
            "message": "instrumentsPort must differ from port",
        },
    ]


class Variant(ApiModel):
    """One way to serve the workload."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra=_variant_rules)

    name: str = Field(
        pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$",
        max_length=30,
        description=(
            f"Built-in variant, or with image any other name. {_built_in_names()} "
            "custom: images only."
        ),
    )
    image: str | None = Field(
        default=None,
        min_length=1,
        max_length=300,
        description=(
            "Image of your own service, for names that are not built in only. It runs as user "
            "10001 with a read-only root file system and a writable /tmp, and is told WORKERS, "
            "PORT and, with a built-in workload, DATABASE_URL and POOL_SIZE."
        ),
    )
    command: tuple[Annotated[str, Field(max_length=2000)], ...] | None = Field(
        default=None,
        min_length=1,
        max_length=50,
        description=(
            "Command of the image; absent for the image's own. $(WORKERS) and the other variables "
            "of env are put in."
        ),
    )
    port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port of the image's service (8000 unless set). It is told as PORT, too.",
    )
    readiness_path: str | None = Field(
        default=None,
        pattern=r"^/",
        max_length=300,
        description="Path that the image answers with 200 once it can serve (/healthz unless set).",
    )
    instruments_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description=(
            "Port on which the image answers GET /snapshot, as loadlab_services.instruments does; "
            "it is told as INSTRUMENTS_PORT. Where it is absent, a container beside the image "
            "meters CPU, memory and open files, and the rest is unknown."
        ),
    )
    server: Server | None = Field(
        default=None,
        description=(
            "uvicorn, or gunicorn with UvicornWorker, for built-in variants (uvicorn unless set)."
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


def _levels(default: tuple[int, ...] | None, high: int, description: str, *, low: int = 1) -> Any:
    """Declare one factor: a list of levels without repetition."""
    bounds: dict[str, Any] = {"items": {"type": "integer", "minimum": low, "maximum": high}}
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
    fib: tuple[Level, ...] | None = _levels(
        None,
        35,
        "Argument of the Fibonacci number that a request of simulation computes (15 unless set).",
    )
    user_ids: tuple[Level, ...] | None = _levels(
        None,
        1_000_000,
        "How many different users the requests of select and simulation ask for, 1 to all of the "
        "data set (the default); 1 asks for user 1 only.",
    )
    payload_bytes: tuple[Level, ...] | None = _levels(
        None,
        60_000,
        "Bytes that are added to the body of each write of ingest and items (none unless set).",
    )
    write_percent: tuple[Share, ...] | None = _levels(
        None,
        100,
        "Share of writes among the requests of items, in percent (10 unless set).",
        low=0,
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
    fib: Level | None = Field(default=None, description="Level of fib.")
    user_ids: Level | None = Field(default=None, description="Level of userIds.")
    payload_bytes: Level | None = Field(default=None, description="Level of payloadBytes.")
    write_percent: Share | None = Field(default=None, description="Level of writePercent.")
