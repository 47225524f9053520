"""Entries waiting to be written together: full by size or by age. Pure; time is an argument."""

from collections.abc import Iterable

from loadlab_services.stream.entry import Entry


class Buffer:
    """At most `size` distinct entries, due when full or when the oldest is `max_age` s old."""

    def __init__(self, *, size: int, max_age: float) -> None:
        self._size = size
        self._max_age = max_age
        # Keyed by id: an entry that is claimed again while it waits here is still one entry.
        self._entries: dict[str, Entry] = {}
        self._oldest = 0.0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, entry_id: str) -> bool:
        return entry_id in self._entries

    @property
    def room(self) -> int:
        return self._size - len(self._entries)

    def add(self, entries: Iterable[Entry], now: float) -> None:
        if not self._entries:
            self._oldest = now
        self._entries.update((entry.id, entry) for entry in entries)

    def due_in(self, now: float) -> float:
        """Seconds until the entries must be written; 0 when that is now. Infinite when empty."""
        if not self._entries:
            return float("inf")
        if self.room <= 0:
            return 0.0
        return max(0.0, self._oldest + self._max_age - now)

    def take(self) -> list[Entry]:
        """Hand over everything and be empty."""
        entries = list(self._entries.values())
        self._entries = {}
        return entries
