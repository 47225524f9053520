"""The factors of an experiment, one entry each: everything else about a factor derives from it."""

from enum import StrEnum
from typing import Self

from pydantic.alias_generators import to_snake

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
            workloads=("ingest", "items", "reference"),
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
    DELAY_MS = (
        "delayMs",
        FactorFacts(
            description="Milliseconds that every request of reference waits (5 unless set).",
            in_cell="Milliseconds of delay.",
            high=60_000,
            low=0,
            unset=5,
            parameter="delay_ms",
            waited=True,
            workloads=("reference",),
        ),
    )
    SLOW_MS = (
        "slowMs",
        FactorFacts(
            description=(
                "Milliseconds that a slow request of reference waits instead of delayMs, if "
                "they are more; slowPermille says how many are slow (none unless set)."
            ),
            in_cell="Milliseconds of a slow request.",
            high=60_000,
            low=0,
            parameter="slow_ms",
            workloads=("reference",),
        ),
    )
    SLOW_PERMILLE = (
        "slowPermille",
        FactorFacts(
            description=(
                "Slow ones among 1000 requests of reference: always the same numbers, evenly "
                "spread (10 where only slowMs is set)."
            ),
            in_cell="Slow requests among 1000.",
            high=1000,
            low=0,
            parameter="slow_permille",
            workloads=("reference",),
        ),
    )
    STALL_MS = (
        "stallMs",
        FactorFacts(
            description=(
                "Milliseconds that a stall of reference lasts: requests that come into it wait "
                "for its end, at every multiple of stallEverySeconds of the node's uptime (none "
                "unless set)."
            ),
            in_cell="Milliseconds of a stall.",
            high=60_000,
            low=0,
            parameter="stall_ms",
            workloads=("reference",),
        ),
    )
    STALL_EVERY_SECONDS = (
        "stallEverySeconds",
        FactorFacts(
            description=(
                "Seconds from the beginning of a stall of reference to the next (10 where only "
                "stallMs is set)."
            ),
            in_cell="Seconds from stall to stall.",
            high=3600,
            parameter="stall_every_seconds",
            workloads=("reference",),
        ),
    )
    ERROR_PERMILLE = (
        "errorPermille",
        FactorFacts(
            description=(
                "Requests of reference among 1000 that are answered by 500: always the same "
                "numbers, and no slow ones (none unless set)."
            ),
            in_cell="Failing requests among 1000.",
            high=1000,
            low=0,
            parameter="error_permille",
            workloads=("reference",),
        ),
    )
    BURN_MICROS = (
        "burnMicros",
        FactorFacts(
            description=(
                "Microseconds of CPU that the service burns for a request of reference: two "
                "levels differ by as much in cpuMicrosPerRequest.service (none unless set)."
            ),
            in_cell="Microseconds burnt by the service.",
            high=100_000,
            low=0,
            parameter="burn_micros",
            workloads=("reference",),
        ),
    )
    PUT_OFF_MICROS = (
        "putOffMicros",
        FactorFacts(
            description=(
                "Microseconds of CPU that the worker of reference burns for an accepted request "
                "(queued only; none unless set)."
            ),
            in_cell="Microseconds burnt by the worker.",
            high=50_000,
            low=0,
            parameter="put_off_micros",
            workloads=("reference",),
            needs=Need.WORKER,
        ),
    )
