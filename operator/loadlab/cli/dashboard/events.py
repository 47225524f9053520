"""Server-sent events, each of what has changed since this reader was last sent some.

    event: api       {"away": "why, or empty", "leftOut": 0}
    event: rows      {"rows": [entry, …], "gone": ["namespace/name", …], "isAll": true}
    event: panel     {"key": "namespace/name", "entry": entry, "remaining": "about 2 min left"}
    event: seconds   {"key": …, "run": …, "rows": [[12, 950.0, 0.0, 8.12, "measurement"], …],
                      "note": "", "isNew": true}
    event: end       {}

An entry is null where there is no such experiment; the figures of a second are those of curves.py.
A first round tells all. A reader that is slow is sent less often, and the latest then: for none is
anything stored but what it has been sent.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fastapi.sse import format_sse_event

from loadlab.cli.dashboard.board import Board
from loadlab.cli.dashboard.entries import Entry, Key

TOLD_EVERY = 5.0  # seconds: the time that is left changes by itself, and a reader that went is seen
AT_MOST_EVERY = 0.25  # seconds: what changes faster is told together
RETRY_MS = 2000
Remaining = Callable[[Key], str]


@dataclass
class Reader:
    """What one reader has been sent: of all experiments, or of the panels that it shows."""

    board: Board
    panels: tuple[Key, ...]
    remaining: Remaining
    _api: tuple[str, int] | None = None
    _rows: dict[Key, Entry] | None = None
    _panels: dict[Key, tuple[Entry | None, str]] = field(default_factory=dict)
    _curves: dict[Key, tuple[str, int, str]] = field(default_factory=dict)

    def news(self) -> list[bytes]:
        """Return what is new to it."""
        found = [*self._of_api(), *([] if self.panels else self._of_rows())]
        for key in self.panels:
            remaining = self.remaining(key)
            found += [*self._of_panel(key, remaining), *self._of_seconds(key)]
        return found

    def _of_api(self) -> Iterator[bytes]:
        now = self.board.away, self.board.left_out
        if now != self._api:
            self._api = now
            yield event("api", {"away": now[0], "leftOut": now[1]})

    def _of_rows(self) -> Iterator[bytes]:
        known, now = self._rows, dict(self.board.entries)
        before = known or {}
        changed = [entry.dump() for key, entry in now.items() if before.get(key) != entry]
        gone = [spelled(key) for key in before.keys() - now.keys()]
        self._rows = now
        if changed or gone or known is None:
            yield event("rows", {"rows": changed, "gone": gone, "isAll": known is None})

    def _of_panel(self, key: Key, remaining: str) -> Iterator[bytes]:
        now = self.board.entries.get(key), remaining
        if key not in self._panels or self._panels[key] != now:
            self._panels[key] = now
            entry = now[0].dump() if now[0] else None
            yield event("panel", {"key": spelled(key), "entry": entry, "remaining": remaining})

    def _of_seconds(self, key: Key) -> Iterator[bytes]:
        curve, note = self.board.curves.get(key), self.board.notes.get(key, "")
        run, changes = (curve.run, curve.changes) if curve else ("", 0)
        known = self._curves.get(key)
        if known == (run, changes, note):
            return
        is_new = known is None or known[0] != run
        rows = curve.rows(0 if is_new or known is None else known[1]) if curve else []
        self._curves[key] = run, changes, note
        told = {"key": spelled(key), "run": run, "rows": rows, "note": note, "isNew": is_new}
        yield event("seconds", told)


async def stream(reader: Reader) -> AsyncIterator[bytes]:
    """Yield a reader's events until the board is closed."""
    board = reader.board
    yield format_sse_event(retry=RETRY_MS, comment="loadlab dashboard")
    while not board.is_closing:
        seen = board.changes
        news = reader.news()
        yield b"".join(news) or format_sse_event(comment="")
        await board.beyond(seen, TOLD_EVERY)
        await board.pause(AT_MOST_EVERY)
    yield event("end", {})


def event(name: str, told: dict[str, Any]) -> bytes:
    """Write an event: JSON in one line, whatever its texts hold."""
    return format_sse_event(event=name, data_str=json.dumps(told, separators=(",", ":")))


def spelled(key: Key) -> str:
    """Spell a key as pages and addresses have it."""
    return "/".join(key)
