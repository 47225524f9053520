"""What the sessions of a real server are seen doing, and that looking leaves no trace."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from loadlab_services.settings import StewardSettings
from loadlab_services.steward.sessions import SessionWatch
from loadlab_services.steward.stores import open_stores
from tests.services.relay import line_to, moved, port_of
from tests.services.stewards import access

pytestmark = pytest.mark.integration
TRANSACTIONS = """
select xact_commit + xact_rollback from pg_stat_database where datname = current_database()
"""
LOCKED = "select pg_advisory_xact_lock(1)"


@asynccontextmanager
async def watching(url: str) -> AsyncIterator[SessionWatch]:
    given = {"workload": "ingest", "database_url": url} | access("ingest-1a2b3c-001-a1")
    async with open_stores(StewardSettings.model_validate(given)) as stores:
        assert stores.postgres is not None
        watch = SessionWatch(stores.postgres)
        watch.start()
        yield watch
        await watch.stop()


async def looks(watch: SessionWatch, more: int) -> dict[str, float]:
    """Mean numbers over some looks from now on."""
    before = watch.counts()
    async with asyncio.timeout(30):
        while (after := watch.counts())["looks"] < before["looks"] + more:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    seen = after["looks"] - before["looks"]
    return {doing: (after[doing] - before[doing]) / seen for doing in after}


@pytest.fixture
async def sessions(messages_url: str) -> AsyncIterator[list[asyncpg.Connection]]:
    found = [await asyncpg.connect(messages_url) for _ in range(3)]
    yield found
    for connection in found:
        connection.terminate()


async def test_who_waits_for_a_lock_is_told_from_who_holds_it(
    messages_url: str, sessions: list[asyncpg.Connection]
) -> None:
    holder, *waiting = sessions
    await holder.execute("begin")
    await holder.execute(LOCKED)
    blocked = [asyncio.create_task(each.execute(LOCKED)) for each in waiting]
    async with watching(messages_url) as watch:
        await looks(watch, 2)

        seen = await looks(watch, 5)

    await holder.execute("rollback")
    await asyncio.gather(*blocked)
    assert (seen["lock"], seen["inTransaction"], seen["running"]) == (2.0, 1.0, 0.0)


async def test_idle_sessions_do_nothing_and_a_query_runs(
    messages_url: str, sessions: list[asyncpg.Connection]
) -> None:
    query = "select count(*) from generate_series(1, 1000000000)"
    busy = asyncio.create_task(sessions[0].execute(query))
    async with watching(messages_url) as watch:
        await looks(watch, 2)

        seen = await looks(watch, 5)

    busy.cancel()
    # It may be seen while it writes what does not fit its memory.
    assert seen["running"] + seen["io"] == 1.0
    assert seen["lock"] == seen["inTransaction"] == 0.0


async def test_looking_counts_as_one_transaction_at_most(
    messages_url: str, sessions: list[asyncpg.Connection]
) -> None:
    before = await sessions[0].fetchval(TRANSACTIONS)
    async with watching(messages_url) as watch:
        await looks(watch, 20)
    await asyncio.sleep(1.5)  # a backend reports its counters once a second

    after = await sessions[0].fetchval(TRANSACTIONS)
    assert after - before < 10


async def test_it_looks_on_after_its_connection_was_lost(
    messages_url: str, sessions: list[asyncpg.Connection]
) -> None:
    async with watching(messages_url) as watch:
        await looks(watch, 2)
        await sessions[0].execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where pid <> pg_backend_pid() and datname = current_database()"
        )

        await looks(watch, 3)


async def test_a_server_that_fell_silent_holds_nobody_up(messages_url: str) -> None:
    async with (
        line_to(port_of(messages_url)) as line,
        watching(moved(messages_url, line.port)) as watch,
    ):
        await looks(watch, 2)
        line.fall_silent()
        await asyncio.sleep(0.3)  # it waits for an answer

        started = time.monotonic()
        await watch.stop()

        assert time.monotonic() - started < 1
