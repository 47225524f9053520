"""Accepted entries are persisted once, whatever happens to consumers and connections."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncpg
import pytest
from redis.asyncio import Redis

from loadlab_services.queue.connect import connect_redis
from loadlab_services.queue.consumer import BATCHES, DEAD_LETTERED, PERSISTED, Consumer, Pace
from loadlab_services.queue.entry import GROUP, dead_letter_key, stream_key
from loadlab_services.queue.stream import Stream
from loadlab_services.queue.table import Table
from loadlab_services.queue.writers import Writer, copy_many, insert_many, insert_one

pytestmark = pytest.mark.integration

KEY = stream_key("ingest-000-a1")
DEAD = dead_letter_key("ingest-000-a1")
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


class Tally:
    """Counts in a dictionary what the worker counts in shared memory."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, extra: str, amount: int) -> None:
        self.counts[extra] += amount


@pytest.fixture
async def redis(stream_url: str) -> AsyncIterator[Redis]:
    async with connect_redis(stream_url) as client:
        yield client


@pytest.fixture
async def postgres(messages_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(messages_url)
    yield connection
    await connection.close()


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
    stop, tally = asyncio.Event(), Tally()
    if writer is insert_one:
        pace = replace(pace, batch_size=1)

    async def consume(name: str) -> None:
        async with connect_redis(stream_url) as client:
            table = Table(messages_url, writer=writer)
            stream = Stream(client, key=KEY, dead_key=DEAD, consumer=name)
            await Consumer(stream, table, pace=pace, tally=tally).run(stop)
            await table.close()

    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(consume(name))
        yield tally.counts
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
    [(_, letter)] = await redis.xrange(DEAD)
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
