"""What the database's sessions are doing, looked at ten times a second while a run is under way.

A session that waits in a server for a row's lock or for its disk looks from outside like one that
computes, and everybody behind it seems to wait for a connection. The server says which it is
(PostgreSQL manual, 27.2.3: pg_stat_activity). All looks are taken in one transaction, so that
they do not count among the transactions of the service.

How long the server takes for the simplest query is known beside it: of one that is short of CPU
the sessions seem to be idle, or to hold a transaction open, though their next query is there.
"""

import asyncio
import time
from contextlib import suppress

import asyncpg

from loadlab_services.steward.stores import STORE_ERRORS

EVERY = 0.1
AGAIN_AFTER = 1.0  # seconds, where the server does not answer
LOOK_TIMEOUT = 2.0
DOINGS = ("running", "lock", "io", "other", "inTransaction")
# Within a transaction the server shows the sessions as they were when it was first asked. It needs
# no more than a round trip: this is the query whose answers are timed.
FORGET = "select pg_stat_clear_snapshot()"
# WALWrite: who waits while another session writes the log for it, too (27.2, table of LWLocks).
LOOK = """
with sessions as (
    select case
        when state like 'idle in transaction%' then 'inTransaction'
        when state <> 'active' then 'idle'
        when wait_event_type is null then 'running'
        when wait_event_type = 'Lock' then 'lock'
        when wait_event_type = 'IO' or wait_event = 'WALWrite' then 'io'
        else 'other' end as doing
    from pg_stat_activity
    where datname = current_database() and usename = current_user and pid <> pg_backend_pid()
      and backend_type = 'client backend'
)
select doing, count(*) as sessions from sessions where doing <> 'idle' group by doing
"""


class SessionWatch:
    """Counts, over all looks, how many sessions were seen at what; idle ones do nothing."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._looks = 0
        self._answer_micros = 0
        self._seen = dict.fromkeys(DOINGS, 0)
        self._looking: asyncio.Task[None] | None = None

    def counts(self) -> dict[str, int]:
        """Return the looks taken and the sessions seen, added up since the steward's start."""
        return {"looks": self._looks, "answerMicros": self._answer_micros, **self._seen}

    def start(self) -> None:
        """Look from now on, until `stop`."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_on())

    async def stop(self) -> None:
        """Look no more; a server that does not answer is not waited for."""
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()
            await asyncio.wait([looking], timeout=LOOK_TIMEOUT)

    async def _look_on(self) -> None:
        while self._looking is asyncio.current_task():
            with suppress(*STORE_ERRORS):
                await self._look_while_it_answers()
            await asyncio.sleep(AGAIN_AFTER)

    async def _look_while_it_answers(self) -> None:
        async with self._pool.acquire(timeout=LOOK_TIMEOUT) as connection:
            try:
                await connection.execute("begin", timeout=LOOK_TIMEOUT)
                while True:
                    await self._look(connection)
                    await asyncio.sleep(EVERY)
            finally:
                connection.terminate()  # to end the transaction would wait for an answer, too

    async def _look(self, connection: asyncpg.pool.PoolConnectionProxy) -> None:
        asked = time.monotonic_ns()
        await connection.execute(FORGET, timeout=LOOK_TIMEOUT)
        took = time.monotonic_ns() - asked
        found = await connection.fetch(LOOK, timeout=LOOK_TIMEOUT)
        self._looks += 1
        self._answer_micros += took // 1000
        for row in found:
            self._seen[row["doing"]] += row["sessions"]
