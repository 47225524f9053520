"""One consumer: read, buffer, write, and only then acknowledge.

Whatever it holds in memory is also pending in Redis under its name, so any trouble with Redis is
answered by forgetting everything and reading the pending entries again; a crash is no other case.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from loadlab_services.delivery.backoff import Backoff
from loadlab_services.delivery.counts import BATCHES, DEAD_LETTERED, PERSISTED, Counter
from loadlab_services.delivery.errors import StoreUnavailableError
from loadlab_services.stream.buffer import Buffer
from loadlab_services.stream.entry import Entry
from loadlab_services.stream.quarantine import Quarantine, Suspect, land
from loadlab_services.stream.sink import Sink
from loadlab_services.stream.stream import Stream

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How a consumer paces itself, in seconds and entries."""

    batch_size: int = 500
    flush_after: float = 0.05
    # A stopping consumer notices within this time; an idle one asks Redis this often.
    idle_block: float = 0.2
    # Between two looks at the stream while a batch fills: waking for each entry costs far more.
    top_up: float = 0.02
    claim_every: float = 1.0
    claim_idle: float = 5.0
    # How long a stopping consumer waits for an absent Postgres before it leaves entries pending.
    stop_patience: float = 20.0


class Consumer:
    """The loop of one consumer. `run` ends when `stop` is set and nothing is left in its hands."""

    def __init__(self, stream: Stream, sink: Sink, *, pace: Pace, counter: Counter) -> None:
        self._stream = stream
        self._sink = sink
        self._pace = pace
        self._counter = counter
        self._buffer = Buffer(size=pace.batch_size, max_age=pace.flush_after)
        self._quarantine = Quarantine()
        self._next_claim = 0.0
        self._cursor = "0-0"
        self._backoff = Backoff()
        self._leave_at = float("inf")

    async def run(self, stop: asyncio.Event) -> None:
        while True:
            try:
                return await self._session(stop)
            except StoreUnavailableError as error:
                log.warning("consumer starts over: %s", error)
                self._buffer.take()
                self._quarantine.clear()
            if self._out_of_patience(stop):
                log.warning("stopping with entries still pending; their next owner writes them")
                return None
            await asyncio.sleep(self._backoff.delay)
            self._backoff = self._backoff.after_failure()

    async def _session(self, stop: asyncio.Event) -> None:
        await self._stream.ensure_group()
        await self._resume(stop)
        self._backoff = Backoff()
        while not stop.is_set():
            await self._step(stop)
        await self._flush(stop)
        while self._quarantine:
            await self._retry_suspects(float("inf"), stop)

    async def _resume(self, stop: asyncio.Event) -> None:
        """Write what this consumer had taken before it, or Redis, went away."""
        after: str | None = "0"
        while after:
            entries, after = await self._stream.read_own(count=self._pace.batch_size, after=after)
            self._hold(entries)
            await self._flush(stop)

    async def _step(self, stop: asyncio.Event) -> None:
        await self._claim()
        await self._retry_suspects(time.monotonic(), stop)
        idle = not self._buffer and not self._quarantine
        block = round(self._pace.idle_block * 1000) if idle else None
        if self._buffer.room > 0:
            self._hold(await self._stream.read_new(count=self._buffer.room, block_ms=block))
        due_in = self._buffer.due_in(time.monotonic())
        if due_in <= 0:
            await self._flush(stop)
        elif self._buffer or self._quarantine:
            await asyncio.sleep(min(due_in, self._pace.top_up))

    def _hold(self, entries: Sequence[Entry]) -> None:
        fresh = [entry for entry in entries if entry.id not in self._quarantine]
        self._buffer.add(fresh, time.monotonic())

    async def _claim(self) -> None:
        now = time.monotonic()
        if now < self._next_claim or self._buffer.room <= 0:
            return
        claimed = await self._stream.claim(
            count=self._buffer.room,
            min_idle_ms=round(self._pace.claim_idle * 1000),
            cursor=self._cursor,
        )
        self._cursor = claimed.cursor
        # A cursor back at its start has seen everything; otherwise the next page is due now.
        self._next_claim = now + self._pace.claim_every if claimed.cursor == "0-0" else now
        self._hold(claimed.entries)

    async def _flush(self, stop: asyncio.Event) -> None:
        entries = self._buffer.take()
        if entries:
            await self._settle(entries, await self._land(entries, stop))

    async def _retry_suspects(self, now: float, stop: asyncio.Event) -> None:
        for entry in self._quarantine.due(now):
            refused = await self._land([entry], stop)
            if not refused:
                self._quarantine.forgive(entry.id)
            await self._settle([entry], refused)

    async def _settle(self, entries: Sequence[Entry], refused: Sequence[Suspect]) -> None:
        """Acknowledge what is committed; count refusals; dead-letter what had its last try."""
        suspects = {suspect.entry.id for suspect in refused}
        await self._stream.acknowledge([e.id for e in entries if e.id not in suspects])
        for suspect in refused:
            given_up = self._quarantine.refuse(suspect, time.monotonic())
            if given_up and await self._stream.dead_letter(given_up):
                self._counter.add(DEAD_LETTERED, 1)
                log.warning("entry %s is a dead letter: %s", suspect.entry.id, suspect.reason)

    async def _land(self, entries: Sequence[Entry], stop: asyncio.Event) -> list[Suspect]:
        """Write the entries and count what was committed, also where the rest has to wait."""
        persisted, commits = self._sink.persisted, self._sink.commits
        try:
            return await self._write(entries, stop)
        finally:
            self._counter.add(PERSISTED, self._sink.persisted - persisted)
            self._counter.add(BATCHES, self._sink.commits - commits)

    async def _write(self, entries: Sequence[Entry], stop: asyncio.Event) -> list[Suspect]:
        """Write until Postgres takes it or refuses it; an absent Postgres is waited for."""
        backoff = Backoff()
        while True:
            try:
                return await land(entries, self._sink.write)
            except StoreUnavailableError as error:
                log.warning("%d entries wait: %s", len(entries), error)
                if self._out_of_patience(stop):
                    raise
            await asyncio.sleep(backoff.delay)
            backoff = backoff.after_failure()

    def _out_of_patience(self, stop: asyncio.Event) -> bool:
        """Tell whether a stopping consumer has waited long enough for its stores."""
        now = time.monotonic()
        if stop.is_set():
            self._leave_at = min(self._leave_at, now + self._pace.stop_patience)
        return now >= self._leave_at
