"""The CPUs that the steward may run on: all but those that a static CPU manager gives away.

On a cluster of several nodes they are those of the steward's own node only.
"""

import os
from typing import Any

from loadlab_services.instruments.cpus import read_cpu_times


def read_shared_cpus() -> dict[str, Any]:
    """Read how long the CPUs of this process were busy since boot."""
    return read_cpu_times(os.sched_getaffinity(0))
