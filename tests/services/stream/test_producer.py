"""The API's side: every accepted payload is in the stream, and never one more than the limit."""

import asyncio

import pytest
from redis.asyncio import Redis

from loadlab_services.delivery.errors import BacklogFullError, StoreUnavailableError
from loadlab_services.stores.connect import connect_redis, connect_redis_pool
from loadlab_services.stream.producer import Appender, Producer
from tests.services.streams import entries

pytestmark = pytest.mark.integration

KEY = "loadlab:ingest:producer"


async def test_concurrent_payloads_each_get_the_id_of_their_own_entry(redis: Redis) -> None:
    payloads = [f'{{"n": {number}}}'.encode() for number in range(300)]
    async with Producer(redis, key=KEY, limit=1000) as producer:
        ids = await asyncio.gather(*(producer.append(payload) for payload in payloads))
    stored = await entries(redis, KEY)
    assert [stored[entry_id][b"payload"] for entry_id in ids] == payloads


async def test_two_producers_together_never_exceed_the_limit(redis: Redis, stream_url: str) -> None:
    async with (
        connect_redis(stream_url) as other,
        Producer(redis, key=KEY, limit=100) as one,
        Producer(other, key=KEY, limit=100) as two,
    ):
        answers = await asyncio.gather(
            *(producer.append(b"{}") for producer in [one, two] * 150), return_exceptions=True
        )
    accepted = [answer for answer in answers if isinstance(answer, str)]
    refused = [answer for answer in answers if isinstance(answer, BacklogFullError)]
    assert (len(accepted), len(refused), await redis.xlen(KEY)) == (100, 200, 100)


async def test_room_is_used_again_once_entries_were_persisted(redis: Redis) -> None:
    async with Producer(redis, key=KEY, limit=1) as producer:
        first = await producer.append(b"{}")
        with pytest.raises(BacklogFullError, match="the backlog holds 1 entries"):
            await producer.append(b"{}")
        await redis.xdel(KEY, first)
        assert await producer.append(b"{}") > first


async def test_an_absent_redis_is_an_answer_not_a_hang() -> None:
    async with (
        connect_redis("redis://127.0.0.1:1/0") as nobody,
        Producer(nobody, key=KEY, limit=10) as producer,
    ):
        with pytest.raises(StoreUnavailableError, match="Redis is unavailable"):
            await producer.append(b"{}")


async def test_closing_answers_those_who_still_wait(redis: Redis) -> None:
    await redis.client_pause(timeout=500)
    async with Producer(redis, key=KEY, limit=1000) as producer:
        waiting = [asyncio.create_task(producer.append(b"{}")) for _ in range(300)]
        await asyncio.sleep(0.05)
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(answer) for answer in answers} == {StoreUnavailableError}


async def test_an_append_per_request_answers_the_id_of_its_own_entry(
    redis: Redis, stream_url: str
) -> None:
    payloads = [f'{{"n": {number}}}'.encode() for number in range(100)]
    async with connect_redis_pool(stream_url, connections=4) as pool:
        appender = Appender(pool, key=KEY, limit=1000)
        ids = await asyncio.gather(*(appender.append(payload) for payload in payloads))
    stored = await entries(redis, KEY)
    assert [stored[entry_id][b"payload"] for entry_id in ids] == payloads


async def test_appends_of_one_request_each_never_exceed_the_limit(
    redis: Redis, stream_url: str
) -> None:
    async with connect_redis_pool(stream_url, connections=8) as pool:
        appender = Appender(pool, key=KEY, limit=20)
        answers = await asyncio.gather(
            *(appender.append(b"{}") for _ in range(50)), return_exceptions=True
        )
    refused = [answer for answer in answers if isinstance(answer, BacklogFullError)]
    assert (len(refused), await redis.xlen(KEY)) == (30, 20)


async def test_an_append_of_one_request_to_an_absent_redis_is_an_answer() -> None:
    async with connect_redis_pool("redis://127.0.0.1:1/0", connections=1) as nobody:
        with pytest.raises(StoreUnavailableError, match="Redis is unavailable"):
            await Appender(nobody, key=KEY, limit=10).append(b"{}")
