"""simulation in forked workers: Polars works in each, and no process of a pool stays behind."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from loadlab_services.workloads import find_workload
from loadlab_services.workloads.simulation.cpus import usable_cpus

pytestmark = pytest.mark.integration


# `queued` needs RabbitMQ, and computes elsewhere.
SERVED = [
    ("uvicorn", variant)
    for variant, found in sorted(find_workload("simulation").variants.items())
    if not found.put_off
]


@pytest.mark.parametrize(("server", "variant"), [*SERVED, ("gunicorn", "async-process")])
def test_both_workers_answer_and_all_processes_end(
    run_service: Any, until: Any, orders_url: str, server: str, variant: str
) -> None:
    variables = {"WORKLOAD": "simulation", "VARIANT": variant, "DATABASE_URL": orders_url}
    with run_service(**variables, SERVER=server, WORKERS="2", POOL_SIZE="2") as service:
        with ThreadPoolExecutor(4) as clients:
            paths = [f"/simulation?user_id={user}&fib=20" for user in range(1, 41)]
            statuses = {answer.status_code for answer in clients.map(service.get, paths)}
        until(lambda: answers(service) and min(served(service)) > 0, "both workers answered")
        started = descendants(service.process.pid)
        service.process.terminate()
        assert service.process.wait(timeout=20) == 0
        log = service.process.stderr.read()
    assert statuses == {200}
    until(lambda: not any(map(is_alive, started)), "the launcher's processes have ended")
    assert "Traceback" not in log
    assert "Warning" not in log


def test_the_processes_of_a_killed_worker_end_with_it(
    run_service: Any, until: Callable[..., None], orders_url: str
) -> None:
    variables = {"WORKLOAD": "simulation", "VARIANT": "async-process", "DATABASE_URL": orders_url}
    with run_service(**variables, POOL_SIZE="2") as service:
        (worker,) = service.pids()
        pool = descendants(worker)
        assert len(pool) >= usable_cpus() + 1  # and the server that forked them
        os.kill(worker, signal.SIGKILL)
        until(lambda: not any(map(is_alive, pool)), "the killed worker's processes have ended")
        until(lambda: service.pids() != [worker] and answers(service), "another worker serves")


def answers(service: Any) -> bool:
    return bool(service.get("/simulation?user_id=1").status_code == 200)


def served(service: Any) -> list[int]:
    return [process["requests"] for process in service.snapshot()["processes"]]


def descendants(pid: int) -> list[int]:
    """Find the children of a process, theirs, and so on."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found, generation = [], [pid]
    while generation := [child for child, parent in parents.items() if parent in generation]:
        found += generation
    return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
