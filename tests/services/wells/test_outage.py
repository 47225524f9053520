"""What the variants of `wells` answer when the database is slow, away or elsewhere."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from importlib.resources import files

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from loadlab_services.workloads import find_workload
from loadlab_services.workloads.wells import engine

pytestmark = pytest.mark.integration
OpenApp = Callable[..., AbstractAsyncContextManager[tuple[httpx.AsyncClient, FastAPI]]]
VARIANTS = sorted(find_workload("wells").variants)
every_variant = pytest.mark.parametrize("variant", VARIANTS)
CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname = %s AND backend_type = 'client backend'
"""

CONNECTIONS = """
SELECT count(*), count(*) FILTER (WHERE state = 'idle') FROM pg_stat_activity
WHERE application_name = '' AND datname = current_database()
AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@contextmanager
def database_away(database_url: str, name: str) -> Iterator[None]:
    """Cut every connection to a database, and let no new one in until the block ends."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        connection.execute(CUT, (name,))
        try:
            yield
        finally:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())


@every_variant
async def test_while_the_database_is_away_pages_are_503_and_pings_go_on(
    open_app: OpenApp, database_url: str, wells_url: str, variant: str
) -> None:
    pages = ("/wells", "/wells/1/details")
    async with open_app(variant) as (client, _):
        with database_away(database_url, wells_url.rpartition("/")[2]):
            refused = [await client.get(path) for path in pages]
            ping = await client.get("/ping")
        answered = [(await client.get(path)).status_code for path in pages]
    assert [(a.status_code, a.headers["Retry-After"]) for a in refused] == [(503, "1")] * 2
    assert "the store did not answer" in refused[0].json()["detail"]
    assert "SELECT" not in refused[0].text
    assert (ping.status_code, ping.json()) == (200, {"pong": True})
    assert answered == [200, 200]


@asynccontextmanager
async def holding_a_connection(app: FastAPI) -> AsyncIterator[None]:
    """Take a connection out of the app's own pool."""
    if hasattr(app.state, "async_sessions"):
        async with app.state.async_sessions() as session:
            await session.connection()
            yield
    else:
        with app.state.sync_sessions() as session:
            session.connection()
            yield


@every_variant
async def test_a_pool_without_a_free_connection_is_503_with_retry_after(
    open_app: OpenApp, variant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "POOL_TIMEOUT_SECONDS", 0.05)
    async with open_app(variant, pool_size=1) as (client, app):
        async with holding_a_connection(app):
            refused = [await client.get(path) for path in ("/wells", "/wells/1/details")]
        answered = await client.get("/wells/1/details")
    assert [(a.status_code, a.headers["Retry-After"]) for a in refused] == [(503, "1")] * 2
    assert answered.status_code == 200


@every_variant
async def test_connections_that_postgres_cut_are_503_and_replaced(
    open_app: OpenApp, database: psycopg.Connection, variant: str
) -> None:
    async with open_app(variant) as (client, _):
        before = await client.get("/wells/1/details")
        database.execute(CUT, (database.info.dbname,))
        after = [await client.get("/wells/1/details") for _ in range(3)]
    assert before.status_code == 200
    # A backend ends when it hears of it: on a busy machine the second may still have been one cut.
    assert [answer.status_code for answer in after] in ([503, 200, 200], [503, 503, 200])
    assert after[0].headers["Retry-After"] == "1"


@every_variant
async def test_pool_waits_are_counted_and_connections_stay_within_the_pool(
    open_app: OpenApp, database: psycopg.Connection, variant: str
) -> None:
    async with open_app(variant, pool_size=2) as (client, app):
        answers = await asyncio.gather(
            *(client.get(f"/wells/{well}/details") for well in range(1, 9))
        )
        found = database.execute(CONNECTIONS).fetchone()
        reading = app.state.meter.read()
    assert {answer.status_code for answer in answers} == {200}
    assert found == (2, 2)
    assert (reading.requests, reading.failed, reading.pool_wait_count) == (8, 0, 8)
    assert reading.pool_wait_sum > 0.0


@pytest.fixture
def empty_tables(database: psycopg.Connection) -> Iterator[str]:
    """A schema with tables of the same names and no rows."""
    database.execute("CREATE SCHEMA elsewhere")
    database.execute("SET search_path = elsewhere")
    database.execute((files("loadlab_services.workloads.wells") / "schema.sql").read_bytes())
    yield "elsewhere"
    database.execute("DROP SCHEMA elsewhere CASCADE")


@every_variant
async def test_tables_are_found_in_the_schema_that_is_set(
    open_app: OpenApp, empty_tables: str, variant: str
) -> None:
    async with open_app(variant, database_schema=empty_tables) as (client, _):
        answer = await client.get("/wells")
    assert (answer.status_code, answer.json()) == (200, [])
