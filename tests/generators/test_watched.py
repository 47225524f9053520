"""What a tool waited for CPUs: of the time of those that it may use."""

import os
import subprocess
import sys
import time
from itertools import count

import pytest

from loadlab_services.generators import watched as module
from loadlab_services.generators.watched import run_watched, share_waited, watching

BURN = "while True: pass"


@pytest.mark.parametrize(
    ("waited", "wall", "cpus", "share"),
    [(0.496, 3.12, 2, 0.0795), (0.0, 3.0, 2, 0.0), (9.0, 3.0, 2, 1.0), (0.0, 0.0, 1, 0.0)],
)
def test_a_wait_counts_against_the_cpus_that_it_may_use(waited, wall, cpus, share):
    assert share_waited(waited, wall, cpus) == pytest.approx(share, abs=1e-4)


@pytest.mark.integration
def test_of_two_that_share_a_cpu_each_waits_half_of_its_time():
    cpu = {min(os.sched_getaffinity(0))}
    burners = [subprocess.Popen([sys.executable, "-c", BURN]) for _ in range(2)]
    try:
        for burner in burners:
            os.sched_setaffinity(burner.pid, cpu)
        with watching(burners[0].pid) as watched:
            began = time.monotonic()
            time.sleep(1.5)
            wall = time.monotonic() - began
        usage = watched.usage(cpu_seconds=wall / 2, wall_seconds=wall, cpus=1)
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()

    # Others on this CPU make it more.
    assert 0.35 < usage.sched_wait_share <= 1.0


def test_a_wall_clock_that_is_set_meanwhile_is_told(monkeypatch):
    ahead = iter([100.0, 97.5])
    monkeypatch.setattr(module, "ahead", lambda: next(ahead))
    with watching(os.getpid()) as watched:
        pass

    assert watched.usage(1.0, 1.0, 1).clock_step_us == 2_500_000


def test_a_tool_took_as_long_as_it_did_whatever_the_wall_clock_says(monkeypatch):
    """Where it was set by an hour in mid-run, its rate was that of an hour."""
    hours = count(1_800_000_000, 3600)
    monkeypatch.setattr(time, "time", lambda: float(next(hours)))
    ended = run_watched(["sleep", "0.2"], 10, os.environ, 1)

    assert 0.2 <= ended.ended - ended.began < 5
    assert ended.usage.wall_seconds == ended.ended - ended.began
    assert ended.usage.clock_step_us > 3e9
