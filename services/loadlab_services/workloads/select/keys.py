"""The names under which `select/cached` keeps answers."""

from collections.abc import Iterator

from loadlab_services.orders.rows import rows_at


def run_prefix(prefix: str, run: str) -> str:
    """What the names of a run's answers begin with: a trial finds nothing of the one before it."""
    return f"{prefix}{run}:"


def cached_keys(prefix: str, run: str, scale: float) -> Iterator[str]:
    """Yield the names that the answers to all users of the data set have."""
    start = run_prefix(prefix, run)
    return (f"{start}{user}" for user in range(1, rows_at(scale).users + 1))
