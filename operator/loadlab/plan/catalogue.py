"""What each workload and variant needs and does: stores, work per request, useful factors."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from loadlab.model.factors import FACTOR_WORKLOADS, Factor, Workload
from loadlab.model.names import Component
from loadlab.model.quantities import whole_number
from loadlab.model.spec import LoadExperimentSpec

STORES = (Component.POSTGRES, Component.REDIS, Component.RABBITMQ)
STREAM_WORKER = "loadlab_services.worker"
CELERY_WORKER = "loadlab_services.celery_worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantFacts:
    """What one variant needs besides its workload, and what it must be seen doing.

    `transactions` are those of Postgres for a read that no cache answered, `waits` how often the
    request's `ms` are waited.
    """

    pool: bool = False
    worker: str | None = None  # module of the queue worker
    batches: bool = False  # whether the worker's batch size may be chosen
    redis: bool = False
    cached: bool = False  # looks up one key in Redis for each read
    stale_ms: int = 0  # how old a list may be, at most, that a reader sees after a write
    transactions: int = 0
    waits: int = 1

    @property
    def amqp(self) -> bool:
        """Whether the variant needs RabbitMQ."""
        return self.worker == CELERY_WORKER


@dataclass(frozen=True, slots=True)
class WorkloadFacts:
    """One workload."""

    variants: dict[str, VariantFacts] = field(default_factory=dict)
    has_postgres: bool = True
    writes: bool = False  # accepted writes are accounted for, row by row


_ONE_QUERY = VariantFacts(pool=True, transactions=1)
# asyncpg's reset of a connection that comes back to its pool is a transaction of its own.
_QUERY_AND_RESET = VariantFacts(pool=True, transactions=2)
_TWO_QUERIES = VariantFacts(pool=True, transactions=2)
_STREAM = VariantFacts(worker=STREAM_WORKER, redis=True, batches=True)
# An image of the user's own: it may do what it likes, and nothing is demanded of it.
_OWN_IMAGE = VariantFacts(pool=True, waits=0)
CACHE_TTL = "CACHE_TTL_MS"  # the variable that changes it
CACHE_TTL_MS = 1000  # the services' default
QUEUE_STALE_MS = 5000

CATALOGUE: dict[Workload, WorkloadFacts] = {
    Workload.SLEEP: WorkloadFacts(
        {
            "async": VariantFacts(),
            "sync": VariantFacts(),
            "async-in-sync": VariantFacts(),
            "mixed-sync": VariantFacts(waits=2),
            "mixed-async": VariantFacts(waits=2),
        },
        has_postgres=False,
    ),
    Workload.SELECT: WorkloadFacts(
        {
            "sync": _ONE_QUERY,
            "async": _ONE_QUERY,
            "asyncpg": _QUERY_AND_RESET,
            "asyncpg-tuned": _ONE_QUERY,
            "cached": VariantFacts(pool=True, transactions=2, redis=True, cached=True),
        }
    ),
    Workload.SIMULATION: WorkloadFacts(
        {
            "sync": _TWO_QUERIES,
            "async": _TWO_QUERIES,
            "async-thread": _TWO_QUERIES,
            "async-process": _TWO_QUERIES,
        }
    ),
    Workload.ITEMS: WorkloadFacts(
        {
            "direct": _ONE_QUERY,
            "cached": VariantFacts(
                pool=True, transactions=1, redis=True, cached=True, stale_ms=CACHE_TTL_MS
            ),
            "cached-middleware": VariantFacts(
                pool=True, transactions=1, redis=True, cached=True, stale_ms=CACHE_TTL_MS
            ),
            "queued": VariantFacts(
                pool=True,
                transactions=1,
                worker=CELERY_WORKER,
                redis=True,
                cached=True,
                stale_ms=QUEUE_STALE_MS,
            ),
        },
        writes=True,
    ),
    Workload.INGEST: WorkloadFacts(
        {
            "naive": VariantFacts(),
            "pooled": VariantFacts(pool=True),
            "queued-insert": VariantFacts(worker=STREAM_WORKER, redis=True),
            "queued-batch": _STREAM,
            "queued-copy": _STREAM,
            "queued": _STREAM,
            "celery": VariantFacts(worker=CELERY_WORKER),
        },
        writes=True,
    ),
    Workload.WELLS: WorkloadFacts(
        {
            "blocking": _ONE_QUERY,
            "def": _ONE_QUERY,
            "threadpool": _ONE_QUERY,
            "async": _ONE_QUERY,
        }
    ),
    Workload.CUSTOM: WorkloadFacts(has_postgres=False),
}


def facts(workload: Workload) -> WorkloadFacts:
    """Return the facts of a workload."""
    return CATALOGUE[workload]


def variant_facts(workload: Workload, variant: str) -> VariantFacts:
    """Return the facts of a variant; of an image of the user's own nothing is known."""
    return facts(workload).variants.get(variant, _OWN_IMAGE)


def stores_of(spec: LoadExperimentSpec) -> tuple[Component, ...]:
    """Return the stores that at least one of the experiment's variants needs."""
    needed = {
        store for variant in spec.variants for store in stores_for(spec.workload, variant.name)
    }
    return tuple(store for store in STORES if store in needed)


def stores_for(workload: Workload, variant: str) -> tuple[Component, ...]:
    """Return the stores that a variant needs."""
    known = variant_facts(workload, variant)
    needed = (facts(workload).has_postgres, known.redis, known.amqp)
    return tuple(store for store, is_needed in zip(STORES, needed, strict=True) if is_needed)


def declared_staleness_ms(spec: LoadExperimentSpec, variant: str) -> int:
    """Return how stale a list may be after a write: as declared, with the cache's time to live."""
    known = variant_facts(spec.workload, variant)
    if not known.cached:
        return known.stale_ms
    given = next((v.env for v in spec.variants if v.name == variant), ())
    ttl = next((whole_number(v.value) for v in given if v.name == CACHE_TTL), None)
    return known.stale_ms + (CACHE_TTL_MS if ttl is None else ttl) - CACHE_TTL_MS


def has_meaning(workload: Workload, variant: str, factor: Factor) -> bool:
    """Whether a factor changes anything for a variant."""
    if workload not in FACTOR_WORKLOADS.get(factor, (workload,)):
        return False
    known = variant_facts(workload, variant)
    match factor:
        case Factor.POOL_SIZE:
            return known.pool and facts(workload).has_postgres
        case Factor.CONSUMERS:
            return known.worker is not None
        case Factor.BATCH_SIZE:
            return known.batches
        case _:
            return True


def idle_factors(spec: LoadExperimentSpec) -> Iterable[Factor]:
    """Return the factors that were given and change nothing for any of the variants."""
    names = [variant.name for variant in spec.variants]
    given = spec.factors.dump()
    optional = (f for f in Factor if f in given and f not in _ALWAYS_PRESENT)
    return (f for f in optional if not any(has_meaning(spec.workload, n, f) for n in names))


# The API server fills these in, whether they mean something or not.
_ALWAYS_PRESENT = (Factor.WORKERS, Factor.VIRTUAL_USERS, Factor.POOL_SIZE)
