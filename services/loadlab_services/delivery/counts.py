"""What the worker of either queue counts; its instruments show it under these names."""

from typing import Final, Protocol

PERSISTED: Final = "persisted"
# Commits, whatever the writer: persisted / batches is the number of records per commit.
BATCHES: Final = "batches"
DEAD_LETTERED: Final = "deadLettered"
COUNTS: Final = (PERSISTED, BATCHES, DEAD_LETTERED)


class Counter(Protocol):
    """Where the consumers of a process count what they have done, under the names in COUNTS."""

    def add(self, extra: str, amount: int) -> None: ...
