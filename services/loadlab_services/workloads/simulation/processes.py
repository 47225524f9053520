"""A pool of processes beside the event loop, which imports nothing that its processes do not need.

The processes come from a fork server, not out of this process: by the time they have to be
replaced, this one has threads and open connections, of which a fork would take half. Spawning does
as well, but multiprocessing runs the main module's imports in every child, and the fork server does
them once for all.
"""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from multiprocessing.synchronize import Barrier
from typing import Final, TypeVar

Argument = TypeVar("Argument")
Result = TypeVar("Result")

START_TIMEOUT_SECONDS: Final = 60.0
_PRELOADED: Final = ["uvicorn", "loadlab_services.apps", __name__]


class ProcessPool:
    """Runs functions in `size` processes, all alive before the first call."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._executor = _start(size)

    async def run(self, function: Callable[[Argument], Result], argument: Argument) -> Result:
        """Run a function in a process.

        Where one process died, every call under way is lost (BrokenProcessPool), as nobody knows
        which one it held; the calls after that find new processes.
        """
        executor = self._executor
        try:
            return await asyncio.get_running_loop().run_in_executor(executor, function, argument)
        except BrokenProcessPool:
            if self._executor is executor:
                executor.shutdown(wait=False)
                self._executor = _start(self._size)
            raise

    async def close(self) -> None:
        """End the processes; what they compute is waited for, what waits for them is dropped."""
        await asyncio.to_thread(self._executor.shutdown, cancel_futures=True)
        del self._executor  # and with it the barrier, whose semaphores would count as leaked


@asynccontextmanager
async def open_processes(size: int) -> AsyncIterator[ProcessPool]:
    """Start a pool of processes, wait until it answers, and end it with the block."""
    pool = ProcessPool(size)
    try:
        async with asyncio.timeout(START_TIMEOUT_SECONDS):
            await pool.run(abs, 0)
        yield pool
    finally:
        await pool.close()


def _start(size: int) -> ProcessPoolExecutor:
    """Start all processes: none takes a call before the last one is there."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    executor = ProcessPoolExecutor(
        size, mp_context=context, initializer=_begin, initargs=(context.Barrier(size),)
    )
    for _ in range(size):  # the executor starts a process for a call that finds none idle
        executor.submit(abs, 0)
    return executor


def _begin(everybody: Barrier) -> None:
    """Make ready for calls; an interrupt from the terminal is for the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    everybody.wait(START_TIMEOUT_SECONDS)


def _end_with_parent() -> None:
    """Leave no process behind where the parent was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
