"""What each workload needs and how it is asked: stores, request, factors that mean something."""

from dataclasses import dataclass, field

from loadlab.model.factors import Factor, Workload

USERS_AT_FULL_SCALE = 1_000_000

READING = (
    '{"request_id":${request_id},"device_id":"device-${device}","temperature":${temperature},'
    '"humidity":${humidity},"battery":${battery},"recorded_at":"2026-01-01T00:00:00Z"}'
)


@dataclass(frozen=True, slots=True)
class WorkloadFacts:
    """One workload: what it runs on and what a request looks like.

    `variables` maps a name in the request to its inclusive range of integers.
    """

    method: str
    path: str
    body: str | None = None
    variables: dict[str, tuple[int, int]] = field(default_factory=dict)
    has_postgres: bool = True
    has_redis: bool = False
    pooled_variants: tuple[str, ...] = ()
    queued_variants: tuple[str, ...] = ()


CATALOGUE: dict[Workload, WorkloadFacts] = {
    Workload.SLEEP: WorkloadFacts(method="GET", path="/sleep?ms={ms}", has_postgres=False),
    Workload.SELECT: WorkloadFacts(
        method="GET",
        path="/select?user_id=${user_id}",
        variables={"user_id": (1, USERS_AT_FULL_SCALE)},
        pooled_variants=("sync", "async", "asyncpg"),
    ),
    Workload.INGEST: WorkloadFacts(
        method="POST",
        path="/write",
        body=READING,
        variables={
            "device": (1, 1000),
            "temperature": (-20, 45),
            "humidity": (0, 100),
            "battery": (0, 100),
        },
        has_redis=True,
        pooled_variants=("pooled",),
        queued_variants=("queued",),
    ),
}


def facts(workload: Workload) -> WorkloadFacts:
    """Return the facts of a workload."""
    return CATALOGUE[workload]


def is_queued(workload: Workload, variant: str) -> bool:
    """Whether a variant hands its work to a queue worker."""
    return variant in facts(workload).queued_variants


def has_meaning(workload: Workload, variant: str, factor: Factor) -> bool:
    """Whether a factor changes anything for a variant."""
    known = facts(workload)
    match factor:
        case Factor.POOL_SIZE:
            return variant in known.pooled_variants
        case Factor.CONSUMERS | Factor.BATCH_SIZE:
            return variant in known.queued_variants
        case Factor.MS:
            return workload is Workload.SLEEP
        case _:
            return True
