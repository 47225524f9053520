"""The HTTP contract of `select`, which every variant keeps on the same data."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Any

import httpx
import psycopg
import pytest

from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads import find_workload
from loadlab_services.workloads.select.contract import ORDERS_OF_USER

pytestmark = pytest.mark.integration
OpenApp = Callable[[ServiceSettings], AbstractAsyncContextManager[httpx.AsyncClient]]
BuildSettings = Callable[..., ServiceSettings]
VARIANTS = sorted(find_workload("select").variants)
every_variant = pytest.mark.parametrize("variant", VARIANTS)
USERS = 1000
BAD_USERS = ["0", "-1", str(2**63), "1.5", "x", "", "1 OR 1=1", "\x00", "ü١💥", "9" * 5000]


@pytest.fixture
def build_settings(orders_url: str, stream_url: str) -> BuildSettings:
    known = {"database_url": orders_url, "redis_url": stream_url, "pool_size": 3}

    def build(variant: str, **changes: object) -> ServiceSettings:
        return ServiceSettings.model_validate(
            {"workload": "select", "variant": variant} | known | changes
        )

    return build


async def fetch_all(client: httpx.AsyncClient, users: range) -> dict[int, tuple[int, bytes]]:
    answers = [await client.get("/select", params={"user_id": user}) for user in users]
    return {
        user: (answer.status_code, answer.content)
        for user, answer in zip(users, answers, strict=True)
    }


async def test_all_variants_answer_every_user_byte_for_byte_alike(
    open_app: OpenApp, build_settings: BuildSettings
) -> None:
    answers: dict[str, dict[int, tuple[int, bytes]]] = {}
    for variant in VARIANTS:
        async with open_app(build_settings(variant)) as client:
            answers[variant] = await fetch_all(client, range(1, USERS + 17, 17))
    assert all(answers[variant] == answers["sync"] for variant in VARIANTS)
    assert {status for status, _ in answers["sync"].values()} == {200}
    assert len(set(answers["sync"].values())) > USERS / 17 / 2


@every_variant
async def test_an_answer_holds_what_the_tables_hold(
    open_app: OpenApp, build_settings: BuildSettings, orders_url: str, variant: str
) -> None:
    async with open_app(build_settings(variant)) as client:
        answers = [(await client.get(f"/select?user_id={user}")).json() for user in range(1, 51)]
    orders = [order for answer in answers for order in answer]
    items = [item for order in orders for item in order["items"]]
    with psycopg.connect(orders_url) as connection:
        expected = fetch_rows(connection)
    assert [order["id"] for order in sorted(orders, key=by_id)] == expected["orders"]
    assert [
        (item["id"], item["product_id"], item["quantity"], Decimal(item["unit_price"]))
        for item in sorted(items, key=by_id)
    ] == expected["items"]
    assert set(orders[0]) == {"id", "status", "created_at", "items"}


def by_id(row: dict[str, Any]) -> int:
    return int(row["id"])


def fetch_rows(connection: psycopg.Connection) -> dict[str, list[Any]]:
    orders = connection.execute("SELECT id FROM orders WHERE user_id <= 50 ORDER BY id").fetchall()
    items = connection.execute(
        "SELECT i.id, i.product_id, i.quantity, i.unit_price FROM order_items i "
        "JOIN orders o ON o.id = i.order_id WHERE o.user_id <= 50 ORDER BY i.id"
    ).fetchall()
    return {"orders": [order for (order,) in orders], "items": items}


@every_variant
@pytest.mark.parametrize("user_id", [USERS + 1, 2**31, 2**63 - 1])
async def test_a_user_without_orders_has_an_empty_list(
    open_app: OpenApp, build_settings: BuildSettings, variant: str, user_id: int
) -> None:
    async with open_app(build_settings(variant)) as client:
        answer = await client.get(f"/select?user_id={user_id}")
    assert (answer.status_code, answer.content) == (200, b"[]")


@every_variant
async def test_a_bad_user_id_is_422_with_a_message(
    open_app: OpenApp, build_settings: BuildSettings, variant: str
) -> None:
    async with open_app(build_settings(variant)) as client:
        answers = [await client.get("/select", params={"user_id": user}) for user in BAD_USERS]
        answers.append(await client.get("/select"))
    assert [answer.status_code for answer in answers] == [422] * len(answers)
    assert all(answer.json()["detail"][0]["msg"] for answer in answers)


@every_variant
async def test_pool_waits_are_counted_and_connections_stay_within_the_pool(
    open_app: OpenApp, build_settings: BuildSettings, orders_url: str, variant: str
) -> None:
    async with open_app(build_settings(variant, pool_size=2)) as client:
        with psycopg.connect(orders_url) as watcher:
            opened = count_connections(watcher)
            await asyncio.gather(*(client.get(f"/select?user_id={user}") for user in range(1, 41)))
            after = count_connections(watcher)
        transport: Any = client._transport
        reading = transport.app.state.meter.read()
    assert (opened, after) == (2, 2)
    assert (reading.requests, reading.failed, reading.pool_wait_count) == (40, 0, 40)
    assert reading.pool_wait_sum > 0.0


def count_connections(watcher: psycopg.Connection) -> int:
    watcher.rollback()  # pg_stat_activity is one snapshot per transaction
    row = watcher.execute(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'"
    ).fetchone()
    assert row is not None
    return int(row[0])


async def test_tuned_connections_hold_their_statement_before_the_first_request(
    open_app: OpenApp, build_settings: BuildSettings
) -> None:
    async with open_app(build_settings("asyncpg-tuned", pool_size=1)) as client:
        transport: Any = client._transport
        held = await prepared(transport.app.state.pool)
        await client.get("/select?user_id=1")
        assert await prepared(transport.app.state.pool) == held
    assert len(held) == 1


async def prepared(pool: Any) -> list[str]:
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT name FROM pg_prepared_statements WHERE statement = $1", ORDERS_OF_USER
        )
    return [row["name"] for row in rows]
