"""Keeps forked worker processes alive and answers the instruments port, all in one thread.

One thread, because a process with several must not fork: a dead worker is replaced by forking
again. The loop sleeps in a selector until a worker ends, a signal comes or a reader connects.
"""

import logging
import multiprocessing
import os
import selectors
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing.context import ForkProcess
from types import FrameType
from typing import Final

from uvicorn.config import STARTUP_FAILURE

from loadlab_services.instruments.server import InstrumentsServer

_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_RESTARTS: Final = 10
_RESTART_WINDOW_SECONDS: Final = 10.0

log = logging.getLogger("uvicorn.error")
fork = multiprocessing.get_context("fork")


class Supervisor:
    """Runs `run_worker(place)` in `count` processes until told to stop."""

    def __init__(
        self,
        run_worker: Callable[[int], None],
        *,
        count: int,
        grace_seconds: float,
        on_death: Callable[[int], None],
    ) -> None:
        self._run_worker = run_worker
        self._count = count
        self._grace_seconds = grace_seconds
        self._on_death = on_death
        self._workers: dict[int, ForkProcess] = {}
        self._deaths: deque[float] = deque(maxlen=_RESTARTS)
        self._stopping = False
        self._exit_code = 0
        self._selector = selectors.DefaultSelector()
        self._wakeup, self._waker = socket.socketpair()

    def run(self, listeners: Sequence[socket.socket], instruments: InstrumentsServer) -> int:
        """Fork, watch, stop; the listeners are closed first, so that no new connection comes in."""
        self._catch_signals()
        self._selector.register(self._wakeup, selectors.EVENT_READ)
        self._selector.register(instruments, selectors.EVENT_READ)
        for place in range(self._count):
            self._start(place)
        while not self._stopping:
            self._turn(instruments, timeout=None)
            self._replace_the_dead()
        for listener in listeners:
            listener.close()
        self._stop(instruments)
        return self._exit_code

    def _turn(self, instruments: InstrumentsServer, *, timeout: float | None) -> None:
        for key, _ in self._selector.select(timeout):
            if key.fileobj is instruments:
                instruments.handle_request()
            elif key.fileobj is self._wakeup:
                self._wakeup.recv(64)

    def _start(self, place: int) -> None:
        process = fork.Process(target=self._be_worker, args=(place,), name=f"worker-{place}")
        process.start()
        self._workers[place] = process
        self._selector.register(process.sentinel, selectors.EVENT_READ)

    def _be_worker(self, place: int) -> None:
        signal.set_wakeup_fd(-1)
        for number in _STOP_SIGNALS:  # uvicorn sets its own and raises the signal again at its end
            signal.signal(number, _exit_quietly)
        self._run_worker(place)

    def _replace_the_dead(self) -> None:
        for place, process in list(self._workers.items()):
            if process.is_alive() or self._stopping:
                continue
            self._forget(place, process)
            if self._must_give_up(process):
                return
            log.warning("worker %d [%d] died, starting another", place, process.pid)
            self._start(place)

    def _forget(self, place: int, process: ForkProcess) -> None:
        self._selector.unregister(process.sentinel)
        process.join()
        del self._workers[place]
        self._on_death(place)

    def _must_give_up(self, process: ForkProcess) -> bool:
        """Tell whether another try would fail the same way."""
        self._deaths.append(time.monotonic())
        hopeless = len(self._deaths) == _RESTARTS and (
            self._deaths[-1] - self._deaths[0] < _RESTART_WINDOW_SECONDS
        )
        if process.exitcode != STARTUP_FAILURE and not hopeless:
            return False
        log.error(
            "worker [%d] cannot serve (exit code %s), stopping", process.pid, process.exitcode
        )
        self._exit_code = STARTUP_FAILURE
        self._stopping = True
        return True

    def _stop(self, instruments: InstrumentsServer) -> None:
        deadline = time.monotonic() + self._grace_seconds
        for process in self._workers.values():
            process.terminate()
        while any(process.is_alive() for process in self._workers.values()):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            self._turn(instruments, timeout=min(left, 0.05))
        for process in self._workers.values():
            if process.is_alive():
                log.error("worker [%d] ignored SIGTERM, killing it", process.pid)
                process.kill()
                self._exit_code = 1
            process.join()

    def _catch_signals(self) -> None:
        self._wakeup.setblocking(False)
        self._waker.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in _STOP_SIGNALS:
            signal.signal(number, self._on_stop_signal)

    def _on_stop_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True


def _exit_quietly(_number: int, _frame: FrameType | None) -> None:
    os._exit(0)
