"""What Postgres refuses becomes a dead letter and stops nobody."""

import asyncio

import asyncpg
import pytest
from redis.asyncio import Redis

from loadlab_services.delivery.counts import DEAD_LETTERED, PERSISTED
from loadlab_services.stream.table import Writer
from loadlab_services.workloads.ingest.writers import copy_many, insert_many
from tests.services.stream.consuming import (
    DEAD,
    KEY,
    POISON,
    append,
    consuming,
    drained,
    every_writer,
    numbered,
    stored_ids,
)
from tests.services.streams import entries

pytestmark = pytest.mark.integration


@every_writer
async def test_a_poison_entry_ends_as_a_dead_letter_and_its_batch_lands(
    redis: Redis,
    postgres: asyncpg.Connection,
    messages_url: str,
    stream_url: str,
    writer: Writer,
) -> None:
    payloads = numbered(500)
    payloads[137] = POISON
    ids = await append(redis, payloads)
    async with consuming(
        ["a"], messages_url=messages_url, stream_url=stream_url, writer=writer
    ) as counts:
        await drained(redis)
    assert await stored_ids(postgres) == [number for number in range(500) if number != 137]
    [letter] = (await entries(redis, DEAD)).values()
    assert (letter[b"id"].decode(), letter[b"payload"], letter[b"tries"]) == (
        ids[137],
        POISON,
        b"3",
    )
    assert counts[DEAD_LETTERED] == 1


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b"{\x00}", id="raw NUL"),
        pytest.param(b"[" * 60_000, id="too deep"),
        pytest.param(b'{"n": 1e999999}', id="too large a number"),
    ],
)
async def test_whatever_postgres_refuses_stops_nobody(
    redis: Redis,
    postgres: asyncpg.Connection,
    messages_url: str,
    stream_url: str,
    payload: bytes,
) -> None:
    await append(redis, [*numbered(2), payload])
    async with consuming(["a"], messages_url=messages_url, stream_url=stream_url):
        await drained(redis)
    assert (await stored_ids(postgres), await redis.xlen(DEAD)) == ([0, 1], 1)


@pytest.mark.parametrize("writer", [copy_many, insert_many], ids=["copy", "batch"])
async def test_stopping_gives_a_suspect_its_remaining_tries(
    redis: Redis,
    postgres: asyncpg.Connection,
    messages_url: str,
    stream_url: str,
    writer: Writer,
) -> None:
    await append(redis, [POISON, *numbered(3)])
    async with consuming(
        ["a"], messages_url=messages_url, stream_url=stream_url, writer=writer
    ) as counts:
        async with asyncio.timeout(5):
            while not counts[PERSISTED]:  # noqa: ASYNC110 (a counter has to be looked at)
                await asyncio.sleep(0.001)
    assert (await redis.xlen(KEY), await redis.xlen(DEAD)) == (0, 1)
    assert await stored_ids(postgres) == [0, 1, 2]
