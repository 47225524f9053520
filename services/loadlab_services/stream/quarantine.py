"""What to do with entries that Postgres refuses: find them in their batch, then try each alone.

Pure apart from the `write` it is given; the caller tells the time.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from loadlab_services.delivery.errors import EntryRefusedError
from loadlab_services.delivery.refusal import MAX_TRIES, RETRY_AFTER
from loadlab_services.stream.entry import Entry

Write = Callable[[Sequence[Entry]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Suspect:
    """An entry that was refused on its own, how often, why, and when it may be tried again."""

    entry: Entry
    reason: str
    tries: int = 1
    due: float = 0.0


async def land(entries: Sequence[Entry], write: Write) -> list[Suspect]:
    """Write the entries, halving a refused batch until only what is refused alone is left over."""
    try:
        await write(entries)
    except EntryRefusedError as refusal:
        if len(entries) == 1:
            return [Suspect(entries[0], str(refusal))]
        middle = len(entries) // 2
        return await land(entries[:middle], write) + await land(entries[middle:], write)
    return []


class Quarantine:
    """Suspects between their tries. A crash forgets the count, never the entry: it is pending."""

    def __init__(self, *, max_tries: int = MAX_TRIES, retry_after: float = RETRY_AFTER) -> None:
        self._max_tries = max_tries
        self._retry_after = retry_after
        self._suspects: dict[str, Suspect] = {}

    def __len__(self) -> int:
        return len(self._suspects)

    def __contains__(self, entry_id: str) -> bool:
        return entry_id in self._suspects

    def refuse(self, suspect: Suspect, now: float) -> Suspect | None:
        """Count one refusal; give the suspect back when it has had its last try."""
        known = self._suspects.pop(suspect.entry.id, None)
        tries = known.tries + 1 if known else 1
        counted = replace(suspect, tries=tries, due=now + tries * self._retry_after)
        if tries >= self._max_tries:
            return counted
        self._suspects[suspect.entry.id] = counted
        return None

    def forgive(self, entry_id: str) -> None:
        """Forget a suspect that was written after all."""
        self._suspects.pop(entry_id, None)

    def due(self, now: float) -> list[Entry]:
        return [suspect.entry for suspect in self._suspects.values() if suspect.due <= now]

    def due_in(self, now: float) -> float:
        """Seconds until the next suspect may be tried; infinite when there is none."""
        return min((max(0.0, s.due - now) for s in self._suspects.values()), default=float("inf"))

    def clear(self) -> None:
        self._suspects.clear()
