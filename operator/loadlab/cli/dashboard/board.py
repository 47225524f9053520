"""The latest of all that is shown. Nothing is queued: who reads late reads what is true by then."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from loadlab.cli.dashboard.curves import Curve
from loadlab.cli.dashboard.entries import Entry, Key

MOST_LISTED = 2000  # experiments, of a thousand characters each


@dataclass
class Board:
    """The experiments by key, the curves of those somebody looks at, and the API server's state."""

    scope: str = "all namespaces"  # whose experiments they are, in words
    entries: dict[Key, Entry] = field(default_factory=dict)
    curves: dict[Key, Curve] = field(default_factory=dict)
    notes: dict[Key, str] = field(default_factory=dict)  # why there is no curve
    away: str = "The experiments have not been read yet"  # empty while the API server answers
    left_out: int = 0  # experiments, where there are too many
    is_closing: bool = False
    changes: int = 0  # how many there were
    _pulse: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, entry: Entry) -> None:
        """Show an experiment, or how it stands by now."""
        known = self.entries.get(entry.key)
        if known is None and len(self.entries) >= MOST_LISTED:
            self.left_out += 1
        elif known != entry:
            self.entries[entry.key] = entry
            self.pulse()

    def remove(self, key: Key) -> None:
        """Show an experiment no longer."""
        if self.entries.pop(key, None):
            self.curves.pop(key, None)
            self.notes.pop(key, None)
            self.pulse()

    def keep(self, keys: Iterable[Key]) -> None:
        """Remove all but those that there are."""
        for gone in self.entries.keys() - set(keys):
            self.remove(gone)

    def answers(self, away: str = "") -> None:
        """Say that the API server answers, or why not."""
        if away != self.away:
            self.away = away
            self.pulse()

    def note(self, key: Key, why: str) -> None:
        """Say why there is no curve; empty where there is nothing to say."""
        if self.notes.get(key, "") != why:
            self.notes[key] = why
            self.pulse()

    def close(self) -> None:
        """Tell all readers that it is over."""
        self.is_closing = True
        self.pulse()

    def pulse(self) -> None:
        """Wake all who wait for a change."""
        self.changes += 1
        self._pulse.set()
        self._pulse = asyncio.Event()

    async def beyond(self, seen: int, seconds: float) -> None:
        """Wait until there were more changes than were seen, but no longer than that."""
        pulse = self._pulse
        if self.changes != seen:
            return
        try:
            async with asyncio.timeout(seconds):
                await pulse.wait()
        except TimeoutError:
            return

    async def pause(self, seconds: float) -> None:
        """Wait for that long, or until it is over."""
        if not self.is_closing:
            await asyncio.sleep(seconds)
