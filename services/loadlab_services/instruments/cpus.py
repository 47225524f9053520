"""The CPUs that a process may run on, beside those of its node.

A kubelet with the static CPU manager gives a Guaranteed container with whole CPUs a set of its own,
and takes it out of everybody else's. Which set that is, its processes can tell.
"""

import os


def count_cpus(pid: int = 0) -> dict[str, int]:
    """Count both for a process (0: this one), as the contract of GET /snapshot has them."""
    try:
        allowed = len(os.sched_getaffinity(pid))
    except OSError:  # it has ended
        return {}
    return {"cpusAllowed": allowed, "cpusOnline": os.cpu_count() or allowed}
