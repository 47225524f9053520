"""simulation/async-process: its pool of processes, and what a worker may do before it is forked."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads import find_workload
from loadlab_services.workloads.simulation.cpus import usable_cpus
from loadlab_services.workloads.simulation.fibonacci import fibonacci
from loadlab_services.workloads.simulation.processes import open_processes

OpenApp = Callable[[ServiceSettings], AbstractAsyncContextManager[httpx.AsyncClient]]
VISIBLE = len(os.sched_getaffinity(0))
LAUNCHER = """
import os, sys
from loadlab_services.apps import load_variant
from loadlab_services.settings import ServiceSettings
for variant in {variants}:
    load_variant(ServiceSettings(workload="simulation", variant=variant))
assert len(os.listdir("/proc/self/task")) == 1, "the import started threads"
assert "polars" not in sys.modules
pid = os.fork()
if pid:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
from loadlab_services.workloads.simulation.frames import warm_up
warm_up()
import polars
assert polars.thread_pool_size() == 1
"""


def test_the_fibonacci_numbers_are_right() -> None:
    assert [fibonacci(n) for n in range(11)] == [0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55]


@pytest.mark.parametrize(
    ("files", "cpus"),
    [
        ({}, VISIBLE),
        ({"cpu.max": "max 100000\n"}, VISIBLE),
        ({"cpu.max": "100000 100000\n"}, 1),
        ({"cpu.max": "100 100000\n"}, 1),
        ({"cpu.max": "150000 100000\n"}, min(2, VISIBLE)),
        ({"cpu.max": "6400000 100000\n"}, VISIBLE),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, VISIBLE),
        ({"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
    ],
    ids=["none", "v2 unlimited", "one", "a bit", "one and a half", "many", "v1 unlimited", "half"],
)
def test_the_quota_of_a_container_bounds_its_cpus(
    tmp_path: Path, files: dict[str, str], cpus: int
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert usable_cpus(tmp_path) == cpus


@pytest.mark.integration
async def test_all_processes_are_there_before_the_first_call_and_gone_at_the_end() -> None:
    async with open_processes(3) as pool:
        started = pids(pool)
        busy = await asyncio.gather(*(pool.run(fibonacci, 12) for _ in range(9)))
        assert busy == [144] * 9
        assert pids(pool) == started
    assert len(started) == 3
    assert not any(is_alive(pid) for pid in started)


@pytest.mark.integration
async def test_a_lost_process_is_503_once_and_replaced(open_app: OpenApp, orders_url: str) -> None:
    settings = ServiceSettings(
        workload="simulation", variant="async-process", database_url=orders_url, pool_size=2
    )
    async with open_app(settings) as client:
        transport: Any = client._transport
        pool = transport.app.state.processes
        before = pids(pool)
        os.kill(before[0], signal.SIGKILL)
        for _ in range(500):  # a thread of the pool notices the loss, when it gets a CPU
            lost = await client.get("/simulation?user_id=1")
            if lost.status_code != 200:
                break
        after = [await client.get(f"/simulation?user_id={user}") for user in (2, 3, 4)]
        assert not set(pids(pool)) & set(before)
    assert (lost.status_code, lost.headers.get("Retry-After")) == (503, "1")
    assert [answer.status_code for answer in after] == [200, 200, 200]


@pytest.mark.integration
def test_importing_the_variants_starts_no_thread_that_a_fork_would_lose() -> None:
    script = LAUNCHER.format(variants=sorted(find_workload("simulation").variants))
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def pids(pool: Any) -> list[int]:
    return sorted(pool._executor._processes)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
