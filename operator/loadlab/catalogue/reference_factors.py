"""What is known of the factors of `reference`: the delays, stalls, errors and CPU of a request."""

from loadlab.catalogue.factor_facts import FactorFacts, Need

DELAY_MS = FactorFacts(
    description="Milliseconds that every request of reference waits (5 unless set).",
    in_cell="Milliseconds of delay.",
    high=60_000,
    low=0,
    unset=5,
    parameter="delay_ms",
    waited=True,
    workloads=("reference",),
)
SLOW_MS = FactorFacts(
    description=(
        "Milliseconds that a slow request of reference waits instead of delayMs, if "
        "they are more; slowPermille says how many are slow (none unless set)."
    ),
    in_cell="Milliseconds of a slow request.",
    high=60_000,
    low=0,
    parameter="slow_ms",
    workloads=("reference",),
)
SLOW_PERMILLE = FactorFacts(
    description=(
        "Slow ones among 1000 requests of reference: always the same numbers, evenly "
        "spread (10 where only slowMs is set)."
    ),
    in_cell="Slow requests among 1000.",
    high=1000,
    low=0,
    parameter="slow_permille",
    workloads=("reference",),
)
STALL_MS = FactorFacts(
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
)
STALL_EVERY_SECONDS = FactorFacts(
    description=(
        "Seconds from the beginning of a stall of reference to the next (10 where only "
        "stallMs is set)."
    ),
    in_cell="Seconds from stall to stall.",
    high=3600,
    parameter="stall_every_seconds",
    workloads=("reference",),
)
ERROR_PERMILLE = FactorFacts(
    description=(
        "Requests of reference among 1000 that are answered by 500: always the same "
        "numbers, and no slow ones (none unless set)."
    ),
    in_cell="Failing requests among 1000.",
    high=1000,
    low=0,
    parameter="error_permille",
    workloads=("reference",),
)
BURN_MICROS = FactorFacts(
    description=(
        "Microseconds of CPU that the service burns for a request of reference: two "
        "levels differ by as much in cpuMicrosPerRequest.service (none unless set)."
    ),
    in_cell="Microseconds burnt by the service.",
    high=100_000,
    low=0,
    parameter="burn_micros",
    workloads=("reference",),
)
PUT_OFF_MICROS = FactorFacts(
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
)
