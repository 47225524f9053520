"""The small REST service with everything on: cache, RabbitMQ, Celery; its workers may die."""

import os
import signal
import time
from pathlib import Path

import pytest
from cluster_tools import Lab, condition, eventually, processes

pytestmark = [pytest.mark.e2e, pytest.mark.measured]
SECONDS = 9


def test_posts_are_written_once_though_a_celery_worker_is_killed(lab: Lab):
    lab.delete("items")
    lab.submit(
        "items",
        workload="items",
        variants=[{"name": "queued", "server": "gunicorn"}],
        factors={"workers": [2], "rate": [120], "writePercent": [30], "consumers": [2]},
        replicates=1,
        retry={"attempts": 1},
        # A rate that the consumers keep up with: behind a growing queue every list is stale.
        load={
            "executor": "constant-arrival-rate",
            "duration": f"{SECONDS}s",
            "warmup": "2s",
            "maxVirtualUsers": 200,
        },
    )
    eventually(_children, 120, "Celery's processes")
    eventually(lambda: _is_loaded(lab), 60, "the load")
    victims = []
    for _ in range(2):
        time.sleep(SECONDS / 4)
        victim = eventually(_children, 20, "a Celery process")[0]
        os.kill(victim, signal.SIGKILL)
        victims.append(victim)

    status = lab.wait("items", 120)

    assert status["phase"] == "Succeeded", condition(status, "Finished")
    assert len(set(victims)) == 2
    durability, (row,) = status["durability"], status["results"]
    print(f"killed {victims}: {durability}\n{row['byRequest']}\n{row['work']}")
    assert durability["accepted"] > 100
    assert durability["persisted"] == durability["accepted"] + durability["unacknowledged"]
    assert durability["lost"] == durability["duplicates"] == durability["pending"] == 0
    assert row["work"]["staleReads"] == 0
    assert {"hit", "miss", "read", "write"} <= {named["name"] for named in row["byRequest"]}


def _children() -> list[int]:
    """Celery's own children: they write, and their parent starts new ones."""
    found = processes("loadlab_services.programs.celery_worker")
    return [pid for pid in found if _parent(pid) in found]


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def _is_loaded(lab: Lab) -> bool:
    trials = lab.trials("items")
    return any(trial.get("status", {}).get("phase") == "Running" for trial in trials.values())
