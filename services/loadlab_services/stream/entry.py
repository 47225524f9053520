"""The names of a run's streams and the entries in them."""

from dataclasses import dataclass

GROUP = "writers"
FIELD = b"payload"
DEAD_SUFFIX = ":dead"


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted message: its id in the stream, also its key in Postgres, and its JSON text."""

    id: str
    payload: bytes


def stream_key(prefix: str, run: str) -> str:
    """Name the stream that a run's accepted messages wait in."""
    return f"{prefix}{run}"


def dead_letter_key(prefix: str, run: str) -> str:
    """Name the stream that a run's refused messages end in."""
    return f"{stream_key(prefix, run)}{DEAD_SUFFIX}"
