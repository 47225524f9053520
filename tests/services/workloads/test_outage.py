"""Trouble with Postgres is 503 with Retry-After in every variant that reads, and passes."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import psycopg
import pytest

from loadlab_services.settings import ServiceSettings
from loadlab_services.stores import pools
from loadlab_services.workloads import find_workload
from loadlab_services.workloads.select import asyncpg_pool

pytestmark = pytest.mark.integration
OpenApp = Callable[[ServiceSettings], AbstractAsyncContextManager[httpx.AsyncClient]]
READERS = [
    (name, kind)
    for name in ("select", "simulation")
    for kind in sorted(find_workload(name).variants)
]
every_reader = pytest.mark.parametrize(("workload", "variant"), READERS)
BuildSettings = Callable[..., ServiceSettings]


@pytest.fixture
def build_settings(orders_url: str, stream_url: str, amqp_url: str) -> BuildSettings:
    known = {"database_url": orders_url, "redis_url": stream_url, "cache_ttl_ms": 1}
    known |= {"amqp_url": amqp_url}

    def build(workload: str, variant: str, **changes: object) -> ServiceSettings:
        named = {"workload": workload, "variant": variant, "pool_size": 2}
        return ServiceSettings.model_validate(named | known | changes)

    return build


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (pools, asyncpg_pool):
        monkeypatch.setattr(module, "POOL_TIMEOUT_SECONDS", 0.2)


async def ask(client: httpx.AsyncClient, workload: str, variant: str, user: int) -> httpx.Response:
    """Read; a variant that puts off what it makes of it is asked to by POST."""
    method = "POST" if variant == "queued" else "GET"
    return await client.request(method, f"/{workload}?user_id={user}")


def is_answered(answer: httpx.Response) -> bool:
    return answer.status_code in {200, 202}


def is_unavailable(answer: httpx.Response) -> bool:
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1"), answer.text
    assert "try again" in answer.json()["detail"]
    return True


@every_reader
async def test_connections_that_postgres_cut_are_503_at_worst_and_replaced(
    open_app: OpenApp,
    build_settings: BuildSettings,
    orders_url: str,
    workload: str,
    variant: str,
) -> None:
    async with open_app(build_settings(workload, variant)) as client:
        with psycopg.connect(orders_url, autocommit=True) as postgres:
            postgres.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        answers = [await ask(client, workload, variant, user) for user in range(1, 9)]
    assert all(is_answered(answer) or is_unavailable(answer) for answer in answers)
    assert all(is_answered(answer) for answer in answers[-2:])


@every_reader
async def test_postgres_away_is_503(
    open_app: OpenApp,
    build_settings: BuildSettings,
    lay_wire: Callable[[str], AbstractAsyncContextManager[Any]],
    orders_url: str,
    impatient: None,
    workload: str,
    variant: str,
) -> None:
    async with (
        lay_wire(orders_url) as wire,
        open_app(build_settings(workload, variant, database_url=wire.url)) as client,
    ):
        assert is_answered(await ask(client, workload, variant, 1))
        await wire.cut()
        answers = [await ask(client, workload, variant, user) for user in range(2, 6)]
    assert all(is_unavailable(answer) for answer in answers)


@every_reader
async def test_no_connection_in_time_is_503(
    open_app: OpenApp,
    build_settings: BuildSettings,
    orders_url: str,
    impatient: None,
    workload: str,
    variant: str,
) -> None:
    size = {"select": 1, "simulation": 2}[workload]  # as many as one request takes
    async with open_app(build_settings(workload, variant, pool_size=size)) as client:
        with psycopg.connect(orders_url) as postgres:
            postgres.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
            first = asyncio.create_task(ask(client, workload, variant, 1))
            await wait_for_locks(postgres, size)
            second = await ask(client, workload, variant, 2)
        assert is_unavailable(second)
        assert is_answered(await first)


async def wait_for_locks(postgres: psycopg.Connection, count: int) -> None:
    """Wait until so many queries wait for a lock."""
    async with asyncio.timeout(10):
        while True:
            found = postgres.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            ).fetchone()
            if found == (count,):
                return
            await asyncio.sleep(0.01)
