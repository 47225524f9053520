"""The steward over HTTP and real stores: prepares once, releases together, accounts exactly."""

import asyncio
import json
import time
from collections.abc import Callable

import asyncpg
import httpx
import pytest
from redis.asyncio import Redis

from loadlab_services.settings import StewardSettings
from loadlab_services.steward.snapshot import GONE
from loadlab_services.stream.entry import GROUP
from tests.services.stewards import access, steward

pytestmark = pytest.mark.integration

RUN = "ingest-003-a1"
SNAPSHOT = f"/runs/{RUN}/snapshot?variant=own"
KEY = f"loadlab:ingest:{RUN}"
Client = httpx.AsyncClient


@pytest.fixture
def settings(messages_url: str, stream_url: str) -> StewardSettings:
    return StewardSettings(
        workload="ingest",
        database_url=messages_url,
        redis_url=stream_url,
        **access(
            RUN, service="http://127.0.0.1:1", worker="http://{run}.no-such-host.invalid:9000"
        ),
    )


async def arrive(client: Client, *, pod: int, pods: int = 1, timeout_ms: int = 5000) -> int:
    body = {"pod": pod, "pods": pods, "timeoutMs": timeout_ms}
    response = await client.post(f"/runs/{RUN}/arrive", json=body)
    if response.status_code == 200:
        assert response.json() == {"startInMs": 100}
    return response.status_code


async def finish(client: Client, *, pod: int = 0, pods: int = 1, drain_ms: int = 5000) -> object:
    body = {"pod": pod, "pods": pods, "drainMs": drain_ms}
    response = await client.post(f"/runs/{RUN}/finish", json=body)
    assert response.status_code == 200
    return response.json()


async def insert(postgres: asyncpg.Connection, *request_ids: object) -> None:
    await postgres.executemany(
        "insert into messages (payload) values ($1)",
        [(json.dumps({"request_id": request_id}),) for request_id in request_ids],
    )


async def rows(postgres: asyncpg.Connection) -> int:
    return int(await postgres.fetchval("select count(*) from messages"))


async def test_the_stores_are_prepared_once_whoever_asks_again(
    settings: StewardSettings, postgres: asyncpg.Connection, redis: Redis
) -> None:
    await insert(postgres, 1, 2, 3)
    await redis.xadd("loadlab:ingest:other-a1", {"payload": "{}"})
    await redis.xadd(KEY, {"payload": "{}"})
    await redis.set("cache", "kept")
    async with steward(settings) as client:
        assert await arrive(client, pod=0) == 200
        assert await rows(postgres) == 0
        assert sorted(await redis.keys("*")) == [b"cache", KEY.encode()]
        await insert(postgres, 4)
        assert await arrive(client, pod=0) == 200
    assert await rows(postgres) == 1


async def test_a_restarted_steward_neither_prepares_again_nor_forgets_the_release(
    settings: StewardSettings, postgres: asyncpg.Connection
) -> None:
    await insert(postgres, 0)
    async with steward(settings) as client:
        assert await arrive(client, pod=0, pods=2, timeout_ms=200) == 408
        for _ in range(2000):  # on a busy machine the preparation outlasts the pod's patience
            if not await rows(postgres):
                break
            await asyncio.sleep(0.01)
    await insert(postgres, 1)
    async with steward(settings) as client:
        both = (arrive(client, pod=pod, pods=2) for pod in (0, 1))
        assert await asyncio.gather(*both) == [200, 200]
    async with steward(settings) as client:
        assert await arrive(client, pod=1, pods=2) == 200
    assert await rows(postgres) == 1


@pytest.mark.measured
async def test_two_pods_leave_less_than_20_ms_apart(settings: StewardSettings) -> None:
    async def leave(client: Client, pod: int, delay: float) -> float:
        await asyncio.sleep(delay)
        assert await arrive(client, pod=pod, pods=2) == 200
        return time.monotonic()

    async with steward(settings) as client:
        left = await asyncio.gather(leave(client, 0, 0), leave(client, 1, 0.1))
    assert abs(left[0] - left[1]) < 0.02


async def test_who_waits_in_vain_is_told_for_whom(settings: StewardSettings) -> None:
    async with steward(settings) as client:
        body = {"pod": 0, "pods": 3, "timeoutMs": 50}
        response = await client.post(f"/runs/{RUN}/arrive", json=body)
    assert response.status_code == 408
    assert "in vain for pods 1, 2" in response.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [{"pod": 2, "pods": 2}, {"pod": -1, "pods": 1}, {"pod": 0}, {"pod": 0, "pods": 0}, [], None],
)
async def test_a_caller_that_makes_no_sense_is_refused(
    settings: StewardSettings, body: object
) -> None:
    async with steward(settings) as client:
        answers = [await client.post(f"/runs/{RUN}/{do}", json=body) for do in ("arrive", "finish")]
    assert [answer.status_code for answer in answers] == [422, 422]


async def test_the_account_waits_for_the_drain_and_adds_up(
    settings: StewardSettings, postgres: asyncpg.Connection, redis: Redis
) -> None:
    entry_id = await redis.xadd(KEY, {"payload": "{}"})
    await redis.xgroup_create(KEY, GROUP, id="0")
    await redis.xadd(f"{KEY}:dead", {"id": "1-1"})
    await insert(postgres, 1, 2, 2**31, 2**31, "text", None)

    async def persist() -> None:
        await asyncio.sleep(0.1)
        await redis.xreadgroup(GROUP, "a", {KEY: ">"})
        await insert(postgres, 7)
        await redis.xack(KEY, GROUP, entry_id)
        await redis.xdel(KEY, entry_id)

    async with steward(settings) as client:
        account, again, _ = await asyncio.gather(
            finish(client, pod=0, pods=2), finish(client, pod=1, pods=2), persist()
        )
    assert account == again
    assert isinstance(account, dict)
    assert account.pop("drainSeconds") > 0
    numbers = [1, 2, 2**31, 2**31, 7]
    assert account == {
        "run": RUN,
        "drained": True,
        "persisted": 7,
        "distinct": 4,
        "idSum": sum(numbers),
        "idMix": sum(number * 48271 % 2147483647 for number in numbers),
        "pending": 0,
        "deadLettered": 1,
    }


async def test_a_stream_that_nobody_reads_is_reported_as_pending(
    settings: StewardSettings, redis: Redis
) -> None:
    await redis.xadd(KEY, {"payload": "{}"})
    async with steward(settings) as client:
        account = await finish(client, drain_ms=50)
    assert isinstance(account, dict)
    assert (account["drained"], account["pending"], account["persisted"]) == (False, 1, 0)


async def test_an_account_survives_a_restart(
    settings: StewardSettings, postgres: asyncpg.Connection
) -> None:
    await insert(postgres, 1, 2)
    async with steward(settings) as client:
        before = await finish(client)
    await insert(postgres, 3)
    async with steward(settings) as client:
        assert await finish(client) == before


async def test_a_snapshot_holds_every_component_that_answers_and_names_the_others(
    settings: StewardSettings,
) -> None:
    async with steward(settings) as client:
        response = await client.get(SNAPSHOT)
    assert response.status_code == 200
    body = response.json()
    assert (body["run"], abs(body["takenAt"] - time.time()) < 5) == (RUN, True)
    assert abs(body["steadySeconds"] - time.monotonic()) < 5  # whatever sets the other one
    assert set(body["errors"]) == {"service", "worker"}
    assert all(why.startswith(GONE) for why in body["errors"].values())
    assert set(body["components"]["redis"]) == {
        "cpuSeconds",
        "memoryBytes",
        "commands",
        "keyspaceHits",
        "keyspaceMisses",
    }
    assert set(body["components"]["postgres"]) == {
        "cpuSeconds",
        "throttledSeconds",
        "memoryBytes",
        "transactions",
        "rowsReturned",
        "rowsFetched",
        "rowsInserted",
        "connections",
        "sessions",
    }
    assert body["components"]["postgres"]["cpuSeconds"] > 0


async def test_absent_stores_are_errors_of_the_snapshot_and_503_elsewhere(
    unused_port: Callable[[], int],
) -> None:
    port = unused_port()
    absent = StewardSettings(
        workload="ingest",
        database_url=f"postgresql://loadlab@127.0.0.1:{port}/postgres",
        redis_url=f"redis://127.0.0.1:{port}/0",
        **access(RUN),
    )
    async with steward(absent) as client:
        body = (await client.get(SNAPSHOT)).json()
        health = await client.get("/healthz")
        status = await arrive(client, pod=0)
    assert (body["components"], set(body["errors"])) == ({}, {"postgres", "redis"})
    assert (health.status_code, health.headers["Retry-After"], status) == (503, "1", 503)


async def test_sleep_needs_no_stores() -> None:
    async with steward(StewardSettings(workload="sleep", **access(RUN))) as client:
        assert (await client.get("/healthz")).status_code == 200
        assert await arrive(client, pod=0) == 200
        snapshot = (await client.get(SNAPSHOT)).json()
        assert (snapshot["components"], snapshot["errors"]) == ({}, {})
        assert await finish(client) == {"run": RUN, "drained": True, "drainSeconds": 0}


@pytest.mark.measured
async def test_a_typical_snapshot_takes_less_than_30_ms(settings: StewardSettings) -> None:
    async with steward(settings) as client:
        took = []
        for _ in range(11):
            started = time.monotonic()
            await client.get(SNAPSHOT)
            took.append(time.monotonic() - started)
    assert sorted(took)[5] < 0.03
