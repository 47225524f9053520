"""What sampled requests wait for, during a second or so: only in a process that is asked to trace.

Nothing here is imported, and nothing is wrapped, unless TRACE_SECONDS is in the environment. A
request is told in stages, each with its begin and end on the monotonic clock:

    loop        its bytes were there, or its thread was done, and the event loop was busy
    thread      it waited for a thread of the pool
    connection  it waited for a connection to a store
    query       a store was asked
    serialise   its answer was made

What lies between them is the app's own code.
"""

import asyncio
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

from loadlab_services.instruments.asgi import Scope
from loadlab_services.instruments.loop_gaps import LoopGaps
from loadlab_services.instruments.trace_slots import TraceSlot

LOOP, THREAD, CONNECTION = "loop", "thread", "connection"
QUERY, SERIALISE = "query", "serialise"
MOST_REQUESTS: Final = 60  # of all processes together: as many rows as a picture has
MOST_SPANS: Final = 16  # of one request
LONGEST_NAME: Final = 80
WRITES_EVERY: Final = 0.25  # s, until the last of the requests has ended
WRITES: Final = 20

# When the bytes of the request that is read arrived, and when they were read.
READ: ContextVar[tuple[float, float] | None] = ContextVar("loadlab_read", default=None)
CURRENT: "ContextVar[TracedRequest | None]" = ContextVar("loadlab_traced", default=None)
now = time.monotonic


class TracedRequest:
    """One request, which any thread that works for it adds to."""

    __slots__ = ("arrived", "ended", "name", "spans", "status")

    def __init__(self, arrived: float) -> None:
        self.arrived = arrived
        self.ended: float | None = None
        self.name = ""
        self.status = 0
        self.spans: list[tuple[str, float, float]] = []

    def note(self, stage: str, began: float, ended: float) -> None:
        """Note a stage that is over; of one with too many the first ones stay."""
        if len(self.spans) < MOST_SPANS:
            self.spans.append((stage, began, ended))

    def told(self) -> dict[str, Any]:
        """Tell it in microseconds: its own begin of the clock, all else from there."""
        ended = {} if self.ended is None else {"us": _us(self.ended - self.arrived)}
        spans = sorted(self.spans, key=lambda span: (span[1], -span[2]))
        return {
            "name": self.name,
            "status": self.status,
            "atUs": _us(self.arrived),
            **ended,
            "spans": [[s, _us(began - self.arrived), _us(end - began)] for s, began, end in spans],
        }


class Tracer:
    """Picks requests of one process for a while, and leaves what became of them in its slot.

    The while begins `after` seconds after the first request of the load. Where more arrive than are
    kept, every second of them is let go, again and again: those that stay lie evenly.
    """

    def __init__(
        self,
        slot: TraceSlot,
        *,
        seconds: float,
        after: float,
        processes: int = 1,
        prepare: Callable[[], object] = lambda: None,
    ) -> None:
        self._slot, self._seconds, self._after = slot, seconds, after
        self._prepare = prepare
        self._most = max(1, MOST_REQUESTS // processes)
        self._begins: float | None = None
        self._kept: list[TracedRequest] = []
        self._stride, self._seen = 1, 0
        self._gaps = LoopGaps()
        self._writes = 0

    def accept(self) -> TracedRequest | None:
        """Take note of a request that the app is about to serve; None where it is not traced."""
        started = now()
        arrived, _ = READ.get() or (started, started)
        begins = self._begins if self._begins is not None else self._begin(started)
        if not begins <= arrived < begins + self._seconds:
            return None
        self._seen += 1
        if (self._seen - 1) % self._stride:
            return None
        request = TracedRequest(arrived)
        request.note(LOOP, arrived, started)
        self._keep(request)
        return request

    def _begin(self, started: float) -> float:
        """Fix the time of the trace by the first request."""
        self._begins = started + self._after
        loop = asyncio.get_running_loop()
        loop.call_later(self._after, self._watch)
        loop.call_later(self._after + self._seconds + WRITES_EVERY, self._write)
        return self._begins

    def _watch(self) -> None:
        self._prepare()  # a driver may be imported as late as by the first request
        self._gaps.watch(self._seconds)

    def _keep(self, request: TracedRequest) -> None:
        self._kept.append(request)
        if len(self._kept) > self._most:
            self._kept = self._kept[::2]
            self._stride *= 2

    def _write(self) -> None:
        if not self._seen:  # what came first was no load yet, but whoever asked whether it is ready
            self._begins, self._gaps = None, LoopGaps()
            return
        self._slot.write(self._told())
        self._writes += 1
        if self._writes < WRITES and any(request.ended is None for request in self._kept):
            asyncio.get_running_loop().call_later(WRITES_EVERY, self._write)

    def _told(self) -> dict[str, Any]:
        return {
            "beginsUs": _us(self._begins or 0.0),
            "seconds": self._seconds,
            "seen": self._seen,
            "blocked": [[_us(at), _us(length)] for at, length in self._gaps.longest()],
            "requests": [request.told() for request in self._kept],
        }


def name_of(scope: Scope) -> str:
    """Name a request by its route, once it is known; by its path where there is none."""
    path = getattr(scope.get("route"), "path", None) or scope.get("path", "")
    return f"{scope.get('method', '')} {path}"[:LONGEST_NAME]


def _us(seconds: float) -> int:
    return round(seconds * 1e6)
