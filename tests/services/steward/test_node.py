"""The common CPUs' busy time, from /proc/stat as proc_stat(5) lays it out."""

import os
from pathlib import Path

import pytest

from loadlab_services.instruments.cpus import read_cpu_times
from loadlab_services.steward import node
from loadlab_services.steward.node import read_shared_cpus

STAT = """\
cpu  330 30 60 3000 90 3 6 9 0 0
cpu0 100 10 20 1000 30 1 2 3 50 5
cpu1 230 20 40 2000 60 2 4 6 0 0
intr 1 2 3
ctxt 4
"""
HERTZ = os.sysconf("SC_CLK_TCK")


@pytest.fixture
def stat(tmp_path: Path) -> Path:
    path = tmp_path / "stat"
    path.write_text(STAT)
    return path


def test_idle_and_stolen_time_is_not_busy_and_guest_time_counts_once(stat):
    assert read_cpu_times({0}, stat) == {
        "cpus": 1,
        "cpuSeconds": pytest.approx(133 / HERTZ),
        "stealSeconds": pytest.approx(3 / HERTZ),
    }


def test_the_cpus_are_added_up(stat):
    found = read_cpu_times({0, 1, 7}, stat)

    assert found["cpus"] == 2
    assert found["cpuSeconds"] == pytest.approx((133 + 296) / HERTZ)


@pytest.mark.parametrize("shown", [None, "cpu 1 2 3 4 5 6 7 8 0 0\n"])
def test_a_sandbox_that_shows_no_cpus_tells_nothing(stat, monkeypatch, shown):
    stat.unlink() if shown is None else stat.write_text(shown)
    monkeypatch.setattr(node, "STAT", stat)

    assert read_shared_cpus() is None


def test_this_machine_tells_its_own():
    first, second = read_shared_cpus(), read_shared_cpus()

    assert first is not None
    assert second is not None
    assert first["cpus"] == len(os.sched_getaffinity(0))
    assert 0 < first["cpuSeconds"] <= second["cpuSeconds"]
