"""The response cache: what it saves, when it is cleared, how stale it may be, life without it."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

import httpx
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import event

from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads.items.cache import ListCache, index_key, invalidate, key_of

pytestmark = pytest.mark.integration
PREFIX = "loadlab:items:"

SettingsOf = Callable[..., ServiceSettings]
Serving = Callable[[ServiceSettings], AbstractAsyncContextManager[httpx.AsyncClient]]
cached_variants = pytest.mark.parametrize("variant", ["cached", "cached-middleware"])
readers = pytest.mark.parametrize("variant", ["cached", "cached-middleware", "queued"])


def item(number: int) -> dict[str, str]:
    return {"name": f"item-{number}", "description": ""}


def names(answer: httpx.Response) -> tuple[str, list[str]]:
    assert answer.status_code == 200
    return answer.headers["X-Cache"], [item["name"] for item in answer.json()]


def state_of(client: httpx.AsyncClient) -> Any:
    transport: Any = client._transport
    return transport.app.state


def look_ups(cache: redis.Redis) -> tuple[int, int]:
    stats: Any = cache.info("stats")
    return stats["keyspace_hits"], stats["keyspace_misses"]


@contextmanager
def watching(client: httpx.AsyncClient) -> Iterator[list[str]]:
    """Collect the statements that the app sends to Postgres."""
    engine = state_of(client).sessions.kw["bind"].sync_engine
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement.split(maxsplit=1)[0])

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


@readers
async def test_a_miss_is_one_look_up_and_one_query_and_a_hit_one_look_up(
    serving: Serving, settings_of: SettingsOf, cache: redis.Redis, variant: str
) -> None:
    async with serving(settings_of(variant)) as client:
        with watching(client) as statements:
            before = look_ups(cache)
            miss = await client.get("/items")
            after_miss = (look_ups(cache), list(statements))
            hits = [await client.get("/items?limit=100") for _ in range(3)]
            after_hits = (look_ups(cache), statements)
    assert after_miss == ((before[0], before[1] + 1), ["SELECT"])
    assert after_hits == ((before[0] + 3, before[1] + 1), ["SELECT"])
    assert [a.headers["X-Cache"] for a in (miss, *hits)] == ["miss", "hit", "hit", "hit"]
    assert {answer.content for answer in (miss, *hits)} == {b"[]"}


async def test_the_direct_variant_knows_no_cache(
    serving: Serving, settings_of: SettingsOf, cache: redis.Redis
) -> None:
    async with serving(settings_of("direct", redis_url="")) as client:
        assert "X-Cache" not in (await client.get("/items")).headers
    assert cache.keys() == []


@cached_variants
async def test_a_write_clears_the_lists_of_all_lengths_and_counts_as_no_look_up(
    serving: Serving, settings_of: SettingsOf, cache: redis.Redis, variant: str
) -> None:
    async with serving(settings_of(variant)) as client:
        await client.post("/items", json=item(1))
        first = [names(await client.get(f"/items?limit={limit}")) for limit in (1, 2, 1000)]
        before = look_ups(cache)
        with watching(client) as statements:
            assert (await client.post("/items", json=item(2))).status_code == 201
        assert (look_ups(cache), statements) == (before, ["INSERT"])
        assert cache.keys() == []
        second = [names(await client.get(f"/items?limit={limit}")) for limit in (1, 2, 1000)]
    assert first == [("miss", ["item-1"])] * 3
    both = ["item-2", "item-1"]
    assert second == [("miss", ["item-2"]), ("miss", both), ("miss", both)]


@cached_variants
async def test_a_refused_write_leaves_the_cache_alone(
    serving: Serving, settings_of: SettingsOf, variant: str
) -> None:
    async with serving(settings_of(variant)) as client:
        await client.get("/items")
        assert (await client.post("/items", json={})).status_code == 422
        assert (await client.get("/items")).headers["X-Cache"] == "hit"


@readers
async def test_a_worker_that_writes_clears_the_cache_too(
    serving: Serving,
    settings_of: SettingsOf,
    cache: redis.Redis,
    write: Callable[..., bool],
    variant: str,
) -> None:
    async with serving(settings_of(variant)) as client:
        await client.get("/items")
        write("item-7")
        assert names(await client.get("/items")) == ("hit", [])
        assert invalidate(cache, PREFIX)
        assert names(await client.get("/items")) == ("miss", ["item-7"])


@cached_variants
async def test_a_list_that_was_read_before_a_write_and_kept_after_it_ends_in_time(
    serving: Serving, settings_of: SettingsOf, variant: str
) -> None:
    """The race that cache-aside leaves open, with its steps in the worst order."""
    bound = 0.3
    async with serving(settings_of(variant, cache_ttl_ms=int(bound * 1000))) as client:
        cache: ListCache = state_of(client).cache
        asked_at = time.time()
        old = (await client.get("/items")).content
        await client.post("/items", json=item(1))
        written_at = time.time()
        await asyncio.sleep(0.1)
        await cache.fill(100, old, asked_at=asked_at)
        assert names(await client.get("/items")) == ("hit", [])
        await asyncio.sleep(max(written_at + bound - time.time(), 0))
        assert names(await client.get("/items")) == ("miss", ["item-1"])


async def test_a_list_that_took_too_long_to_read_is_not_kept(
    serving: Serving, settings_of: SettingsOf, cache: redis.Redis
) -> None:
    async with serving(settings_of("cached")) as client:
        kept: ListCache = state_of(client).cache
        await kept.fill(100, b"old", asked_at=time.time() - 1.1)
        assert await kept.look_up(100) is None


@cached_variants
async def test_what_is_kept_ends_by_itself_and_the_index_ends_last(
    serving: Serving, settings_of: SettingsOf, cache: redis.Redis, variant: str
) -> None:
    async with serving(settings_of(variant, cache_ttl_ms=500)) as client:
        await client.get("/items?limit=5")
        left: dict[Any, Any] = {key: cache.pttl(key) for key in cache.keys("loadlab:items:*")}
    listed, index = key_of(PREFIX, 5).encode(), index_key(PREFIX).encode()
    assert set(left) == {listed, index}
    assert 0 < left[listed] <= 500 < left[index]


@cached_variants
async def test_without_redis_the_database_answers(
    serving: Serving, settings_of: SettingsOf, unused_port: Callable[[], int], variant: str
) -> None:
    absent = settings_of(variant, redis_url=f"redis://127.0.0.1:{unused_port()}/0")
    async with serving(absent) as client:
        statuses = [(await client.post("/items", json=item(n))).status_code for n in (1, 2)]
        listed = [names(await client.get("/items?limit=1")) for _ in range(2)]
    assert statuses == [201, 201]
    assert listed == [("miss", ["item-2"])] * 2


def test_a_worker_is_told_that_the_cache_was_not_cleared(unused_port: Callable[[], int]) -> None:
    with redis.Redis(port=unused_port(), retry=Retry(NoBackoff(), 0)) as absent:
        assert invalidate(absent, PREFIX) is False
