"""The CPUs that the steward may run on: all but those that a static CPU manager gives away.

/proc/stat is the kernel's and not a container's, so it tells about everything that runs there:
the generator, the stores, the kubelet, and neighbours that LoadLab knows nothing of. On a cluster
of several nodes it tells about the steward's own node only.
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


def read_shared_cpus(stat: Path = STAT, cpus: Set[int] | None = None) -> dict[str, Any]:
    """Read how long the CPUs in `cpus` (default: those of this process) were busy since boot."""
    usable = os.sched_getaffinity(0) if cpus is None else cpus
    rows = [row for row in map(str.split, stat.read_text().splitlines()) if _is_one_of(row, usable)]
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
