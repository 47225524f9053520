"""What the long forms of the queue share: how long, how many, kills, and the wait for the end.

LOADLAB_DURABILITY_SECONDS says how long the stream is loaded under kills (600),
LOADLAB_DURABILITY_RATE how many messages a second it is sent (1,000): 600,000 records.
"""

import asyncio
import os
import random
import time
from collections.abc import Callable

from tests.reliability.durable_load import connect_postgres
from tests.reliability.durable_parts import KEY, Parts, Program, connect_redis

SECONDS = float(os.environ.get("LOADLAB_DURABILITY_SECONDS", "600"))
RATE = float(os.environ.get("LOADLAB_DURABILITY_RATE", "1000"))
SETTLED_SECONDS = 8.0  # without another row; a killed worker's messages come again before
GIVEN_UP_SECONDS = 90.0  # the same where messages still wait
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
    await eventually(lambda: left() == 0, lambda: f"the queue is empty; it holds {left():,}")
    return time.monotonic() - began


async def until_settled(parts: Parts, waiting: Callable[[], int]) -> float:
    """Wait until nothing waits and no row has come for a while; return when the last one came.

    What a worker has in hand does not wait. A queue that nobody empties is given up: what it holds
    counts as lost.
    """
    began = last = time.monotonic()
    rows = await asyncio.to_thread(stored, parts)
    while (quiet := time.monotonic() - last) < GIVEN_UP_SECONDS:
        await asyncio.sleep(0.5)
        now = await asyncio.to_thread(stored, parts)
        if now > rows:
            rows, last = now, time.monotonic()
        elif quiet > SETTLED_SECONDS and not await asyncio.to_thread(waiting):
            break
    return last - began


async def eventually(
    reached: Callable[[], bool], what: str | Callable[[], str], seconds: float = 300
) -> None:
    """Wait for what another process does; what was waited for is said where it does not come."""
    if not await comes_within(seconds, reached):
        said = what if isinstance(what, str) else await asyncio.to_thread(what)
        raise AssertionError(f"{said}: not within {seconds:.0f} s")


async def comes_within(seconds: float, reached: Callable[[], bool]) -> bool:
    """Wait for so long at most; return whether it came."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if await asyncio.to_thread(reached):
            return True
        await asyncio.sleep(0.2)
    return False


def stream_length(parts: Parts) -> int:
    with connect_redis(parts.redis_url) as client:
        return int(client.xlen(KEY))


def stored(parts: Parts) -> int:
    with connect_postgres(parts.database_url) as connection:
        row = connection.execute("select count(*) from messages").fetchone()
    assert row is not None
    return int(row[0])
