"""The event-loop watch sees a blocked loop as the events in it do."""

import asyncio
import time

import pytest
from anyio import to_thread
from anyio.to_thread import current_default_thread_limiter

from loadlab_services.instruments.cells import Board
from loadlab_services.instruments.histogram import summarise
from loadlab_services.instruments.lag import CPU_PERIOD, PERIOD, watch_loop


async def test_a_blocked_loop_counts_for_every_event_that_waited() -> None:
    meter = Board(processes=1).meter(0)
    async with watch_loop(meter):
        await asyncio.sleep(0)
        time.sleep(0.5)  # noqa: ASYNC251 (the fault that is to be seen)
        await asyncio.sleep(2 * PERIOD)
    lag = summarise(meter.read().lag)
    assert 0.45 < lag.max < 1.0
    assert 0.15 < lag.p50 < 0.5  # half of the half second, were it evenly looked at
    assert sum(meter.read().lag) >= 20


async def test_an_idle_loop_has_little_lag() -> None:
    meter = Board(processes=1).meter(0)
    async with watch_loop(meter):
        await asyncio.sleep(20 * PERIOD)
    assert summarise(meter.read().lag).p50 < PERIOD
    assert sum(meter.read().lag) >= 5


async def test_busy_threads_are_seen() -> None:
    meter = Board(processes=1).meter(0)
    async with watch_loop(meter), asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(to_thread.run_sync(time.sleep, 10 * PERIOD))
        await asyncio.sleep(5 * PERIOD)
        assert meter.read().thread_tokens == 3


async def test_time_without_a_free_thread_is_added_up() -> None:
    meter = Board(processes=1).meter(0)
    current_default_thread_limiter().total_tokens = 2
    async with watch_loop(meter), asyncio.TaskGroup() as tasks:
        tasks.create_task(to_thread.run_sync(time.sleep, 10 * PERIOD))
        await asyncio.sleep(4 * PERIOD)
        assert meter.read().threads_exhausted == 0
        tasks.create_task(to_thread.run_sync(time.sleep, 10 * PERIOD))
        await asyncio.sleep(5 * PERIOD)
        assert 2 * PERIOD < meter.read().threads_exhausted < 8 * PERIOD


async def test_calls_that_wait_for_a_thread_are_counted_as_long_as_they_wait() -> None:
    meter = Board(processes=1).meter(0)
    current_default_thread_limiter().total_tokens = 2
    async with watch_loop(meter), asyncio.TaskGroup() as tasks:
        for _ in range(5):
            tasks.create_task(to_thread.run_sync(time.sleep, 10 * PERIOD))
        await asyncio.sleep(6 * PERIOD)
        reading = meter.read()
        # Two have their thread, and three wait for one.
        assert abs(reading.thread_wait - 3 * reading.threads_exhausted) < 0.001
        assert reading.thread_wait > 6 * PERIOD


@pytest.mark.parametrize(("used", "is_full"), [(1.0, True), (0.91, True), (0.85, False)])
async def test_a_second_of_hardly_anything_but_computing_is_a_full_cpu(
    used: float, is_full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CPU time is made up, as on a busy node no process has a CPU for itself."""
    monkeypatch.setattr(time, "process_time", lambda: used * asyncio.get_running_loop().time())
    meter = Board(processes=1).meter(0)
    async with watch_loop(meter):
        await asyncio.sleep(CPU_PERIOD + 3 * PERIOD)
    assert (meter.read().cpu_full >= CPU_PERIOD) is is_full
    assert (meter.read().cpu_full == 0) is not is_full


async def test_watching_ends_with_the_block() -> None:
    meter = Board(processes=1).meter(0)
    async with watch_loop(meter):
        await asyncio.sleep(2 * PERIOD)
    before = meter.read().lag
    await asyncio.sleep(3 * PERIOD)
    assert meter.read().lag == before
