"""Test 16, the other queue: Celery at 60 % of its drain rate while everything of it is killed."""

import asyncio
import time
from typing import Any

import pytest
from kombu import Connection

from tests.reliability.durable_load import account, lag_p99, require, sending, told
from tests.reliability.durable_parts import QUEUE, Parts, Program
from tests.reliability.durable_run import (
    CALM,
    SECONDS,
    eventually,
    killing,
    stored,
    until_empty,
    until_settled,
)

pytestmark = pytest.mark.reliability
SHARE = 0.6  # of what the workers drain
WARM_UP = 1_000  # messages that are drained before the drain rate is measured
DRAINED_SECONDS = 30.0  # for which it is measured
FLOOD = 1e6  # messages a second: as many as the APIs take
COUNTED = 1_000_000  # the first number that counts; those before are the flood's
BROKER_KILLS = 2  # one takes it longer to come back than any other part


async def test_celery_under_kills(parts: Parts, measured):
    await asyncio.to_thread(parts.postgres)
    broker = parts.rabbitmq()
    await asyncio.to_thread(parts.await_rabbitmq)
    apis = [await asyncio.to_thread(parts.api, "celery") for _ in range(2)]
    urls = [url for _, url in apis]
    async with sending(urls, FLOOD):
        workers = [parts.worker("celery") for _ in range(2)]
        most = await drain_rate(parts)
    await until_empty(lambda: waiting(parts))

    async with sending(urls, SHARE * most, first=COUNTED) as sent:
        kills, away = await asyncio.gather(
            killing([api for api, _ in apis] + workers, SECONDS - CALM),
            killing_broker(parts, broker, SECONDS - CALM),
        )
        quiet = time.time()
        await asyncio.sleep(CALM)
    drained = await until_settled(parts, lambda: waiting(parts))

    found = account(parts.database_url, sent, since=COUNTED)
    lag = lag_p99(parts.database_url, quiet + 0.8 * CALM)
    measured(
        16,
        f"Celery for {SECONDS:.0f} s at {SHARE:.0%} of {most:.0f}/s: {told(sent, found)}, "
        f"{len(sent.refused)} refused with 503, {kills} kills of APIs and workers, {BROKER_KILLS} "
        f"of RabbitMQ (away for at most {max(away):.0f} s); lag p99 {lag:.1f} s, "
        f"drained {drained:.0f} s after the last",
    )
    require(found)
    assert sent.refused_without_retry_after == 0
    assert not sent.other
    assert waiting(parts) == 0
    assert lag <= 5


async def drain_rate(parts: Parts) -> float:
    """Messages a second that the workers take while the APIs accept more than that.

    A backlog of which nothing comes in any more is drained faster on a machine that all share, and
    60 % of that would be an overload.
    """
    await eventually(lambda: stored(parts) >= WARM_UP, "the workers are up")
    rows, began = stored(parts), time.monotonic()
    await asyncio.sleep(DRAINED_SECONDS)
    rate = (stored(parts) - rows) / (time.monotonic() - began)
    assert waiting(parts) > 0, "the APIs accept less than the workers drain: this is no drain rate"
    return rate


async def killing_broker(parts: Parts, broker: Program, seconds: float) -> list[float]:
    """Kill RabbitMQ at equal distances; return for how long it was away each time."""
    away = []
    for _ in range(BROKER_KILLS):
        await asyncio.sleep(seconds / (BROKER_KILLS + 1))
        began = time.monotonic()
        await asyncio.to_thread(broker.kill)
        broker.start()
        await asyncio.to_thread(parts.await_rabbitmq)
        away.append(time.monotonic() - began)
    return away


def waiting(parts: Parts) -> int:
    """How many messages nobody has in hand."""
    with Connection(parts.amqp_url, connect_timeout=5) as connection:
        channel: Any = connection.default_channel
        return int(channel.queue_declare(QUEUE, passive=True).message_count)
