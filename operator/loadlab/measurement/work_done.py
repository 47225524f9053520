"""What the stores and the queue worker did between the two snapshots, by their own counters."""

from dataclasses import dataclass

from loadlab.base.names import Component
from loadlab.measurement.documents import ComponentReading, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkDone:
    """What the stores and the queue worker did while measuring; None where it is unknown."""

    transactions: int | None = None
    rows_read: int | None = None
    rows_written: int | None = None
    cache_hits: int | None = None
    cache_misses: int | None = None
    persisted: int | None = None
    commits: int | None = None  # of the queue worker

    @property
    def lookups(self) -> int | None:
        """Look-ups in Redis."""
        if self.cache_hits is None or self.cache_misses is None:
            return None
        return self.cache_hits + self.cache_misses


def work_between(start: Snapshot, end: Snapshot) -> WorkDone:
    """Read what the stores and the queue worker did between two snapshots."""
    edges = {name: (start.components.get(name), found) for name, found in end.components.items()}
    postgres, redis = edges.get(Component.POSTGRES), edges.get(Component.REDIS)
    returned, fetched = _gain(postgres, "rows_returned"), _gain(postgres, "rows_fetched")
    return WorkDone(
        transactions=_gain(postgres, "transactions"),
        rows_read=None if returned is None else returned + (fetched or 0),
        rows_written=_gain(postgres, "rows_inserted"),
        cache_hits=_gain(redis, "keyspace_hits"),
        cache_misses=_gain(redis, "keyspace_misses"),
        persisted=_gain(edges.get(Component.WORKER), "persisted"),
        commits=_gain(edges.get(Component.WORKER), "batches"),
    )


def _gain(edges: tuple[ComponentReading | None, ComponentReading] | None, name: str) -> int | None:
    """Return how much a counter rose; None where it is unknown or was reset."""
    if edges is None or edges[0] is None:
        return None
    before, after = getattr(edges[0], name), getattr(edges[1], name)
    return None if before is None or after is None or after < before else after - before
