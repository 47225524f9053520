"""CPU, memory and open files of one process, asked of the kernel from outside of it."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_CPUCLOCK_SCHED: Final = 2


@dataclass(frozen=True, slots=True)
class ProcessUsage:
    """What one process has used; all zero once it is gone."""

    cpu_seconds: float
    memory_bytes: int
    open_files: int


def read_process(pid: int) -> ProcessUsage:
    """Read one process."""
    try:
        return ProcessUsage(
            cpu_seconds=_cpu_seconds(pid),
            memory_bytes=int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE,
            open_files=len(os.listdir(f"/proc/{pid}/fd")),  # noqa: PTH208 (names are enough)
        )
    except OSError:
        return ProcessUsage(cpu_seconds=0.0, memory_bytes=0, open_files=0)


def read_cpu_seconds(pid: int) -> float:
    """Read the CPU time of any user's process; zero once it is gone."""
    try:
        return _cpu_seconds(pid)
    except OSError:
        return 0.0


def _cpu_seconds(pid: int) -> float:
    """Read the process's CPU clock, as clock_getcpuclockid(3) builds its id.

    Nanoseconds and all threads, ended ones too; /proc/PID/stat counts in 10 ms ticks, and
    /proc/PID/schedstat knows the main thread only.
    """
    return time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)
