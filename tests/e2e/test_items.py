"""The small REST service with everything on: cache, RabbitMQ, Celery; its workers may die."""

import time

import pytest

from tests.e2e.cluster_tools import Lab, condition, eventually
from tests.e2e.containers import find_running
from tests.e2e.premises import QuietNode

pytestmark = [pytest.mark.e2e, pytest.mark.measured]
WORKER = "loadlab.dev/experiment=items,loadlab.dev/component=worker"
SECONDS = 9


def test_posts_are_written_once_though_a_celery_worker_is_killed(lab: Lab):
    lab.delete("items")
    node = QuietNode()
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
    eventually(lambda: _children(lab), 120, "Celery's processes")
    eventually(lambda: _is_loaded(lab), 60, "the load")
    victims = []
    for _ in range(2):
        time.sleep(SECONDS / 4)
        victim = eventually(lambda: _kill_a_child(lab), 20, "a Celery process")
        victims.append(victim)

    status = lab.wait("items", 120)

    assert len(set(victims)) == 2
    durability = status["durability"]
    print(f"killed {victims}: {durability}")
    assert durability["persisted"] == durability["accepted"] + durability["unacknowledged"]
    assert durability["lost"] == durability["duplicates"] == durability["pending"] == 0
    node.require()
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    (row,) = status["results"]
    print(f"{row['byRequest']}\n{row['work']}")
    assert durability["accepted"] > 100
    assert row["work"]["staleReads"] == 0
    assert {"hit", "miss", "read", "write"} <= {named["name"] for named in row["byRequest"]}


def _children(lab: Lab) -> list[int]:
    """Celery's own children: they write, and their parent starts new ones."""
    worker = find_running(lab.namespace, WORKER)
    found = worker.processes("loadlab_services.programs.celery_worker") if worker else []
    return [child.pid for child in found if child.parent in {each.pid for each in found}]


def _kill_a_child(lab: Lab) -> int | None:
    worker, children = find_running(lab.namespace, WORKER), _children(lab)
    if not worker or not children:
        return None
    worker.kill(children[0])
    return children[0]


def _is_loaded(lab: Lab) -> bool:
    trials = lab.trials("items")
    return any(trial.get("status", {}).get("phase") == "Running" for trial in trials.values())
