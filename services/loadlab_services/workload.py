"""What a workload says about itself, for all who serve, load, prepare or account for it.

Those hold no workload's name. A description imports nothing that only one of them needs: what runs
is named by a `Reference`, and imported by the process that runs it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast

if TYPE_CHECKING:
    from celery import Celery

    from loadlab_services.broker.landing import Landing
    from loadlab_services.data.shape import DataSet
    from loadlab_services.settings import CeleryWorkerSettings, StreamWorkerSettings
    from loadlab_services.stream.sink import Sink

T = TypeVar("T")
STREAM_WORKER: Final = "loadlab_services.programs.worker"
CELERY_WORKER: Final = "loadlab_services.programs.celery_worker"


class Store(StrEnum):
    """A store, by the variable that holds its address."""

    POSTGRES = "DATABASE_URL"
    REDIS = "REDIS_URL"
    RABBITMQ = "AMQP_URL"


@dataclass(frozen=True, slots=True)
class Reference(Generic[T]):
    """Something of a module, such as `package.module:name`, that is imported when it is used."""

    path: str

    def load(self) -> T:
        """Import the module and return what is named."""
        return cast("T", resolve_name(self.path))


@dataclass(frozen=True, slots=True)
class StreamWork:
    """Accepted messages wait in a Redis stream; a worker takes them to a sink in batches."""

    sink: "Reference[Callable[[StreamWorkerSettings], Sink]]"
    in_batches: bool = True  # else one by one, whatever BATCH_SIZE says


@dataclass(frozen=True, slots=True)
class BrokerTask:
    """Accepted messages wait in RabbitMQ as Celery tasks of this name."""

    name: str
    register: "Reference[Callable[[Celery, Landing, CeleryWorkerSettings], None]]"


@dataclass(frozen=True, slots=True)
class Variant:
    """Where a variant lives (see `apps`), and what it needs besides the process that serves it."""

    module: str
    stores: frozenset[Store] = frozenset()
    access_log: bool = False
    put_off: StreamWork | BrokerTask | None = None  # the work that a worker does after the answer

    @property
    def worker(self) -> str | None:
        """The module of the worker's program."""
        match self.put_off:
            case StreamWork():
                return STREAM_WORKER
            case BrokerTask():
                return CELERY_WORKER
        return None

    @property
    def needs(self) -> list[str]:
        """The variables that must be set for its service and its worker."""
        return sorted(self.stores) + (["RUN_ID"] if self.put_off else [])


@dataclass(frozen=True, slots=True)
class GeneratedRows:
    """Tables that are filled from a seed at a scale, and verified when they are used again."""

    at: "Reference[Callable[[float, int], DataSet]]"


@dataclass(frozen=True, slots=True)
class Schema:
    """Tables that begin empty; `create` takes the database's URL and may find them made."""

    create: Reference[Callable[[str], None]]


@dataclass(frozen=True, slots=True)
class WriteLedger:
    """The table that accepted writes must arrive in: emptied before a run, summed up after it.

    `ids` is a query whose one column, `id`, is the request id of each row; null where a row has
    none, so that what another client wrote breaks no sum.
    """

    table: str
    ids: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One kind of request, in as many variants as there are ways to serve it."""

    name: str
    variants: Mapping[str, Variant] = field(default_factory=dict)
    data: GeneratedRows | Schema | None = None
    results: Schema | None = None  # tables that a worker writes, beside data that is only read
    ledger: WriteLedger | None = None
    # Names of what a variant may keep in Redis: by the prefix of all keys, a run, and the scale.
    cached: Reference[Callable[[str, str, float], Iterable[str]]] | None = None

    @property
    def uses_stream(self) -> bool:
        """Whether a run's messages may wait in a Redis stream."""
        return any(isinstance(v.put_off, StreamWork) for v in self.variants.values())

    @property
    def uses_broker(self) -> bool:
        """Whether a run's messages may wait in RabbitMQ."""
        return any(isinstance(v.put_off, BrokerTask) for v in self.variants.values())
