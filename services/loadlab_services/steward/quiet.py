"""Waits, before a load begins, until others leave the CPUs alone.

At this moment all parts of a run are there and none has work, so that who is busy is somebody
else, or still cleaning up after the run before. Looked at are the CPUs that the steward shares with
the stores, and those that the service may run on, whatever node they are on: its instruments tell.
For how long somebody waited for a CPU of the steward's node says the kernel's pressure stall
information (PSI), where it has any.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from loadlab_services.steward.node import read_shared_cpus

WINDOW: Final = 0.2  # seconds: 20 of the kernel's ticks, and nearly all that a quiet node costs
FIRST_WINDOW: Final = 1.0  # seconds: what is idle is measured by it, and once only
BUSY_CPUS: Final = 0.3
BUSY_SHARE: Final = 0.1
"""Of the CPUs, where that is more than BUSY_CPUS."""
PRESSURE: Final = 0.2
"""Share of a window in which somebody waited for a CPU."""
MOST_SECONDS: Final = 1e12  # that any counter may say, and no NaN
CPU_PRESSURE: Final = Path("/proc/pressure/cpu")


@dataclass(frozen=True, slots=True)
class CpuSet:
    """Some CPUs at one moment."""

    at: float
    cpus: int
    busy_seconds: float  # since boot, the hypervisor's share included


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look shows: the sets of CPUs by name, and the time that somebody waited for one."""

    sets: dict[str, CpuSet]
    pressure_seconds: float | None = None  # since boot; None where the kernel does not tell


class IdleCpus:
    """What a node without work of ours uses of each set of CPUs: the mean of all quiet windows.

    That is kubelet, containerd, on a small cluster the control plane, and who is always there.
    """

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._busy_seconds: dict[str, float] = {}

    @property
    def window(self) -> float:
        """How long a look should last: the first one alone must tell what is idle."""
        return WINDOW if self._seconds else FIRST_WINDOW

    def add(self, before: Reading, after: Reading) -> None:
        """Take a quiet window into account."""
        for name, (earlier, later) in _pairs(before, after).items():
            seconds = later.at - earlier.at
            busy_seconds = _busy(earlier, later) * seconds
            self._seconds[name] = self._seconds.get(name, 0.0) + seconds
            self._busy_seconds[name] = self._busy_seconds.get(name, 0.0) + busy_seconds

    def means(self) -> dict[str, float]:
        """Return the CPUs that were busy by set, as far as there was a quiet window."""
        return {
            name: self._busy_seconds[name] / max(seconds, 1e-9)
            for name, seconds in self._seconds.items()
        }


@dataclass(frozen=True, slots=True)
class Quietness:
    """What the last window showed, and how long it took to come to it."""

    quiet: bool
    waited_seconds: float
    busy_cpus: float
    pressure: float | None
    idle_cpus: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it as the contract of the snapshot has it."""
        known = {"pressure": self.pressure} if self.pressure is not None else {}
        return {
            "quiet": self.quiet,
            "waitedSeconds": self.waited_seconds,
            "busyCpus": self.busy_cpus,
            "idleCpus": self.idle_cpus,
            **known,
        }


async def read_cpus(
    ask_service: Callable[[], Awaitable[dict[str, Any] | str]] | None = None,
    pressure: Path = CPU_PRESSURE,
) -> Reading:
    """Look at the shared CPUs, and at the service's where its instruments answer."""
    # One after the other: the moment belongs to the counters.
    found = {"shared": _cpu_set(read_shared_cpus())}
    answer = await ask_service() if ask_service is not None else {}
    if isinstance(answer, dict):
        found["service"] = _cpu_set(answer.get("allowedCpus"))
    sets = {name: each for name, each in found.items() if each is not None}
    return Reading(sets, _read_pressure(pressure))


def _cpu_set(times: object) -> CpuSet | None:
    """Read the times of some CPUs; None for what is none, as an image may answer anything."""
    fields = ("cpus", "cpuSeconds", "stealSeconds")
    found = [times.get(name) for name in fields] if isinstance(times, dict) else []
    numbers = [float(n) for n in found if isinstance(n, int | float) and abs(n) < MOST_SECONDS]
    if len(numbers) != len(fields):
        return None
    cpus, busy, stolen = numbers
    return CpuSet(at=time.monotonic(), cpus=round(cpus), busy_seconds=busy + stolen)


async def await_quiet(
    longest: float, allowed: float | None, idle: IdleCpus, read: Callable[[], Awaitable[Reading]]
) -> Quietness:
    """Wait until the CPUs are quiet, or for `longest` seconds; `allowed` of a set may be busy."""
    before = began = await read()
    while True:
        window = idle.window
        await asyncio.sleep(window)
        after = await read()
        waited = after.sets["shared"].at - began.sets["shared"].at
        busy, pressure = _busy_by_set(before, after), _pressure(before, after)
        is_quiet = _is_quiet(busy, after, allowed, pressure)
        if is_quiet:
            idle.add(before, after)
        if is_quiet or waited + window > longest:
            most = max(busy.values(), default=0.0)
            return Quietness(is_quiet, waited, most, pressure, idle.means())
        before = after


def _is_quiet(
    busy: dict[str, float], after: Reading, allowed: float | None, pressure: float | None
) -> bool:
    if allowed is None and pressure is not None and pressure >= PRESSURE:
        return False
    most = {name: max(BUSY_CPUS, BUSY_SHARE * each.cpus) for name, each in after.sets.items()}
    return all(used < (allowed or most[name]) for name, used in busy.items())


def _busy_by_set(before: Reading, after: Reading) -> dict[str, float]:
    return {name: _busy(*pair) for name, pair in _pairs(before, after).items()}


def _pairs(before: Reading, after: Reading) -> dict[str, tuple[CpuSet, CpuSet]]:
    """Return the sets that both readings have; one whose CPUs changed is another set."""
    return {
        name: (earlier, later)
        for name, later in after.sets.items()
        if (earlier := before.sets.get(name)) is not None and earlier.cpus == later.cpus
    }


def _busy(before: CpuSet, after: CpuSet) -> float:
    used = after.busy_seconds - before.busy_seconds
    return max(0.0, used) / max(after.at - before.at, 1e-9)  # an image may count backwards


def _pressure(before: Reading, after: Reading) -> float | None:
    if before.pressure_seconds is None or after.pressure_seconds is None:
        return None
    seconds = after.sets["shared"].at - before.sets["shared"].at
    return (after.pressure_seconds - before.pressure_seconds) / max(seconds, 1e-9)


def _read_pressure(file: Path) -> float | None:
    """Read for how long somebody waited for a CPU, from `some avg10=… total=MICROSECONDS`."""
    try:
        some, *_ = file.read_text().splitlines()
    except (OSError, ValueError):  # a kernel without it
        return None
    return int(some.rpartition("total=")[2]) / 1e6
