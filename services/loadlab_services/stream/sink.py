"""Where a consumer takes its entries."""

from collections.abc import Sequence
from typing import Protocol

from loadlab_services.stream.entry import Entry


class Sink(Protocol):
    """Does for good what the entries ask for, each at most once however often it is told.

    `persisted` counts the entries, `commits` the batches, both since it was made.
    """

    persisted: int
    commits: int

    async def write(self, entries: Sequence[Entry]) -> None:
        """Return when the work is done and will not be forgotten.

        Raises:
            EntryRefusedError: an entry's content is refused: trying again will not help.
            StoreUnavailableError: try again.
        """

    async def close(self) -> None:
        """Let go of what it holds; what is not committed is rolled back."""
