"""A store of others without room is refused before the first trial, and named where it fills up."""

import re
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import redis

from loadlab_services.data.errors import DatasetError
from loadlab_services.dataset.claim_redis import claim_redis
from loadlab_services.dataset.redis_room import LEAST_ROOM, check_room
from loadlab_services.settings import ServiceSettings, StewardSettings
from tests.services.existing.conftest import READING, RUN, SPACE
from tests.services.loopback_server import running, wait_for
from tests.services.redis_server import serve_redis
from tests.services.serving import serving
from tests.services.stewards import access, steward

MIB = 2**20


def memory(most: int, used: int, policy: str) -> dict[str, object]:
    return {"maxmemory": most, "used_memory": used, "maxmemory_policy": policy}


@pytest.mark.parametrize(
    ("told", "keeps_work"),
    [
        (memory(0, 900 * MIB, "noeviction"), True),
        (memory(0, 900 * MIB, "allkeys-lru"), True),
        (memory(1024 * MIB, 1024 * MIB - LEAST_ROOM, "noeviction"), True),
        (memory(1024 * MIB, 10 * MIB, "volatile-lru"), True),
        (memory(1024 * MIB, 10 * MIB, "allkeys-lru"), False),
        (memory(100 * MIB, 100 * MIB, "allkeys-lru"), False),
        (memory(100 * MIB, 100 * MIB, "volatile-lfu"), False),
        ({}, True),
    ],
)
def test_one_with_room_that_keeps_what_waits_is_taken(told, keeps_work):
    check_room(told, keeps_work=keeps_work)


@pytest.mark.parametrize(
    ("told", "keeps_work", "said"),
    [
        (memory(1024 * MIB, MIB, "allkeys-lfu"), True, r"any key at its maxmemory of 1,024 MiB"),
        (memory(100 * MIB, 99 * MIB, "noeviction"), True, r"99 MiB of its maxmemory of 100 MiB"),
        (memory(100 * MIB, 99 * MIB, "volatile-lru"), True, r"policy volatile-lru\), and 64 MiB"),
        (memory(100 * MIB, 99 * MIB, "noeviction"), False, r"policy noeviction\), and 64 MiB"),
    ],
)
def test_one_that_may_lose_work_or_has_no_room_is_refused_with_the_figures(told, keeps_work, said):
    with pytest.raises(DatasetError, match=said):
        check_room(told, keeps_work=keeps_work)


OTHERS = """
import itertools, redis, sys
with redis.Redis.from_url(sys.argv[1]) as client:
    for number in itertools.count():
        client.set(f"theirs:{number}", "x" * 100_000)
"""


def check_it_evicts(client: redis.Redis) -> None:
    assert client.info("stats")["evicted_keys"]


@pytest.fixture
def their_redis() -> Iterator[str]:
    with serve_redis() as url:
        yield url


@pytest.mark.integration
def test_a_redis_that_evicts_work_is_refused_before_the_first_trial(their_redis: str) -> None:
    with redis.Redis.from_url(their_redis) as client:
        client.config_set("maxmemory", str(256 * MIB))
        client.config_set("maxmemory-policy", "allkeys-lru")
        with pytest.raises(DatasetError, match="maxmemory-policy allkeys-lru"):
            claim_redis(their_redis, SPACE)
        assert client.keys("*") == []
        claim_redis(their_redis, SPACE, keeps_work=False)
        client.config_set("maxmemory-policy", "noeviction")
        claim_redis(their_redis, SPACE)


@pytest.mark.integration
def test_a_full_redis_is_taken_as_a_cache_where_it_finds_keys_to_evict(their_redis: str) -> None:
    """A cache is always full: one that others use for years was refused for it."""
    with redis.Redis.from_url(their_redis) as client:
        client.mset({f"theirs:{number}": "x" * 1000 for number in range(2000)})
        client.config_set("maxmemory-policy", "allkeys-lru")
        client.config_set("maxmemory", client.info("memory")["used_memory"])
        claim_redis(their_redis, SPACE, keeps_work=False)

        # In this order: by the former policy it would make room as soon as it has less.
        client.config_set("maxmemory-policy", "volatile-lru")
        client.config_set("maxmemory", "1mb")
        with pytest.raises(DatasetError, match="finds no key to evict; give it more"):
            claim_redis(their_redis, SPACE, keeps_work=False)


@pytest.mark.integration
def test_a_cache_may_evict_what_is_tried_in_it(their_redis: str, tmp_path: Path) -> None:
    """One that evicts of thousands of keys the newest was told to refuse XREADGROUP."""
    others = [sys.executable, "-c", OTHERS, their_redis]
    with redis.Redis.from_url(their_redis) as client:
        client.config_set("maxmemory-policy", "allkeys-random")
        client.config_set("maxmemory", "3mb")
        with running(others, str(tmp_path), end=signal.SIGTERM):
            wait_for(partial(check_it_evicts, client), AssertionError)
            for _ in range(100):
                claim_redis(their_redis, SPACE, keeps_work=False)

        client.config_set("maxmemory-policy", "allkeys-lru")
        client.config_set("maxmemory", "1mb")
        with pytest.raises(DatasetError, match="give it more"):
            claim_redis(their_redis, SPACE, keeps_work=False)


@pytest.mark.integration
async def test_writes_that_a_full_redis_refused_are_told_with_the_remedy(
    their_redis: str, messages_url: str
) -> None:
    """Requests failed, and nobody said why."""
    told = {"workload": "ingest", "variant": "queued", "run_id": RUN, "database_url": messages_url}
    told |= {"redis_url": their_redis, "redis_space": SPACE}
    settings = StewardSettings.model_validate(told | access(RUN))
    with redis.Redis.from_url(their_redis) as client:
        async with steward(settings) as asked:
            body: dict[str, int] = {"pod": 0, "pods": 1}
            assert (await asked.post(f"/runs/{RUN}/arrive", json=body)).status_code == 200
            client.config_set("maxmemory", "1mb")
            async with serving(ServiceSettings.model_validate(told)) as service:
                answers = [await service.post("/write", content=READING % n) for n in range(3)]
            client.config_set("maxmemory", "0")
            finished = await asked.post(f"/runs/{RUN}/finish", json=body | {"drainMs": 1000})

    assert {answer.status_code for answer in answers} == {503}
    [refused] = finished.json()["refused"]
    assert re.match(r"Redis refused \d+ commands of its clients for want of memory: ", refused)
    assert "policy noeviction; give it more memory" in refused
