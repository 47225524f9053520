"""What the stores and the queue worker did between the two snapshots, by their own counters."""

from loadlab.base.names import Component
from loadlab.measurement.documents import ComponentReading, Snapshot
from loadlab.measurement.values import WorkDone


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
