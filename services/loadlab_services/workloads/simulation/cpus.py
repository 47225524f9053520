"""How many CPUs this process may use. A container's quota does not show in the CPUs it can see."""

import math
import os
from pathlib import Path
from typing import Final

ROOT: Final = Path("/sys/fs/cgroup")


def usable_cpus(root: Path = ROOT) -> int:
    """Count the CPUs that this process may run on, at most as many as its quota pays for."""
    visible = len(os.sched_getaffinity(0))
    quota = _quota(root)
    return visible if quota is None else max(1, min(visible, math.ceil(quota)))


def _quota(root: Path) -> float | None:
    """Read the quota in CPUs, of cgroup v2 or v1; None for no limit."""
    try:
        limit, period = (root / "cpu.max").read_text().split()
    except OSError:
        limit, period = _read_v1(root)
    return None if limit in {"max", "-1"} else int(limit) / int(period)


def _read_v1(root: Path) -> tuple[str, str]:
    names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
    try:
        limit, period = ((root / "cpu" / name).read_text().strip() for name in names)
    except OSError:
        return "max", ""
    return limit, period
