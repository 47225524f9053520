"""Which module serves which variant of which workload. Imports nothing: variants load by name."""

from dataclasses import dataclass
from typing import Final

STREAM_WORKER: Final = "loadlab_services.worker"
CELERY_WORKER: Final = "loadlab_services.celery_worker"


class UnknownVariantError(LookupError):
    """The environment names a workload and variant that this image does not hold."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a variant lives, and what differs in how its server is run."""

    module: str
    access_log: bool = False
    worker: str | None = None  # module of the process that writes what the server accepted


CATALOGUE: Final[dict[str, dict[str, Entry]]] = {
    "sleep": {
        "sync": Entry("sleep.sync_sleep"),
        "async": Entry("sleep.async_sleep"),
        "async-in-sync": Entry("sleep.async_in_sync"),
        "mixed-sync": Entry("sleep.mixed_sync"),
        "mixed-async": Entry("sleep.mixed_async"),
    },
    "select": {
        "sync": Entry("select.sync_psycopg"),
        "async": Entry("select.async_psycopg"),
        "asyncpg": Entry("select.async_asyncpg"),
        "asyncpg-tuned": Entry("select.asyncpg_tuned"),
        "cached": Entry("select.cached"),
    },
    "simulation": {
        "sync": Entry("simulation.sync_threads"),
        "async": Entry("simulation.async_loop"),
        "async-thread": Entry("simulation.async_thread"),
        "async-process": Entry("simulation.async_process"),
    },
    "items": {
        "direct": Entry("items.direct"),
        "cached": Entry("items.cached"),
        "cached-middleware": Entry("items.cached_middleware"),
        "queued": Entry("items.queued", worker=CELERY_WORKER),
    },
    "ingest": {
        "naive": Entry("ingest.naive", access_log=True),
        "pooled": Entry("ingest.pooled", access_log=True),
        "queued-insert": Entry("ingest.queued_steps", access_log=True, worker=STREAM_WORKER),
        "queued-batch": Entry("ingest.queued_steps", access_log=True, worker=STREAM_WORKER),
        "queued-copy": Entry("ingest.queued_steps", access_log=True, worker=STREAM_WORKER),
        "queued": Entry("ingest.queued", worker=STREAM_WORKER),
        "celery": Entry("ingest.celery_rung", worker=CELERY_WORKER),
    },
    "wells": {
        "blocking": Entry("wells.blocking"),
        "def": Entry("wells.def_handlers"),
        "threadpool": Entry("wells.threadpool"),
        "async": Entry("wells.async_session"),
    },
}


def find_entry(workload: str, variant: str) -> Entry:
    """Find a variant, or say which ones there are."""
    variants = CATALOGUE.get(workload, {})
    if variant not in variants:
        known = ", ".join(f"{name}/{kind}" for name, kinds in CATALOGUE.items() for kind in kinds)
        raise UnknownVariantError(
            f"no variant {variant!r} of workload {workload!r}: "
            f"set WORKLOAD and VARIANT to one of {known}"
        )
    return variants[variant]
