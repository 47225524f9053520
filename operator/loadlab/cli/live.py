"""Requests/s and p95 of the trial under way, for a command that waits for something else meanwhile.

The reading is the dashboard's own: a board of one experiment, whose generators' logs are followed
by a loop in a thread. Whatever goes wrong in it costs the rates and nothing else.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

from loadlab import spelling
from loadlab.base.text import fit
from loadlab.cli.dashboard.curves import Second
from loadlab.cli.dashboard.entries import LONGEST, Entry, entry_of

if TYPE_CHECKING:
    from loadlab.cli.dashboard.board import Board
    from loadlab.cli.dashboard.reading import Reads

END_SECONDS = 2.0  # that a command waits at its end for the reading to stop
SILENCE_SECONDS = 60.0  # in which nothing changes, and nothing is looked at


@dataclass(frozen=True, slots=True)
class Reading:
    """One second of the trial under way, as its generators told it; nobody has judged it."""

    trial: str  # which one, for people
    second: Second

    @property
    def line(self) -> str:
        """Spell it, such as `trial 4 of 9: 1,050 req/s, p95 8.12 ms, measurement, second 12`."""
        told = self.second
        parts = [f"{spelling.number(told.rate)} req/s"]
        if told.p95_ms is not None:
            parts.append(f"p95 {spelling.number(told.p95_ms)} ms")
        if told.failed:
            parts.append(f"{spelling.number(told.failed)} failed/s")
        parts += [told.phase, f"second {told.second}"]
        return f"trial {self.trial}".strip() + ": " + ", ".join(parts)


class Display(Protocol):
    """Where readings are shown. It is called from the reading's thread."""

    def show(self, reading: Reading | None) -> None:
        """Show the latest second; None where no trial is under way, or none has told one yet."""
        ...

    def explain(self, why: str) -> None:
        """Say why there are no rates; it may be told again and again."""
        ...


class LiveRates:
    """Reads as long as the block lasts, from the first moment at which there may be load.

    Args:
        connect: opens the cluster, in the thread: what it imports takes a second or two.
        display: shown each second that the generators told.
    """

    def __init__(
        self, connect: Callable[[], AbstractAsyncContextManager["Reads"]], display: Display
    ) -> None:
        self._connect, self._display = connect, display
        self._entry = Entry("", "", "", "")
        self._board: Board | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        if self._thread:
            self._call(self._end)
            self._thread.join(END_SECONDS)

    def take(self, resource: dict[str, Any]) -> None:
        """Be told how the experiment stands by now."""
        self._entry = entry_of(resource)
        if self._thread:
            self._call(self._put)
        elif self._entry.is_running:
            self._thread = threading.Thread(target=self._read, name="live rates", daemon=True)
            self._thread.start()

    def _call(self, what: Callable[[], None]) -> None:
        """Call it in the loop; one that has not begun yet looks for itself."""
        if self._loop:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(what)

    def _put(self) -> None:
        if self._board:
            self._board.put(self._entry)

    def _end(self) -> None:
        if self._task:
            self._task.cancel()

    def _read(self) -> None:
        try:
            asyncio.run(self._follow())
        except asyncio.CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 (no fault in here may end the command)
            if not self._is_over:
                self._display.explain(fit(f"No rates can be shown: {error}", LONGEST))

    async def _follow(self) -> None:
        from loadlab.cli.dashboard.board import Board  # noqa: PLC0415 (see __init__)
        from loadlab.cli.dashboard.following import Followed  # noqa: PLC0415 (as above)

        self._task, self._board = asyncio.current_task(), Board()
        self._loop = asyncio.get_running_loop()
        if self._is_over:
            return
        self._put()
        async with self._connect() as cluster:
            with Followed(cluster, self._board).while_looked_at((self._entry.key,)):
                await self._tell(self._board)

    async def _tell(self, board: "Board") -> None:
        while True:
            seen, key = board.changes, self._entry.key
            for why in filter(None, [board.notes.get(key)]):
                self._display.explain(why)
            self._display.show(reading_of(board, key))
            await board.beyond(seen, SILENCE_SECONDS)


def reading_of(board: "Board", key: tuple[str, str]) -> Reading | None:
    """Return the latest second of the trial under way, if one was told."""
    entry, curve = board.entries.get(key), board.curves.get(key)
    if entry is None or curve is None or not entry.is_run_of_now(curve.run):
        return None
    latest = curve.latest()
    return Reading(entry.trial, latest) if latest and latest.rate is not None else None
