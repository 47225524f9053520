"""What a workload and its variants are: what they need, do and are asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from loadlab.base.names import Component
from loadlab.catalogue.cells import Cell
from loadlab.catalogue.factor_facts import Need
from loadlab.catalogue.factors import Factor
from loadlab.catalogue.requests import Requests

STREAM_WORKER = "loadlab_services.programs.worker"
CELERY_WORKER = "loadlab_services.programs.celery_worker"
CACHE_TTL = "CACHE_TTL_MS"  # the variable that changes it
CACHE_TTL_MS = 1000  # the services' default


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What one variant needs besides its workload, and what it must be seen doing.

    `postgres` and `writes` say whether it uses the database of its workload, and whether its
    requests are writes where its workload has any. `transactions` are those of Postgres for a read
    that no cache answered, `waits` how often a request waits what its waited factors say.
    """

    postgres: bool = True
    writes: bool = True
    pool: bool = False
    worker: str | None = None  # module of the queue worker
    batches: bool = False  # whether the worker's batch size may be chosen
    redis: bool = False
    cached: bool = False  # looks up one key in Redis for each read
    stale_ms: int = 0  # how old a list may be, at most, that a reader sees after a write
    transactions: int = 0
    waits: int = 1
    has_server: bool = True  # whether uvicorn or gunicorn serves it, as the experiment says
    log_lines: int = 0  # that its service prints for a request

    @property
    def amqp(self) -> bool:
        """Whether the variant needs RabbitMQ."""
        return self.worker == CELERY_WORKER

    def stale_ms_at(self, cache_ttl_ms: int | None) -> int:
        """Return how stale a list may be after a write, with a cache's time to live if given."""
        changed = CACHE_TTL_MS if cache_ttl_ms is None else cache_ttl_ms
        return self.stale_ms + (changed - CACHE_TTL_MS if self.cached else 0)


# An image of the user's own: it may do what it likes, and nothing is demanded of it. It is taken to
# print an access log, as uvicorn does where nobody says otherwise.
OWN_IMAGE = Variant(pool=True, waits=0, has_server=False, log_lines=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the requests of a cell depend on."""

    cell: Cell
    variant: Variant
    scale: float  # share of the full data set


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a request does, and the ways to serve it.

    Without `requests` an experiment says itself what is asked.
    """

    name: str
    summary: str
    variants: Mapping[str, Variant] = field(default_factory=dict)
    requests: Callable[[Asked], Requests] | None = None
    has_postgres: bool = True  # for the variants that use it
    writes: bool = False  # accepted writes are accounted for, row by row

    def variant(self, name: str) -> Variant:
        """Return the facts of a variant; of an image of the user's own nothing is known."""
        return self.variants.get(name, OWN_IMAGE)

    def stores(self, variant: str) -> tuple[Component, ...]:
        """Return the stores that a variant needs."""
        known = self.variant(variant)
        needed = {
            Component.POSTGRES: self.has_postgres and known.postgres,
            Component.REDIS: known.redis,
            Component.RABBITMQ: known.amqp,
        }
        return tuple(store for store, is_needed in needed.items() if is_needed)

    def accounts_for(self, variant: str) -> bool:
        """Whether the accepted writes of a variant are held against the rows."""
        return self.writes and self.variant(variant).writes

    def gives_meaning(self, factor: Factor, variant: str) -> bool:
        """Whether a factor changes anything for a variant."""
        if factor.facts.workloads and self.name not in factor.facts.workloads:
            return False
        known = self.variant(variant)
        has = {
            None: True,
            Need.POOL: known.pool and Component.POSTGRES in self.stores(variant),
            Need.WORKER: known.worker is not None,
            Need.BATCHES: known.batches,
            Need.SERVER: known.has_server,
        }
        return has[factor.facts.needs]
