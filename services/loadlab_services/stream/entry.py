"""The names of a run's streams and the entries in them."""

from dataclasses import dataclass

from loadlab_services.stores.keys import key_prefix

GROUP = "writers"
FIELD = b"payload"
DEAD_SUFFIX = ":dead"


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted message: its id in the stream, also its key in Postgres, and its JSON text."""

    id: str
    payload: bytes


def stream_key(workload: str, run: str) -> str:
    """Name the stream that a run's accepted messages wait in."""
    return f"{key_prefix(workload)}{run}"


def dead_letter_key(workload: str, run: str) -> str:
    """Name the stream that a run's refused messages end in."""
    return f"{stream_key(workload, run)}{DEAD_SUFFIX}"
