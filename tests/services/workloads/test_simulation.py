"""The HTTP contract of `simulation`, which every variant keeps on the same data."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import psycopg
import pytest

from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads import find_workload
from loadlab_services.workloads.simulation.fibonacci import fibonacci

pytestmark = pytest.mark.integration
OpenApp = Callable[[ServiceSettings], AbstractAsyncContextManager[httpx.AsyncClient]]
BuildSettings = Callable[..., ServiceSettings]
# `queued` leaves the number to a worker: see test_simulation_queued.
VARIANTS = sorted(find_workload("simulation").variants.keys() - {"queued"})
every_variant = pytest.mark.parametrize("variant", VARIANTS)
USERS = 1000
TRIED = range(1, 31)
EXPECTED = """
SELECT o.user_id, coalesce(sum(i.quantity), 0), count(DISTINCT i.product_id),
       count(DISTINCT i.order_id)
FROM orders o LEFT JOIN order_items i ON i.order_id = o.id
WHERE o.user_id = ANY(%s) GROUP BY o.user_id
"""
NOTHING = {"total": 0, "fib": 0, "products": 0, "orders": 0}
BAD_NUMBERS = ["", "-1", "0", str(2**63), "1.5", "x", "NaN", "1 OR 1=1", "\x00", "ü١💥", "9" * 5000]


@pytest.fixture
def build_settings(orders_url: str) -> BuildSettings:
    def build(variant: str, pool_size: int = 3) -> ServiceSettings:
        return ServiceSettings(
            workload="simulation", variant=variant, database_url=orders_url, pool_size=pool_size
        )

    return build


@pytest.fixture(scope="module")
def expected(orders_url: str) -> dict[int, dict[str, int]]:
    """What Postgres itself makes of the tables, without `fib`."""
    with psycopg.connect(orders_url) as connection:
        rows = connection.execute(EXPECTED, (list(TRIED),)).fetchall()
    answers = {user: {k: NOTHING[k] for k in ("total", "products", "orders")} for user in TRIED}
    for user, total, products, orders in rows:
        answers[user] = {"total": int(total), "products": products, "orders": orders}
    return answers


@every_variant
@pytest.mark.parametrize("fib", [1, 12])
async def test_an_answer_sums_up_what_the_tables_hold(
    open_app: OpenApp,
    build_settings: BuildSettings,
    expected: dict[int, dict[str, int]],
    variant: str,
    fib: int,
) -> None:
    async with open_app(build_settings(variant)) as client:
        answers = {
            user: (await client.get(f"/simulation?user_id={user}&fib={fib}")).json()
            for user in TRIED
        }
    assert answers == {
        user: known | {"fib": fibonacci(min(known["total"], fib))}
        for user, known in expected.items()
    }
    assert {known["orders"] for known in expected.values()} >= {0, 1, 2}


@every_variant
async def test_fib_is_15_unless_asked_and_never_above_the_total(
    open_app: OpenApp,
    build_settings: BuildSettings,
    expected: dict[int, dict[str, int]],
    variant: str,
) -> None:
    many = next(user for user, known in expected.items() if known["total"] > 15)
    few = next(user for user, known in expected.items() if known["total"] == 0)
    async with open_app(build_settings(variant)) as client:
        usual = await client.get(f"/simulation?user_id={many}")
        bounded = await client.get(f"/simulation?user_id={few}&fib=35")
    assert (usual.status_code, usual.json()["fib"]) == (200, 610)
    assert (bounded.status_code, bounded.json()) == (200, NOTHING)


@every_variant
async def test_an_unknown_user_has_nothing(
    open_app: OpenApp, build_settings: BuildSettings, variant: str
) -> None:
    unknown = [USERS + 1, 2**31, 2**63 - 1]
    async with open_app(build_settings(variant)) as client:
        answers = [await client.get(f"/simulation?user_id={user}") for user in unknown]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, NOTHING)] * 3


@every_variant
async def test_bad_input_is_422_with_a_message(
    open_app: OpenApp, build_settings: BuildSettings, variant: str
) -> None:
    queries = [{"user_id": bad} for bad in BAD_NUMBERS]
    queries += [{"user_id": "1", "fib": bad} for bad in ["36", *BAD_NUMBERS]]
    async with open_app(build_settings(variant)) as client:
        answers = [await client.get("/simulation", params=query) for query in queries]
        answers.append(await client.get("/simulation"))
    assert [answer.status_code for answer in answers] == [422] * len(answers)
    assert all(answer.json()["detail"][0]["msg"] for answer in answers)


@every_variant
async def test_every_request_borrows_two_connections_of_the_pool(
    open_app: OpenApp, build_settings: BuildSettings, variant: str
) -> None:
    async with open_app(build_settings(variant, pool_size=2)) as client:
        answers = await asyncio.gather(
            *(client.get(f"/simulation?user_id={user}&fib=5") for user in TRIED)
        )
        transport: Any = client._transport
        reading = transport.app.state.meter.read()
    assert {answer.status_code for answer in answers} == {200}
    assert (reading.requests, reading.failed) == (len(TRIED), 0)
    assert reading.pool_wait_count == 2 * len(TRIED)
