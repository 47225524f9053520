"""How long the event loop is held.

What is measured is the CPU time that the loop's own thread spends between two of its turns, so that
other programs of a busy machine change nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def longest_turn(work: Callable[[], Awaitable[object]]) -> float:
    """Return the longest time, s, for which work held the event loop."""
    turns: list[float] = []

    async def watch() -> None:
        while True:
            began = time.thread_time()
            await asyncio.sleep(0.001)
            turns.append(time.thread_time() - began)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    await work()
    await asyncio.sleep(0.01)
    watching.cancel()
    return max(turns)
