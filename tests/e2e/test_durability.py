"""Accepted means persisted, whatever happens to the worker."""

import os
import time

import pytest

from tests.e2e.cluster_tools import Lab, condition, eventually
from tests.e2e.containers import find_running, running
from tests.e2e.premises import QuietNode

pytestmark = [pytest.mark.e2e, pytest.mark.measured]
WORKER = "loadlab.dev/experiment=durable,loadlab.dev/component=worker"
SECONDS = int(os.environ.get("LOADLAB_DURABILITY_SECONDS", "15"))
# In a short run the worker's two starts take a large share of the CPU that k6 has, too.
RATE = 500 if SECONDS >= 60 else 300


def test_a_worker_killed_twice_loses_and_doubles_nothing(lab: Lab):
    lab.delete("durable")
    node = QuietNode()
    lab.submit(
        "durable",
        workload="ingest",
        variants=[{"name": "queued"}],
        factors={"rate": [RATE]},
        replicates=1,
        retry={"attempts": 1},
        load={
            "executor": "constant-arrival-rate",
            "duration": f"{SECONDS}s",
            "warmup": "2s",
            "maxVirtualUsers": 500,
        },
    )
    eventually(lambda: find_running(lab.namespace, WORKER), 90, "the queue worker")
    eventually(lambda: _is_loaded(lab), 60, "the load")
    victims = []
    for pause in (SECONDS / 5, SECONDS / 3):
        time.sleep(pause)
        container = running(lab.namespace, WORKER)
        (worker,) = container.processes("loadlab_services.programs.worker")
        container.kill(worker.pid)
        victims.append(container.id)

    status = lab.wait("durable", 180)

    assert len(set(victims)) == 2
    durability = status["durability"]
    print(durability)
    assert durability["persisted"] == durability["accepted"] + durability["unacknowledged"]
    assert durability["lost"] == durability["duplicates"] == durability["pending"] == 0
    assert durability["unacknowledged"] or durability["idsMatch"]
    node.require()
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    print(status["results"][0]["requestsPerSecond"])
    assert durability["accepted"] >= 0.95 * SECONDS * RATE


def _is_loaded(lab: Lab) -> bool:
    trials = lab.trials("durable")
    return any(trial.get("status", {}).get("phase") == "Running" for trial in trials.values())
