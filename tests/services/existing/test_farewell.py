"""A steward that is told to go takes its experiment's keys away, unless the experiment goes on."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from loadlab_services.names import key_prefix
from loadlab_services.steward import farewell
from loadlab_services.steward.run_records import CREATE
from loadlab_services.steward.stores import Stores, open_pool
from loadlab_services.stores.connect import connect_redis
from loadlab_services.stream.entry import stream_key
from loadlab_services.workloads import find_workload
from tests.services.existing.conftest import RUN, SPACE

pytestmark = pytest.mark.integration
NEXT, FORMER = "ingest-002-a1", "ingest-000-a1"
PREFIX = key_prefix("ingest", SPACE)
PREPARED = "INSERT INTO loadlab_steward (run, prepared_at) VALUES ($1, now() + $2 * interval '1s')"


@pytest.fixture
async def stores(redis_url: str, messages_url: str) -> AsyncIterator[Stores]:
    """A Redis of others with the streams of two runs, of which one is the steward's own."""
    pool: asyncpg.Pool = await open_pool(messages_url)
    await pool.execute(CREATE)
    await pool.execute(PREPARED, RUN, 0)
    async with connect_redis(redis_url) as redis, httpx.AsyncClient() as http:
        for run in (RUN, NEXT):
            await redis.xadd(stream_key(PREFIX, run), {"payload": "x"})
        yield Stores(http, pool, redis, owns_redis=False, key_prefix=PREFIX, scale=0.001)
        await redis.delete(*(stream_key(PREFIX, run) for run in (RUN, NEXT)))
    pool.terminate()


async def left_after(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> int:
    """Let the steward go; tell whether the other run's stream is there still."""
    monkeypatch.setattr(farewell, "CALM_SECONDS", 0.1)
    await farewell.leave_no_trace(stores, find_workload("ingest"), [RUN])
    assert stores.redis is not None
    return int(await stores.redis.exists(stream_key(PREFIX, NEXT)))


async def test_what_the_next_steward_has_begun_stays(stores, monkeypatch):
    await stores.postgres.execute(PREPARED, NEXT, 5)

    assert await left_after(stores, monkeypatch) == 1


async def test_what_an_earlier_steward_left_goes(stores, monkeypatch):
    await stores.postgres.execute(PREPARED, FORMER, -5)

    assert await left_after(stores, monkeypatch) == 0
