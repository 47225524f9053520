"""The factors of an experiment, one entry each: everything else about a factor derives from it."""

from enum import StrEnum
from typing import Self

from pydantic.alias_generators import to_snake

from loadlab.catalogue import reference_factors
from loadlab.catalogue.factor_facts import Arrivals, FactorFacts, Need, Server
from loadlab.catalogue.generators import Generator


class Factor(StrEnum):
    """A setting that an experiment may sweep."""

    _value_: str
    facts: FactorFacts
    attribute: str  # name of its field in the models

    def __new__(cls, name: str, facts: FactorFacts) -> Self:
        factor = str.__new__(cls, name)
        factor._value_ = name
        factor.facts = facts
        factor.attribute = to_snake(name)  # once: cells ask for it millions of times
        return factor

    SERVER = (
        "server",
        FactorFacts(
            description=(
                "Servers of the built-in variants, such as [uvicorn, gunicorn]; absent for what "
                "each variant says. Images bring their own."
            ),
            in_cell="Server.",
            words=tuple(server.value for server in Server),
            variable="SERVER",
            needs=Need.SERVER,
        ),
    )
    GUNICORN_THREADS = (
        "gunicornThreads",
        FactorFacts(
            description=(
                "gunicorn's setting threads, such as [1, 8], where gunicorn serves every variant "
                "(gunicorn's default unless set). UvicornWorker has no use for it: see it by this."
            ),
            in_cell="gunicorn's setting threads.",
            high=256,
            variable="GUNICORN_THREADS",
            needs=Need.SERVER,
        ),
    )
    GUNICORN_WORKER_CONNECTIONS = (
        "gunicornWorkerConnections",
        FactorFacts(
            description=(
                "gunicorn's setting worker_connections, such as [1000, 10], where gunicorn serves "
                "every variant (gunicorn's default unless set). UvicornWorker has no use for it."
            ),
            in_cell="gunicorn's setting worker_connections.",
            high=100_000,
            variable="GUNICORN_WORKER_CONNECTIONS",
            needs=Need.SERVER,
        ),
    )
    GENERATOR = (
        "generator",
        FactorFacts(
            description=(
                "Load generators, such as [k6, wrk]: do they agree, and what does each cost? "
                "What one of them cannot do is refused; absent for load.generator."
            ),
            in_cell="Load generator.",
            words=tuple(generator.value for generator in Generator),
        ),
    )
    PARALLELISM = (
        "parallelism",
        FactorFacts(
            description=(
                "Pods of the generator, such as [1, 2]: is one enough? Each has resources.k6, and "
                "the load of a cell is split over its pods; absent for load.parallelism."
            ),
            in_cell="Pods of the generator.",
            high=16,
        ),
    )
    REPLICAS = (
        "replicas",
        FactorFacts(
            description=(
                "Pods of the service behind its Kubernetes Service, such as [1, 2, 4]; absent for "
                "one. resources.service.cpu is shared out among them, its memory is each pod's. "
                "Leave pairs with workers out by exclude."
            ),
            in_cell="Pods of the service.",
            high=16,
        ),
    )
    SERVICE_CPU = (
        "serviceCpu",
        FactorFacts(
            description=(
                'CPU limits of the service, such as ["500m", "1", "2"]: whole CPUs, or thousandths '
                "by m; absent for resources.service.cpu. The pods of a cell share its level. Where "
                "one is not whole no cell owns its CPUs (placement.serviceCpu)."
            ),
            in_cell="CPU limit of the service.",
            cpus=True,
        ),
    )
    WORKERS = (
        "workers",
        FactorFacts(
            description="Worker processes of the service, such as [1, 2, 4].",
            in_cell="Worker processes.",
            high=64,
            default=(1,),
            variable="WORKERS",
        ),
    )
    VIRTUAL_USERS = (
        "virtualUsers",
        FactorFacts(
            description=(
                "Virtual users of the closed executors (constant-vus, ramping-vus): requests in "
                "flight, as each user waits for its answer. Ignored by the arrival-rate executors."
            ),
            in_cell="Virtual users.",
            high=20_000,
            default=(50,),
            arrivals=Arrivals.CLOSED,
        ),
    )
    RATE = (
        "rate",
        FactorFacts(
            description="Requests per load.timeUnit, for the arrival-rate executors only.",
            in_cell="Requests per time unit.",
            high=100_000,
            arrivals=Arrivals.OPEN,
        ),
    )
    POOL_SIZE = (
        "poolSize",
        FactorFacts(
            description=(
                "Database connections per worker process, for variants with a pool. "
                "workers x poolSize must fit Postgres' max_connections."
            ),
            in_cell="Connections per process.",
            high=1000,
            default=(10,),
            variable="POOL_SIZE",
            needs=Need.POOL,
        ),
    )
    CONSUMERS = (
        "consumers",
        FactorFacts(
            description="Consumers in the queue worker (queued variants only; 1 unless set).",
            in_cell="Consumers of the queue worker.",
            high=64,
            unset=1,
            variable="CONSUMERS",
            workloads=("ingest", "items", "reference", "simulation"),
            needs=Need.WORKER,
        ),
    )
    BATCH_SIZE = (
        "batchSize",
        FactorFacts(
            description=(
                "Rows per batch of the queue worker (queued variants only; 500 unless set)."
            ),
            in_cell="Rows per batch.",
            high=10_000,
            unset=500,
            variable="BATCH_SIZE",
            workloads=("ingest",),
            needs=Need.BATCHES,
        ),
    )
    MS = (
        "ms",
        FactorFacts(
            description=(
                "Milliseconds that a request of the sleep workload waits (1000 unless set)."
            ),
            in_cell="Milliseconds of waiting.",
            high=60_000,
            unset=1000,
            parameter="ms",
            waited=True,
            workloads=("sleep",),
        ),
    )
    FIB = (
        "fib",
        FactorFacts(
            description=(
                "Argument of the Fibonacci number that a request of simulation computes "
                "(15 unless set)."
            ),
            in_cell="Fibonacci number computed.",
            high=35,
            unset=15,
            parameter="fib",
            workloads=("simulation",),
        ),
    )
    USER_IDS = (
        "userIds",
        FactorFacts(
            description=(
                "How many different users the requests of select and simulation ask for, 1 to all "
                "of the data set (the default); 1 asks for user 1 only."
            ),
            in_cell="Different users asked for.",
            high=1_000_000,
            workloads=("select", "simulation"),
        ),
    )
    PAYLOAD_BYTES = (
        "payloadBytes",
        FactorFacts(
            description=(
                "Bytes that are added to the body of each write of ingest and items "
                "(none unless set)."
            ),
            in_cell="Bytes added to a write.",
            high=60_000,
            workloads=("ingest", "items"),
        ),
    )
    WRITE_PERCENT = (
        "writePercent",
        FactorFacts(
            description=(
                "Share of writes among the requests of items, in percent (10 unless set)."
            ),
            in_cell="Share of writes in percent.",
            high=100,
            low=0,
            unset=10,
            workloads=("items",),
        ),
    )
    DELAY_MS = ("delayMs", reference_factors.DELAY_MS)
    SLOW_MS = ("slowMs", reference_factors.SLOW_MS)
    SLOW_PERMILLE = ("slowPermille", reference_factors.SLOW_PERMILLE)
    STALL_MS = ("stallMs", reference_factors.STALL_MS)
    STALL_EVERY_SECONDS = ("stallEverySeconds", reference_factors.STALL_EVERY_SECONDS)
    ERROR_PERMILLE = ("errorPermille", reference_factors.ERROR_PERMILLE)
    BURN_MICROS = ("burnMicros", reference_factors.BURN_MICROS)
    PUT_OFF_MICROS = ("putOffMicros", reference_factors.PUT_OFF_MICROS)
