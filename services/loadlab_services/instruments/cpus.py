"""The CPUs that a process may run on, beside those of its node, and how busy the kernel saw them.

A kubelet with the static CPU manager gives a Guaranteed container with whole CPUs a set of its own,
and takes it out of everybody else's. Which set that is, its processes can tell. /proc/stat is the
kernel's and not a container's, so it tells about everything that runs there, neighbours that
LoadLab knows nothing of too.
"""

import os
from collections.abc import Set
from pathlib import Path
from typing import Any, Final

STAT: Final = Path("/proc/stat")
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_IDLE: Final = (3, 4)  # idle and iowait, as proc_stat(5) counts the columns
_STEAL: Final = 7
_COUNTED: Final = 8  # guest time, which follows, is in user time already


def describe_cpus(pid: int = 0) -> dict[str, Any]:
    """Describe a process's CPUs (0: this one's), as the contract of GET /snapshot has them."""
    try:
        allowed = os.sched_getaffinity(pid)
    except OSError:  # it has ended
        return {}
    counts = {"cpusAllowed": len(allowed), "cpusOnline": os.cpu_count() or len(allowed)}
    try:
        times = read_cpu_times(allowed)
    except OSError:  # a sandbox that shows no such file
        return counts
    return counts | ({"allowedCpus": times} if times["cpus"] == len(allowed) else {})


def read_cpu_times(cpus: Set[int], stat: Path = STAT) -> dict[str, Any]:
    """Read how long some CPUs were busy since boot, and how long the hypervisor took them away."""
    rows = [row for row in map(str.split, stat.read_text().splitlines()) if _is_one_of(row, cpus)]
    ticks = [[int(value) for value in row[1 : 1 + _COUNTED]] for row in rows]
    busy = sum(sum(each) - sum(each[column] for column in _IDLE) - each[_STEAL] for each in ticks)
    return {
        "cpus": len(rows),
        "cpuSeconds": busy / _TICKS,
        "stealSeconds": sum(each[_STEAL] for each in ticks) / _TICKS,
    }


def _is_one_of(row: list[str], cpus: Set[int]) -> bool:
    number = row[0].removeprefix("cpu") if row else ""
    return number.isdecimal() and int(number) in cpus
