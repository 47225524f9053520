"""Waits, before a load begins, until others leave the node's CPUs alone.

At this moment all parts of a run are there and none has work, so that who is busy is somebody
else, or still cleaning up after the run before. How busy the CPUs are says /proc/stat, and for how
long somebody waited for one says the kernel's pressure stall information (PSI), where it has any.
It is the steward's node that is looked at, all CPUs of it: also those that a service owns.
"""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from loadlab_services.instruments.cpus import read_cpu_times

WINDOW: Final = 0.2  # seconds: 20 of the kernel's ticks, and nearly all that a quiet node costs
BUSY_CPUS: Final = 0.3
BUSY_SHARE: Final = 0.1
"""Of the CPUs, where that is more than BUSY_CPUS."""
PRESSURE: Final = 0.2
"""Share of a window in which somebody waited for a CPU."""
CPU_PRESSURE: Final = Path("/proc/pressure/cpu")


@dataclass(frozen=True, slots=True)
class Reading:
    """The node's counters at one moment; seconds since boot."""

    at: float
    cpus: int
    busy_seconds: float  # the hypervisor's share included
    pressure_seconds: float | None = None  # None where the kernel does not tell


@dataclass(frozen=True, slots=True)
class Quietness:
    """What the last window showed, and how long it took to come to it."""

    quiet: bool
    waited_seconds: float
    busy_cpus: float
    pressure: float | None

    def as_json(self) -> dict[str, Any]:
        """Return it as the contract of the snapshot has it."""
        known = {"pressure": self.pressure} if self.pressure is not None else {}
        return {
            "quiet": self.quiet,
            "waitedSeconds": self.waited_seconds,
            "busyCpus": self.busy_cpus,
            **known,
        }


def read_node(pressure: Path = CPU_PRESSURE) -> Reading:
    """Read the counters of this node, of all its CPUs."""
    times = read_cpu_times(_numbers_of_cpus())
    return Reading(
        at=time.monotonic(),
        cpus=times["cpus"],
        busy_seconds=times["cpuSeconds"] + times["stealSeconds"],
        pressure_seconds=_read_pressure(pressure),
    )


def _numbers_of_cpus() -> set[int]:
    """Return the numbers that CPUs of this node may have."""
    return set(range(os.sysconf("SC_NPROCESSORS_CONF")))


async def await_quiet(
    longest: float, allowed: float | None = None, read: Callable[[], Reading] = read_node
) -> Quietness:
    """Wait until the node is quiet, or for `longest` seconds; `allowed` CPUs may be busy."""
    before = began = read()
    while True:
        await asyncio.sleep(WINDOW)
        after = read()
        seen = _compare(before, after, allowed, began.at)
        if seen.quiet or seen.waited_seconds + WINDOW > longest:
            return seen
        before = after


def _compare(before: Reading, after: Reading, allowed: float | None, began: float) -> Quietness:
    seconds = max(after.at - before.at, 1e-9)
    busy = (after.busy_seconds - before.busy_seconds) / seconds
    pressure = None
    if before.pressure_seconds is not None and after.pressure_seconds is not None:
        pressure = (after.pressure_seconds - before.pressure_seconds) / seconds
    most = allowed or max(BUSY_CPUS, BUSY_SHARE * after.cpus)
    is_waited_for = allowed is None and pressure is not None and pressure >= PRESSURE
    return Quietness(
        quiet=busy < most and not is_waited_for,
        waited_seconds=after.at - began,
        busy_cpus=busy,
        pressure=pressure,
    )


def _read_pressure(file: Path) -> float | None:
    """Read for how long somebody waited for a CPU, from `some avg10=… total=MICROSECONDS`."""
    try:
        some, *_ = file.read_text().splitlines()
    except (OSError, ValueError):  # a kernel without it
        return None
    return int(some.rpartition("total=")[2]) / 1e6
