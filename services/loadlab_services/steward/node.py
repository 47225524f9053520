"""The CPUs that the steward may run on: all but those that a static CPU manager gives away.

On a cluster of several nodes they are those of the steward's own node only.
"""

import os
from typing import Any

from loadlab_services.instruments.cpus import STAT, read_cpu_times


def read_shared_cpus() -> dict[str, Any] | None:
    """Read how long the CPUs of this process were busy since boot; nothing where it is not shown.

    A sandbox may show no such file, or one without the CPUs that it has.
    """
    allowed = os.sched_getaffinity(0)
    try:
        times = read_cpu_times(allowed, STAT)
    except OSError:
        return None
    return times if times["cpus"] == len(allowed) else None
