"""Accepted entries are persisted once, whatever happens to consumers and connections."""

import asyncio
import json
from dataclasses import replace

import asyncpg
import pytest
from redis.asyncio import Redis

from loadlab_services.delivery.counts import BATCHES, DEAD_LETTERED, PERSISTED
from loadlab_services.stream.entry import GROUP
from loadlab_services.stream.table import Writer
from loadlab_services.workloads.ingest.writers import copy_many, insert_many, insert_one
from tests.services.stream.consuming import (
    KEY,
    PACE,
    append,
    consuming,
    drained,
    every_writer,
    numbered,
    stored_ids,
)

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("writer", "entries", "commits"),
    [
        pytest.param(copy_many, 1200, 3, id="copy"),
        pytest.param(insert_many, 1200, 3, id="batch"),
        pytest.param(insert_one, 200, 200, id="insert"),
    ],
)
async def test_entries_are_persisted_acknowledged_and_deleted(
    redis: Redis,
    postgres: asyncpg.Connection,
    messages_url: str,
    stream_url: str,
    *,
    writer: Writer,
    entries: int,
    commits: int,
) -> None:
    await append(redis, numbered(entries))
    async with consuming(
        ["a"], messages_url=messages_url, stream_url=stream_url, writer=writer
    ) as counts:
        await drained(redis)
    assert await stored_ids(postgres) == list(range(entries))
    assert (await redis.xpending(KEY, GROUP))["pending"] == 0
    assert (counts[PERSISTED], counts[BATCHES], counts[DEAD_LETTERED]) == (entries, commits, 0)


async def test_a_lonely_entry_is_written_when_its_age_is_reached(
    redis: Redis, postgres: asyncpg.Connection, messages_url: str, stream_url: str
) -> None:
    async with consuming(["a"], messages_url=messages_url, stream_url=stream_url):
        await append(redis, numbered(1))
        async with asyncio.timeout(1):
            await drained(redis)
    assert await stored_ids(postgres) == [0]


@every_writer
async def test_a_restarted_consumer_begins_with_what_it_had_not_acknowledged(
    redis: Redis,
    postgres: asyncpg.Connection,
    messages_url: str,
    stream_url: str,
    writer: Writer,
) -> None:
    await append(redis, numbered(700))
    await redis.xgroup_create(KEY, GROUP, id="0")
    await redis.xreadgroup(GROUP, "a", {KEY: ">"}, count=600)
    never_claims = replace(PACE, claim_every=1e9)
    async with consuming(
        ["a"], messages_url=messages_url, stream_url=stream_url, pace=never_claims, writer=writer
    ):
        await drained(redis)
    assert await stored_ids(postgres) == list(range(700))


@every_writer
async def test_what_was_committed_but_not_acknowledged_is_not_stored_twice(
    redis: Redis,
    postgres: asyncpg.Connection,
    messages_url: str,
    stream_url: str,
    writer: Writer,
) -> None:
    ids = await append(redis, numbered(10))
    await postgres.executemany(
        "insert into messages (entry_id, payload) values ($1, $2)",
        [(ids[number], json.dumps({"request_id": number})) for number in (0, 4, 9)],
    )
    async with consuming(
        ["a"], messages_url=messages_url, stream_url=stream_url, writer=writer
    ) as counts:
        await drained(redis)
    assert await stored_ids(postgres) == list(range(10))
    assert counts[PERSISTED] == 7


@every_writer
async def test_two_consumers_share_and_claim_what_a_dead_one_held(
    redis: Redis,
    postgres: asyncpg.Connection,
    messages_url: str,
    stream_url: str,
    writer: Writer,
) -> None:
    await append(redis, numbered(1000))
    await redis.xgroup_create(KEY, GROUP, id="0")
    await redis.xreadgroup(GROUP, "dead", {KEY: ">"}, count=600)
    pace = replace(PACE, claim_idle=0.1, batch_size=100)
    async with consuming(
        ["a", "b"], messages_url=messages_url, stream_url=stream_url, pace=pace, writer=writer
    ) as counts:
        await drained(redis)
    assert await stored_ids(postgres) == list(range(1000))
    assert counts[PERSISTED] == 1000
    consumers = {c["name"]: c["pending"] for c in await redis.xinfo_consumers(KEY, GROUP)}
    assert consumers == {b"a": 0, b"b": 0, b"dead": 0}


@pytest.mark.parametrize(
    ("writer", "per_round"),
    [
        pytest.param(copy_many, 200, id="copy"),
        pytest.param(insert_many, 200, id="batch"),
        pytest.param(insert_one, 30, id="insert"),
    ],
)
async def test_connections_cut_in_mid_batch_lose_and_double_nothing(
    redis: Redis,
    postgres: asyncpg.Connection,
    messages_url: str,
    stream_url: str,
    *,
    writer: Writer,
    per_round: int,
) -> None:
    cut, rounds = 0, 20
    payloads = numbered(rounds * per_round)
    pace = replace(PACE, batch_size=50)
    async with consuming(
        ["a", "b"], messages_url=messages_url, stream_url=stream_url, pace=pace, writer=writer
    ):
        for number in range(rounds):
            await append(redis, payloads[number * per_round :][:per_round])
            await asyncio.sleep(0.01)
            cut += await postgres.fetchval(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity"
                " where pid <> pg_backend_pid() and datname = current_database()"
            )
        await drained(redis)
    assert await stored_ids(postgres) == list(range(rounds * per_round))
    assert cut >= 5
