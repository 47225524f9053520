"""Puts one process's board, the kernel's figures and the container's together: `Source`."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from loadlab_services.instruments.cells import Board, Reading
from loadlab_services.instruments.cgroup import ContainerUsage, read_container, tell_faults
from loadlab_services.instruments.cpus import describe_cpus
from loadlab_services.instruments.histogram import BUCKETS, bucket_of, summarise
from loadlab_services.instruments.lag import PERIOD, lags_of_events
from loadlab_services.instruments.process import ProcessUsage, read_process

Usages = dict[int, ProcessUsage]


class Answers(Protocol):
    """What an instruments server serves."""

    def snapshot(self) -> dict[str, Any]:
        """Answer GET /snapshot."""

    def metrics(self) -> str:
        """Answer GET /metrics."""

    def trace(self) -> dict[str, Any] | None:
        """Answer GET /trace; None where nothing is traced."""


class Source:
    """Answers for all processes of a board together.

    Lag in a snapshot is that of the window since the snapshot before it, so the one taken at the
    end of a measurement tells about that measurement; everything else is counted from the start.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._seen = [0] * BUCKETS
        self._lock = threading.Lock()

    def snapshot(self) -> dict[str, Any]:
        """Answer GET /snapshot."""
        readings, now = self._board.read(), time.monotonic()
        lag = add_up([reading.lag for reading in readings])
        with self._lock:
            window = [now - before for now, before in zip(lag, self._seen, strict=True)]
            self._seen = lag
        for bucket in (bucket_of(late) for reading in readings for late in held_up(reading, now)):
            window[bucket] += 1
        usages = {reading.pid: read_process(reading.pid) for reading in readings}
        snapshot = build_snapshot(readings, usages, container=read_container(), lag_window=window)
        return snapshot | describe_cpus()

    def metrics(self) -> str:
        """Answer GET /metrics."""
        from loadlab_services.instruments.exposition import render  # noqa: PLC0415 (see there)

        readings = self._board.read()
        usages = {reading.pid: read_process(reading.pid) for reading in readings}
        return render(readings, usages, read_container())

    def trace(self) -> dict[str, Any] | None:
        """Answer GET /trace; None where nothing is traced."""
        if not self._board.traces:
            return None
        from loadlab_services.instruments.traces import lay_together  # noqa: PLC0415 (only there)

        return lay_together([slot.read() for slot in self._board.traces])


def build_snapshot(
    readings: Sequence[Reading],
    usages: Usages,
    *,
    container: ContainerUsage | None,
    lag_window: Sequence[int],
) -> dict[str, Any]:
    """Lay the figures out as the contract of GET /snapshot has them."""
    total = container or _sum_of_processes(usages)
    extras = {
        name: sum(r.extras[name] for r in readings) for r in readings[:1] for name in r.extras
    }
    return {
        "cpuSeconds": total.cpu_seconds,
        "throttledSeconds": total.throttled_seconds,
        "memoryBytes": total.memory_bytes,
        **tell_faults(total),
        "openFiles": sum(usage.open_files for usage in usages.values()),
        "requests": sum(reading.requests for reading in readings),
        "failed": sum(reading.failed for reading in readings),
        "inFlight": sum(reading.in_flight for reading in readings),
        "eventLoopLagSeconds": asdict(summarise(lag_window)),
        "threadTokensInUse": sum(reading.thread_tokens for reading in readings),
        "threadsExhaustedSeconds": sum(reading.threads_exhausted for reading in readings),
        "threadWaitSeconds": sum(reading.thread_wait for reading in readings),
        "cpuFullSeconds": sum(reading.cpu_full for reading in readings),
        "poolWaitSeconds": {
            "sum": sum(reading.pool_wait_sum for reading in readings),
            "count": sum(reading.pool_wait_count for reading in readings),
        },
        "processes": [
            _process(reading, usages[reading.pid]) for reading in readings if reading.pid
        ],
        **extras,
    }


def held_up(reading: Reading, now: float) -> Iterator[float]:
    """Yield the lags of the events that a loop still holds up: it has noted none of them yet."""
    late = now - reading.tick_due
    if reading.tick_due and late > PERIOD:
        yield from lags_of_events(late)


def add_up(rows: Sequence[Sequence[int]]) -> list[int]:
    """Add histograms bucket by bucket."""
    return [sum(column) for column in zip(*rows, strict=True)] or [0] * BUCKETS


def _process(reading: Reading, usage: ProcessUsage) -> dict[str, Any]:
    """Lay out one living process, with the requests that it has finished itself."""
    return {
        "pid": reading.pid,
        "cpuSeconds": usage.cpu_seconds,
        "memoryBytes": usage.memory_bytes,
        "openFiles": usage.open_files,
        "requests": reading.requests - reading.requests_before,
    }


def _sum_of_processes(usages: Usages) -> ContainerUsage:
    """Stand in for the container's account where no cgroup can be read."""
    return ContainerUsage(
        cpu_seconds=sum(usage.cpu_seconds for usage in usages.values()),
        throttled_seconds=0.0,
        memory_bytes=sum(usage.memory_bytes for usage in usages.values()),
    )
