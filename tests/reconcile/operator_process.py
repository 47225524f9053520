"""The operator's passes in a process of their own, to be measured in: `operator_process.py URL`.

It reconciles one experiment until it is over and prints, as JSON, the peak of its resident memory
in MiB and the longest time that the event loop was held, in seconds.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from kubernetes.aio.client import ApiClient, Configuration

import loadlab.controller.handlers  # noqa: F401 - all that the operator imports is in its memory
from loadlab.controller.reconcile import Reconciler
from loadlab.kube.client import ApiCluster
from tests.reconcile.laboratory import IMAGES
from tests.reconcile.turns import longest_turn


def peak_resident_mebibytes() -> float:
    """Of this program alone: ru_maxrss would begin with that of the process which started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


async def reconcile(url: str) -> dict[str, float]:
    passes = 0

    async def work() -> None:
        nonlocal passes
        async with ApiClient(Configuration(host=url)) as api:
            reconciler = Reconciler(ApiCluster(api), IMAGES)
            after: float | None = 0.0
            while after is not None:
                after = await reconciler.reconcile(("lab", "demo"), time.time())
                passes += 1

    began = time.monotonic()
    longest = await longest_turn(work)
    seconds = time.monotonic() - began
    return {
        "passes": passes,
        "seconds": seconds,
        "longestTurn": longest,
        "peakMiB": peak_resident_mebibytes(),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(reconcile(sys.argv[1]))))
