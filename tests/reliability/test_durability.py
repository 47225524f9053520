"""Tests 16 to 18: what the stream accepted is persisted, once, whatever is killed in between."""

import asyncio
import time

import pytest

from tests.reliability.durable_load import (
    account,
    connect_postgres,
    lag_p99,
    require,
    sending,
    told,
)
from tests.reliability.durable_parts import DEAD_KEY, KEY, Parts, connect_redis
from tests.reliability.durable_run import (
    CALM,
    RATE,
    SECONDS,
    comes_within,
    eventually,
    killing,
    stored,
    stream_length,
    until_empty,
)

pytestmark = pytest.mark.reliability
OUTAGE_RATE = RATE / 4  # with room for the backlog of an outage


async def test_the_stream_under_kills(parts: Parts, measured):
    await asyncio.to_thread(parts.postgres)
    await asyncio.to_thread(parts.redis, "always")
    apis = [await asyncio.to_thread(parts.api, "queued") for _ in range(2)]
    victims = [api for api, _ in apis] + [parts.worker("queued")]
    began, wanted = time.time(), SECONDS * RATE

    async with sending([url for _, url in apis], RATE) as sent:
        kills = await killing(victims, SECONDS - CALM)
        quiet = time.time()
        await asyncio.sleep(CALM)
        await comes_within(SECONDS / 2, lambda: len(sent.accepted) >= wanted)
        took = time.time() - began
    drained = await until_empty(lambda: stream_length(parts))

    found, lag = account(parts.database_url, sent), lag_p99(parts.database_url, quiet + 0.8 * CALM)
    measured(
        16,
        f"stream: {told(sent, found)} in {took:.0f} s, {kills} kills of APIs and worker; "
        f"lag p99 {lag:.1f} s, drained {drained:.0f} s after the last",
    )
    require(found)
    assert len(sent.accepted) >= wanted
    assert lag <= 5


@pytest.mark.parametrize("fsync", ["always", "everysec", "none"])
async def test_redis_killed_under_load(parts: Parts, measured, fsync: str):
    """One percent of what is on the stream can't be stored by anybody."""
    await asyncio.to_thread(parts.postgres)
    store = await asyncio.to_thread(parts.redis, fsync)
    _, url = await asyncio.to_thread(parts.api, "queued")
    parts.worker("queued")

    poisoned = 0
    async with sending([url], OUTAGE_RATE) as sent:
        for _ in range(5):
            await asyncio.sleep(3)
            poisoned += await asyncio.to_thread(poison, parts, int(OUTAGE_RATE * 4 / 100))
            await asyncio.sleep(1)
            store.kill()
            await asyncio.sleep(0.5)
            store.start()
            await asyncio.to_thread(parts.await_redis)
        await asyncio.sleep(3)
    await until_empty(lambda: stream_length(parts))

    found, dead = account(parts.database_url, sent), dead_letters(parts)
    measured(
        17,
        f"appendfsync {fsync}, 5 kills: {told(sent, found)}, {len(sent.refused)} refused with 503, "
        f"{dead} of {poisoned} poison messages set aside",
    )
    assert sent.refused_without_retry_after == found.doubled == found.unexpected == 0
    assert not sent.other
    if fsync != "none":
        assert dead == poisoned
        assert found.lost <= {"always": 0, "everysec": 5 * 2 * OUTAGE_RATE}[fsync]


async def test_a_full_stream_refuses_and_loses_nothing(parts: Parts, measured):
    await asyncio.to_thread(parts.postgres)
    await asyncio.to_thread(parts.redis, "always")
    _, url = await asyncio.to_thread(parts.api, "queued", BACKLOG_LIMIT="500")

    async with sending([url], 2 * OUTAGE_RATE) as sent:
        await eventually(lambda: len(sent.refused) >= 500, "500 messages are refused")
        longest = stream_length(parts)
        parts.worker("queued")
        await eventually(lambda: len(sent.accepted) > 1500, "1,500 messages are accepted")
    await until_empty(lambda: stream_length(parts))

    found = account(parts.database_url, sent)
    measured(
        17, f"stream limited to 500: {told(sent, found)}, {len(sent.refused)} refused with 503"
    )
    assert longest == 500
    assert sent.refused_without_retry_after == found.refused == 0
    require(found)


async def test_postgres_killed_away_and_cut_under_load(parts: Parts, measured):
    store = await asyncio.to_thread(parts.postgres)
    await asyncio.to_thread(parts.redis, "always")
    _, url = await asyncio.to_thread(parts.api, "queued")
    parts.worker("queued")

    async with sending([url], OUTAGE_RATE) as sent:
        for _ in range(5):
            await asyncio.sleep(2)
            await asyncio.to_thread(cut_connections, parts)
        store.kill()
        await asyncio.sleep(30)
        store.start()
        await asyncio.to_thread(parts.await_postgres)
        ready, rows, backlog = time.monotonic(), stored(parts), stream_length(parts)
        await eventually(lambda: stored(parts) > rows, "the worker writes again")
        back = time.monotonic() - ready
        await eventually(lambda: stream_length(parts) < 0.05 * backlog, "the backlog is gone")
        speed = (stored(parts) - rows) / (time.monotonic() - ready) / OUTAGE_RATE
    await until_empty(lambda: stream_length(parts))

    found = account(parts.database_url, sent)
    measured(
        18,
        f"5 cuts, killed and 30 s away: {told(sent, found)}; the worker back after {back:.1f} s, "
        f"the backlog of {backlog} worked off at {speed:.1f} times the arrivals",
    )
    require(found)
    assert back <= 5
    assert speed >= 3


def dead_letters(parts: Parts) -> int:
    with connect_redis(parts.redis_url) as client:
        return int(client.xlen(DEAD_KEY))


def poison(parts: Parts, count: int) -> int:
    with connect_redis(parts.redis_url) as client:
        for _ in range(count):
            client.xadd(KEY, {"payload": "not JSON"})
    return count


def cut_connections(parts: Parts) -> None:
    with connect_postgres(parts.database_url) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where pid <> pg_backend_pid() and datname = current_database()"
        )
