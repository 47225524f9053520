"""In a Redis with many keys of others LoadLab's are taken away by their names: nobody walks through
millions of keys for them."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import redis
from redis.asyncio import Redis

from loadlab_services.names import key_prefix
from loadlab_services.steward import own_keys
from loadlab_services.steward.own_keys import clear_keys
from loadlab_services.steward.stores import Stores
from loadlab_services.stores.connect import connect_redis
from loadlab_services.workload import STREAM_WORKER
from loadlab_services.workloads import find_workload
from loadlab_services.workloads.items.cache import index_key, key_of
from loadlab_services.workloads.select.keys import run_prefix
from tests.services.existing.conftest import RUN, SPACE, Run
from tests.services.redis_server import serve_redis

pytestmark = pytest.mark.integration
EARLIER, BEFORE = "ingest-000-a1", "ingest-000-a2"


@pytest.fixture
def their_redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A Redis of others, with more keys than are looked at."""
    monkeypatch.setattr(own_keys, "MOST_LOOKED_AT", 10)
    with serve_redis() as url:
        with redis.Redis.from_url(url) as client:
            client.mset({f"ingest:theirs:{number}": "kept" for number in range(20)})
        yield url


@pytest.fixture
def client(their_redis: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(their_redis) as client:
        yield client


def walks(client: redis.Redis) -> int:
    found: Any = client.info("commandstats")
    return sum(found.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("scan", "keys"))


def ours(client: redis.Redis) -> set[str]:
    """Of which the test itself needs a walk."""
    return {key.decode() for key in client.scan_iter(match="loadlab:*")}


async def clear(url: str, workload: str, runs: list[str], keep: str = "", **of: Any) -> int:
    prefix = key_prefix(workload, SPACE)
    async with connect_redis(url) as client, httpx.AsyncClient() as http:
        given: dict[str, Any] = {"owns_redis": False, "key_prefix": prefix, "scale": 0.001}
        stores = Stores(http, redis=client, **given)
        return await clear_keys(stores, find_workload(workload), runs, keep=keep, **of)


async def test_a_run_leaves_nothing_and_nobody_walks_through_the_keys_of_others(
    their_redis: str, client: redis.Redis, finished_run: Run
) -> None:
    before = {key: client.dump(key) for key in client.keys("*")}
    walked = walks(client)

    told = {"redis_url": their_redis, "redis_space": SPACE}
    account = await finished_run(STREAM_WORKER, "queued", **told)

    assert account["persisted"] == 30
    assert walks(client) == walked
    assert {key: client.dump(key) for key in client.keys("*")} == before


async def test_streams_of_earlier_runs_go_and_those_of_this_one_stay(
    their_redis: str, client: redis.Redis
) -> None:
    prefix = f"{SPACE}:ingest:"
    for run in (EARLIER, BEFORE, RUN):
        client.xadd(f"{prefix}{run}", {"payload": "x"})
        client.xadd(f"{prefix}{run}:dead", {"payload": "x"})
    walked = walks(client)

    gone = await clear(their_redis, "ingest", [BEFORE, EARLIER, RUN], keep=RUN)

    assert (gone, walks(client)) == (4, walked)
    assert ours(client) == {f"{prefix}{RUN}", f"{prefix}{RUN}:dead"}


async def test_what_the_latest_run_cached_goes_by_name(
    their_redis: str, client: redis.Redis
) -> None:
    answers = run_prefix(key_prefix("select", SPACE), "select-001-a1")
    client.mset({f"{answers}{user}": "[]" for user in (1, 500, 1000)})
    lists = key_prefix("items", SPACE)
    client.mset({key_of(lists, 1): "[]", key_of(lists, 1000): "[]"})
    client.zadd(index_key(lists), {key_of(lists, 1): 0})
    walked = walks(client)

    assert await clear(their_redis, "select", ["select-001-a1"], with_cached=False) == 0
    assert await clear(their_redis, "select", ["select-001-a1"]) == 3
    assert await clear(their_redis, "items", ["items-001-a1"]) == 3
    assert (walks(client), ours(client)) == (walked, set())


async def test_among_few_keys_whatever_is_in_our_space_is_found(
    their_redis: str, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_keys, "MOST_LOOKED_AT", 1000)
    client.set(f"{SPACE}:ingest:left", "by a run of ours before")

    assert await clear(their_redis, "ingest", []) == 1
    assert len(client.keys("*")) == 20


async def test_who_may_not_count_the_keys_walks_through_none(
    their_redis: str, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_keys, "MOST_LOOKED_AT", 1000)
    rules = "reset on >guest-secret ~loadlab:* +@all -@dangerous -dbsize"
    client.execute_command("ACL", "SETUSER", "guest", *rules.split())
    walked = walks(client)

    assert await clear(re.sub("//", "//guest:guest-secret@", their_redis), "ingest", [RUN]) == 0
    assert walks(client) == walked


async def test_without_a_prefix_nothing_is_deleted(their_redis: str) -> None:
    async with httpx.AsyncClient() as http:
        redis: Redis = connect_redis(their_redis)
        with pytest.raises(ValueError, match="everybody's keys"):
            await clear_keys(Stores(http, redis=redis), find_workload("ingest"), [])
        await redis.aclose()
