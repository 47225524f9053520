"""What the long forms of the queue share: how long, how many, kills, and the wait for the end.

LOADLAB_DURABILITY_SECONDS says how long the stream is loaded under kills (600),
LOADLAB_DURABILITY_RATE how many messages a second it is sent (1,000): 600,000 records.
"""

import asyncio
import os
import random
import time
from collections.abc import Callable

import psycopg
import redis

from tests.reliability.durable_parts import KEY, Parts, Program

SECONDS = float(os.environ.get("LOADLAB_DURABILITY_SECONDS", "600"))
RATE = float(os.environ.get("LOADLAB_DURABILITY_RATE", "1000"))
CALM = min(75.0, SECONDS / 4)  # seconds without kills at the end, in which the lag is measured


async def killing(victims: list[Program], seconds: float) -> int:
    """Kill one of them every 2 to 5 s and start it again; return how often."""
    drawn, kills, end = random.Random(16), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        await asyncio.sleep(drawn.uniform(2, 5))
        victim = drawn.choice(victims)
        await asyncio.to_thread(victim.kill)
        victim.start()
        kills += 1
    return kills


async def until_empty(left: Callable[[], int]) -> float:
    """Wait until nothing is left; return how many seconds it took."""
    began = time.monotonic()
    await eventually(lambda: left() == 0)
    return time.monotonic() - began


async def eventually(reached: Callable[[], bool], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(reached):
        assert time.monotonic() < deadline, "not reached in time"
        await asyncio.sleep(0.2)


def stream_length(parts: Parts) -> int:
    with redis.Redis.from_url(parts.redis_url) as client:
        return int(client.xlen(KEY))


def stored(parts: Parts) -> int:
    with psycopg.connect(parts.database_url) as connection:
        row = connection.execute("select count(*) from messages").fetchone()
    assert row is not None
    return int(row[0])
