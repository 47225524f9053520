"""The HTTP contract of `select`, which every variant keeps on the same data."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Any

import httpx
import psycopg
import pytest

from loadlab_services.catalogue import CATALOGUE
from loadlab_services.dataset.load import load_dataset
from loadlab_services.settings import Settings

pytestmark = pytest.mark.integration
OpenApp = Callable[[Settings], AbstractAsyncContextManager[httpx.AsyncClient]]
VARIANTS = sorted(CATALOGUE["select"])
every_variant = pytest.mark.parametrize("variant", VARIANTS)
SCALE = 0.001
USERS = 1000


@pytest.fixture(scope="module")
def data(new_database: Callable[[], str]) -> str:
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        load_dataset(connection, scale=SCALE, seed=42, say=print)
    return url


def settings_of(variant: str, data: str, pool_size: int = 3) -> Settings:
    return Settings(workload="select", variant=variant, database_url=data, pool_size=pool_size)


async def fetch_all(client: httpx.AsyncClient, users: range) -> dict[int, tuple[int, bytes]]:
    answers = [await client.get("/select", params={"user_id": user}) for user in users]
    return {
        user: (answer.status_code, answer.content)
        for user, answer in zip(users, answers, strict=True)
    }


async def test_all_variants_answer_every_user_byte_for_byte_alike(
    open_app: OpenApp, data: str
) -> None:
    answers: dict[str, dict[int, tuple[int, bytes]]] = {}
    for variant in VARIANTS:
        async with open_app(settings_of(variant, data)) as client:
            answers[variant] = await fetch_all(client, range(1, USERS + 3, 3))
    assert answers["sync"] == answers["async"] == answers["asyncpg"]
    assert {status for status, _ in answers["sync"].values()} == {200}
    assert len(set(answers["sync"].values())) > USERS / 4


@every_variant
async def test_an_answer_holds_what_the_tables_hold(
    open_app: OpenApp, data: str, variant: str
) -> None:
    async with open_app(settings_of(variant, data)) as client:
        answers = [(await client.get(f"/select?user_id={user}")).json() for user in range(1, 51)]
    orders = [order for answer in answers for order in answer]
    items = [item for order in orders for item in order["items"]]
    with psycopg.connect(data) as connection:
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
    open_app: OpenApp, data: str, variant: str, user_id: int
) -> None:
    async with open_app(settings_of(variant, data)) as client:
        answer = await client.get(f"/select?user_id={user_id}")
    assert (answer.status_code, answer.json()) == (200, [])


@every_variant
async def test_a_bad_user_id_is_422(open_app: OpenApp, data: str, variant: str) -> None:
    bad = ["0", "-1", str(2**63), "1.5", "x", "", "1 OR 1=1", "\x00", "9" * 5000]
    async with open_app(settings_of(variant, data)) as client:
        codes = [
            (await client.get("/select", params={"user_id": user})).status_code for user in bad
        ]
        missing = await client.get("/select")
    assert codes == [422] * len(bad)
    assert missing.status_code == 422


@every_variant
async def test_pool_waits_are_counted_and_connections_stay_within_the_pool(
    open_app: OpenApp, data: str, variant: str
) -> None:
    async with open_app(settings_of(variant, data, pool_size=2)) as client:
        with psycopg.connect(data) as watcher:
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
