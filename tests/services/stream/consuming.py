"""Consumers that run for a while, and what they leave in the stream and in the table."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncpg
import pytest
from redis.asyncio import Redis

from loadlab_services.stores.connect import connect_redis
from loadlab_services.stream.consumer import Consumer, Pace
from loadlab_services.stream.entry import dead_letter_key, stream_key
from loadlab_services.stream.stream import Stream
from loadlab_services.stream.table import Table, Writer
from loadlab_services.workloads.ingest.writers import copy_many, insert_many, insert_one

KEY = stream_key("loadlab:ingest:", "ingest-000-a1")
DEAD = dead_letter_key("loadlab:ingest:", "ingest-000-a1")
PACE = Pace(batch_size=500, flush_after=0.02, idle_block=0.02, claim_every=0.05)
POISON = b'{"request_id": "\\u0000"}'
every_writer = pytest.mark.parametrize(
    "writer",
    [
        pytest.param(copy_many, id="copy"),
        pytest.param(insert_many, id="batch"),
        pytest.param(insert_one, id="insert"),
    ],
)


class Counts:
    """Counts in a dictionary what the worker counts in shared memory."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, extra: str, amount: int) -> None:
        self.counts[extra] += amount


@asynccontextmanager
async def consuming(
    names: list[str],
    *,
    messages_url: str,
    stream_url: str,
    pace: Pace = PACE,
    writer: Writer = copy_many,
) -> AsyncIterator[Counter[str]]:
    """Run consumers until the block ends, then stop them as SIGTERM would."""
    stop, counts = asyncio.Event(), Counts()
    if writer is insert_one:
        pace = replace(pace, batch_size=1)

    async def consume(name: str) -> None:
        async with connect_redis(stream_url) as client:
            table = Table(messages_url, writer=writer)
            stream = Stream(client, key=KEY, dead_key=DEAD, consumer=name)
            await Consumer(stream, table, pace=pace, counter=counts).run(stop)
            await table.close()

    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(consume(name))
        yield counts.counts
        stop.set()


async def append(redis: Redis, payloads: list[bytes]) -> list[str]:
    async with redis.pipeline(transaction=False) as pipe:
        for payload in payloads:
            pipe.xadd(KEY, {"payload": payload})
        return [entry_id.decode() for entry_id in await pipe.execute()]


def numbered(count: int) -> list[bytes]:
    return [json.dumps({"request_id": number}).encode() for number in range(count)]


async def drained(redis: Redis) -> None:
    async with asyncio.timeout(20):
        while await redis.xlen(KEY):  # noqa: ASYNC110 (Redis has to be asked)
            await asyncio.sleep(0.01)


async def stored_ids(postgres: asyncpg.Connection) -> list[int]:
    rows = await postgres.fetch(
        "select (payload->>'request_id')::int as number from messages order by number"
    )
    return [row["number"] for row in rows]
