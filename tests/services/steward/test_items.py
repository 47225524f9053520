"""The steward and the items workload: empties table and cache before a run, accounts after it."""

from collections.abc import Callable

import psycopg
import pytest
import redis

from loadlab_services.settings import StewardSettings
from loadlab_services.workloads.items.cache import index_key, key_of
from loadlab_services.workloads.items.migrate import migrate
from tests.services.stewards import access, steward

pytestmark = pytest.mark.integration
RUN = "items-003-a1"


@pytest.fixture
def settings(new_database: Callable[[], str], stream_url: str) -> StewardSettings:
    url = new_database()
    migrate(url)
    return StewardSettings.model_validate(
        {"workload": "items", "database_url": url, "redis_url": stream_url} | access(RUN)
    )


def insert(settings: StewardSettings, *names: str) -> None:
    with psycopg.connect(settings.database_url) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "insert into items (key, name, description) values (gen_random_uuid(), %s, '')",
            [(name,) for name in names],
        )


async def ask(settings: StewardSettings, occasion: str) -> dict[str, object]:
    async with steward(settings) as client:
        answer = await client.post(f"/runs/{RUN}/{occasion}", json={"pod": 0, "pods": 1})
    assert answer.status_code == 200
    body: dict[str, object] = answer.json()
    return body


async def test_a_run_begins_without_items_and_without_cached_lists(
    settings: StewardSettings, stream_url: str
) -> None:
    insert(settings, "item-1")
    with redis.Redis.from_url(stream_url) as client:
        client.set("items:of-somebody-else", "kept")
        listed = key_of(settings.key_prefix, 100)
        client.set(listed, "[]")
        client.zadd(index_key(settings.key_prefix), {listed: 0})
        await ask(settings, "arrive")
        assert client.keys() == [b"items:of-somebody-else"]
    with psycopg.connect(settings.database_url) as connection:
        assert connection.execute("select count(*) from items").fetchone() == (0,)


async def test_the_account_counts_all_rows_and_adds_up_the_ids_in_the_names(
    settings: StewardSettings,
) -> None:
    numbers = [1, 2, 2, 10**15 - 1]
    others = ["item-", "item-1x", "x item-1", "item-1\n", "item--1", f"item-{10**15}", "item-٣"]
    insert(settings, *(f"item-{number}" for number in numbers), *others)
    account = await ask(settings, "finish")
    assert account.pop("drainSeconds") == pytest.approx(0, abs=0.01)
    assert account == {
        "run": RUN,
        "drained": True,
        "persisted": len(numbers) + len(others),
        "distinct": 3,
        "idSum": sum(numbers),
        "idMix": sum(number * 48271 % 2147483647 for number in numbers),
        "pending": 0,
        "deadLettered": 0,
    }
