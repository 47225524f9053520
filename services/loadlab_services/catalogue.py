"""Which module serves which variant of which workload. Imports nothing: variants load by name."""

from dataclasses import dataclass
from typing import Final


class UnknownVariantError(LookupError):
    """The environment names a workload and variant that this image does not hold."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a variant lives, and what differs in how its server is run."""

    module: str
    access_log: bool = False


CATALOGUE: Final[dict[str, dict[str, Entry]]] = {
    "sleep": {
        "sync": Entry("sleep.sync_sleep"),
        "async": Entry("sleep.async_sleep"),
    },
    "select": {
        "sync": Entry("select.sync_psycopg"),
        "async": Entry("select.async_psycopg"),
        "asyncpg": Entry("select.async_asyncpg"),
    },
    "ingest": {
        "naive": Entry("ingest.naive", access_log=True),
        "pooled": Entry("ingest.pooled"),
        "queued": Entry("ingest.queued"),
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
