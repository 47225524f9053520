"""Counters in shared memory: one row of cells per process, written by it, read by the launcher.

An anonymous shared mapping, made before the workers are forked, needs no files, no locks between
processes and no cleaning up, and one increment costs about 0.1 µs (prometheus_client's
multiprocess files: see the note in `exposition.py`). Each cell has one writing process; a store of
an aligned double is one machine instruction, so a reader never sees half of it.
"""

import mmap
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from loadlab_services.instruments.histogram import BUCKETS, bucket_of
from loadlab_services.instruments.trace_slots import TraceSlot, slots_of

PID: Final = 0
REQUESTS: Final = 1
FAILED: Final = 2
IN_FLIGHT: Final = 3
THREAD_TOKENS: Final = 4
POOL_WAIT_SUM: Final = 5
POOL_WAIT_COUNT: Final = 6
STARTED: Final = 7
REQUESTS_BEFORE: Final = 8
THREADS_EXHAUSTED: Final = 9
TICK_DUE: Final = 10
THREAD_WAIT: Final = 11
CPU_FULL: Final = 12
_FIXED: Final = 13
_DOUBLE: Final = 8


@dataclass(frozen=True, slots=True)
class Reading:
    """The cells of one place at one moment; `pid` is 0 while its process is dead and not replaced.

    `requests` counts all processes that had this place, `requests_before` all but the present one.
    """

    pid: int
    requests: int
    failed: int
    in_flight: int
    thread_tokens: int
    pool_wait_sum: float
    pool_wait_count: int
    lag: tuple[int, ...]
    extras: dict[str, int]
    requests_before: int = 0
    threads_exhausted: float = 0.0  # seconds in which every thread was taken
    thread_wait: float = 0.0  # seconds that calls waited for a thread, added up
    cpu_full: float = 0.0  # seconds in which the process computed without a pause
    tick_due: float = 0.0  # time.monotonic() at which the loop is next looked at; 0 for never


class Meter:
    """The cells of one process. The hot path writes `cells` directly, by the names above."""

    def __init__(
        self, cells: "memoryview[float]", extras: Sequence[str], trace: TraceSlot | None = None
    ) -> None:
        self.cells = cells
        self.trace = trace  # None where nothing is traced
        self._extras = {name: _FIXED + index for index, name in enumerate(extras)}
        self._lag = _FIXED + len(extras)
        self._lock = threading.Lock()

    def start(self) -> None:
        """Say that this process now counts here; what its predecessor counted stays."""
        self.end()
        self.cells[REQUESTS_BEFORE] = self.cells[REQUESTS]
        self.cells[STARTED] = 1.0
        self.cells[PID] = os.getpid()

    def end(self) -> None:
        """Forget a process that is no more, and what was going on in it."""
        self.cells[PID] = 0.0
        self.cells[IN_FLIGHT] = 0.0
        self.cells[THREAD_TOKENS] = 0.0
        self.cells[TICK_DUE] = 0.0

    def pool_waited(self, seconds: float) -> None:
        """Record how long one request waited for a connection; safe from any thread."""
        with self._lock:
            self.cells[POOL_WAIT_SUM] += seconds
            self.cells[POOL_WAIT_COUNT] += 1.0

    def add(self, extra: str, amount: int) -> None:
        """Raise one of the board's extra counters; safe from any thread."""
        with self._lock:
            self.cells[self._extras[extra]] += amount

    def lagged(self, seconds: float) -> None:
        """Record one observation of the event loop's lag."""
        self.cells[self._lag + bucket_of(seconds)] += 1.0

    def read(self) -> Reading:
        """Copy the cells out."""
        cells = self.cells
        return Reading(
            pid=int(cells[PID]),
            requests=int(cells[REQUESTS]),
            failed=int(cells[FAILED]),
            in_flight=int(cells[IN_FLIGHT]),
            thread_tokens=int(cells[THREAD_TOKENS]),
            pool_wait_sum=cells[POOL_WAIT_SUM],
            pool_wait_count=int(cells[POOL_WAIT_COUNT]),
            lag=tuple(int(count) for count in cells[self._lag : self._lag + BUCKETS]),
            extras={name: int(cells[cell]) for name, cell in self._extras.items()},
            requests_before=int(cells[REQUESTS_BEFORE]),
            threads_exhausted=cells[THREADS_EXHAUSTED],
            thread_wait=cells[THREAD_WAIT],
            cpu_full=cells[CPU_FULL],
            tick_due=cells[TICK_DUE],
        )


def row_bytes(extras: Sequence[str] = ()) -> int:
    """Tell how much memory one process's cells take."""
    return (_FIXED + len(extras) + BUCKETS) * _DOUBLE


class Board:
    """The rows of all processes; made by the parent before it forks them, unless it is given."""

    def __init__(
        self,
        processes: int,
        extras: Sequence[str] = (),
        *,
        memory: mmap.mmap | None = None,
        traces: Sequence[TraceSlot] = (),
    ) -> None:
        row = row_bytes(extras) // _DOUBLE
        if memory is None:
            memory = mmap.mmap(-1, processes * row_bytes(extras))
        cells = memoryview(memory).cast("d")
        self._meters = [
            Meter(cells[index * row : (index + 1) * row], extras, *traces[index : index + 1])
            for index in range(processes)
        ]
        self.traces = traces

    @classmethod
    def of(cls, processes: int, *, traced: bool) -> Self:
        """Make the board of a service, with room for traces where they are asked for."""
        return cls(processes, traces=slots_of(processes) if traced else ())

    def meter(self, index: int) -> Meter:
        """Give the cells of one process."""
        return self._meters[index]

    def all_started(self) -> bool:
        """Tell whether every place has been taken, if perhaps by a process that died since."""
        return all(meter.cells[STARTED] for meter in self._meters)

    def read(self) -> list[Reading]:
        """Read every place that has been taken."""
        return [meter.read() for meter in self._meters if meter.cells[STARTED]]
