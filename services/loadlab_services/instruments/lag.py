"""The event loop's lag, its thread pool and its CPU, looked at from inside the loop: the former 50
times a second, the latter once.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

from anyio import CapacityLimiter
from anyio.to_thread import current_default_thread_limiter

from loadlab_services.instruments.cells import (
    CPU_FULL,
    THREAD_TOKENS,
    THREAD_WAIT,
    THREADS_EXHAUSTED,
    TICK_DUE,
    Meter,
)

PERIOD: Final = 0.02
CPU_PERIOD: Final = 1.0
CPU_FULL_SHARE: Final = 0.9


def lags_of_events(lag: float) -> Iterator[float]:
    """Yield the lag of a timer and of those that would have fired while it was late, in seconds.

    A loop blocked for a second delays one timer, although every event of that second waited. So a
    late timer also counts for the ones that would have fired meanwhile, each a period less late:
    the lag that events met, not the lag that the timer met (Gil Tene's coordinated omission).
    """
    yield lag
    while lag > PERIOD:
        lag -= PERIOD
        yield lag


class LoopWatch:
    """A timer that notes how late it fires, and says when it should fire next."""

    def __init__(self, meter: Meter, limiter: CapacityLimiter) -> None:
        self._meter = meter
        self._limiter = limiter
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time() + PERIOD
        self._timer = self._loop.call_at(self._due, self._tick)
        self._since, self._used = self._loop.time(), time.process_time()

    def stop(self) -> None:
        """Stop looking."""
        self._timer.cancel()
        self._meter.cells[TICK_DUE] = 0.0

    def _tick(self) -> None:
        now = self._loop.time()
        for lag in lags_of_events(now - self._due):
            self._meter.lagged(lag)
        self._meter.cells[THREAD_TOKENS] = self._limiter.borrowed_tokens
        if self._limiter.available_tokens <= 0:
            passed = now - (self._due - PERIOD)
            self._meter.cells[THREADS_EXHAUSTED] += passed
            waiting = self._limiter.statistics().tasks_waiting
            self._meter.cells[THREAD_WAIT] += passed * waiting
        self._look_at_cpu(now)
        self._due = now + PERIOD
        self._meter.cells[TICK_DUE] = time.monotonic() + PERIOD
        self._timer = self._loop.call_at(self._due, self._tick)

    def _look_at_cpu(self, now: float) -> None:
        """Note once a second whether this process did nothing but compute."""
        if (passed := now - self._since) < CPU_PERIOD:
            return
        used = time.process_time()
        if used - self._used >= CPU_FULL_SHARE * passed:
            self._meter.cells[CPU_FULL] += passed
        self._since, self._used = now, used


@asynccontextmanager
async def watch_loop(meter: Meter) -> AsyncIterator[None]:
    """Watch the running loop and its default thread limiter until the block ends."""
    watch = LoopWatch(meter, current_default_thread_limiter())
    try:
        yield
    finally:
        watch.stop()
