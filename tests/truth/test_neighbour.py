"""A neighbour at random moments, on either set of CPUs: what runs beside it does not count."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

import pytest

from tests.e2e.cluster_tools import Lab, condition
from tests.manifests import Json

pytestmark = pytest.mark.truth

SECONDS = 4  # of a measurement
BOUND = 0.3  # CPU, as by default
SPOILED = BOUND + 0.1  # of a CPU over a window, by the clock: above it nobody may doubt
MARGIN = 0.5  # seconds around a window in which a quiet trial has no neighbour either
SPEC: Json = {
    "workload": "select",
    "variants": [{"name": "asyncpg"}],
    "factors": {"virtualUsers": [2], "poolSize": [2]},
    "replicates": 30,
    "load": {"duration": f"{SECONDS}s", "warmup": "1s", "request": {"thinkTime": "5ms"}},
    "postgres": {"scale": 0.001},
    "retry": {"attempts": 1},
}
EXPERIMENTS = 2
BUSY = "import sys, time\nend = time.time() + float(sys.argv[1])\nwhile time.time() < end: pass"


@dataclass(frozen=True, slots=True)
class Burst:
    """One CPU wholly used by a process that is none of the experiment's."""

    cpu: int
    began: float
    ended: float

    def within(self, began: float, ended: float) -> float:
        """Seconds of it between two moments."""
        return max(0.0, min(ended, self.ended) - max(began, self.began))


def test_nothing_counts_beside_a_neighbour(lab: Lab, measured):
    trials, nodes = list[Json](), list[Json]()
    with bursts() as neighbour:
        for name in (f"beside-{number}" for number in range(EXPERIMENTS)):
            lab.submit(name, **SPEC)
            nodes.append(condition(lab.wait(name, 600), "Quiet"))
            trials += [trial["status"] for trial in lab.trials(name).values()]

    spoiled, quiet = list[Json](), list[Json]()
    for trial in (trial for trial in trials if trial.get("timings", {}).get("loadEnded")):
        ended = trial["timings"]["loadEnded"]
        busy = sum(burst.within(ended - SECONDS, ended) for burst in neighbour) / SECONDS
        near = sum(burst.within(ended - SECONDS - MARGIN, ended + MARGIN) for burst in neighbour)
        print(f"{busy:.2f} CPU: {trial['phase']} {trial['reason']} {trial.get('foreignCpu')}")
        if busy >= SPOILED:
            spoiled.append(trial)
        elif not near:
            quiet.append(trial)
    void = [trial for trial in spoiled if trial["phase"] == "Invalid"]
    sound = [trial for trial in quiet if trial["reason"] == "TrialFinished"]
    said = {f"{node.get('status')} {node.get('reason')}" for node in nodes}
    measured(
        5,
        f"{len(void)} of {len(spoiled)} spoiled trials void, {len(sound)} of {len(quiet)} quiet "
        f"ones used; {said}: {nodes[0].get('message')}",
    )
    assert len(spoiled) >= 20
    assert len(quiet) >= 20
    assert void == spoiled
    assert len(sound) >= 0.95 * len(quiet)
    assert said == {"False NotQuiet"}


@contextmanager
def bursts() -> Iterator[list[Burst]]:
    """Use one CPU after another for some seconds, at random moments, until the block ends."""
    over, found, drawn = Event(), list[Burst](), random.Random(14)

    def go_on() -> None:
        while not over.wait(drawn.uniform(3, 12)):
            cpu, seconds = drawn.randrange(os.cpu_count() or 1), drawn.uniform(2, 4)
            began = time.time()
            command = ["taskset", "-c", str(cpu), sys.executable, "-c", BUSY, str(seconds)]
            subprocess.run(command, check=True)
            found.append(Burst(cpu, began, time.time()))

    thread = Thread(target=go_on)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
