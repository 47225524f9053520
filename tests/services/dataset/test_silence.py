"""A Postgres that takes a connection and answers nothing is waited for no longer than is said."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import psycopg
import pytest

from loadlab_services.data.errors import DatasetError
from loadlab_services.data.owner import ALONE
from loadlab_services.database import in_schema
from loadlab_services.dataset import pooling, silence
from loadlab_services.dataset.claim import claim_schema
from loadlab_services.dataset.owner import claim_owner
from loadlab_services.steward import ownership, refusals
from loadlab_services.steward.ownership import check_owner
from loadlab_services.steward.refusals import StoreRefusals, Told
from loadlab_services.steward.silence import unless_silent
from loadlab_services.steward.stores import CONNECTIONS, Stores, open_pool
from tests.services.silent_postgres import Way, way_to

pytestmark = [pytest.mark.integration, pytest.mark.timeout(30)]
OURS, SCHEMA = "shop/load (uid-1)", "loadlab"
PATIENCE = 5.0  # of these tests, for what would wait for a minute or for ever


@pytest.fixture
def way(new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    monkeypatch.setattr(silence, "SILENT_SECONDS", 0.3)
    monkeypatch.setattr(ownership, "TIMEOUT", 0.3)
    monkeypatch.setattr(refusals, "LOOK_TIMEOUT", 0.3)
    with way_to(in_schema(new_database(), SCHEMA)) as way:
        yield way


def said_by(ask: Callable[[psycopg.Connection], None], way: Way) -> str:
    """Let the server fall silent before it is asked; return what is said of it."""
    with psycopg.connect(way.url, autocommit=True) as connection:
        way.is_silent.set()
        began = time.monotonic()
        with pytest.raises(DatasetError) as raised:
            ask(connection)
    assert time.monotonic() - began < PATIENCE
    return str(raised.value)


@pytest.mark.parametrize(
    "ask",
    [
        lambda connection: claim_schema(connection, SCHEMA, OURS),
        lambda connection: claim_owner(connection, OURS, say=print),
    ],
    ids=["schema", "owner"],
)
def test_a_silent_server_is_named_with_the_remedy(ask, way):
    said = said_by(ask, way)

    assert f"Postgres at {way.at} took a connection and answered nothing on it" in said
    assert "see whether it is overloaded or its node is lost" in said


def test_a_pooler_that_has_no_second_session_is_named_with_the_remedy(way, monkeypatch):
    with psycopg.connect(way.url, autocommit=True) as other:
        monkeypatch.setattr(pooling, "_beside", lambda _: other)
        said = said_by(pooling.check_pooling, way)

    assert f"Postgres at {way.at} took a connection" in said
    assert "raise its pool_size" in said


@asynccontextmanager
async def pool_of(way: Way) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(way.url)
    with psycopg.connect(way.url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS loadlab")
    try:
        yield pool
    finally:
        pool.terminate()


async def fall_silent_in_the_middle(pool: asyncpg.Pool, way: Way) -> None:
    async with unless_silent(pool, 0.3, "is away") as lent, lent.transaction():
        way.is_silent.set()
        await lent.execute("select 1")


async def test_a_steward_gives_up_in_the_middle_of_a_transaction_of_a_silent_server(way):
    """To cancel it, or to roll it back, would wait for the same server."""
    async with pool_of(way) as pool:
        began = time.monotonic()
        with pytest.raises(TimeoutError, match=r"^Postgres is away within 0\.3 s"):
            await fall_silent_in_the_middle(pool, way)

    assert time.monotonic() - began < PATIENCE


async def test_a_steward_says_who_did_not_say_whose_the_schema_is(way):
    """Somebody else has it in hand, and is cut off in the middle of that."""
    async with pool_of(way) as pool:
        await check_owner(pool, OURS, way.at)
        with psycopg.connect(way.url) as other:
            other.execute(ALONE)
            began = time.monotonic()
            with pytest.raises(TimeoutError, match=f"^Postgres at {way.at} did not say whose"):
                await check_owner(pool, OURS, way.at)

    assert time.monotonic() - began < PATIENCE


async def test_nor_does_it_wait_for_a_connection_that_others_have(way):
    async with pool_of(way) as pool:
        lent = [await pool.acquire() for _ in range(CONNECTIONS)]
        with pytest.raises(TimeoutError, match="overloaded"):
            await check_owner(pool, OURS, way.at)
        for each in lent:
            await pool.release(each)


async def test_whether_a_silent_server_takes_rows_is_unknown_and_asked_for_no_longer(way):
    async with pool_of(way) as pool:
        look = StoreRefusals(Stores(httpx.AsyncClient(), pool), queues_in_redis=False)
        await pool.fetchval("select 1")
        way.is_silent.set()
        began = time.monotonic()

        assert await look.tell("load-1a2b3c-001-a1", drained=False) == Told()

    assert time.monotonic() - began < PATIENCE
