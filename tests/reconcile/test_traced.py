"""Traced trials come last: what becomes of them, the experiment has its results already."""

import json
from typing import Any

import pytest

from loadlab.kube.api import Kind
from tests.manifests import Json
from tests.reconcile.generator_log import generator_log
from tests.reconcile.laboratory import CHILD, Laboratory
from tests.reconcile.test_trouble import FAULTS, fault_in

FIRST, SECOND = f"{CHILD}-t001", f"{CHILD}-t002"
TRACE: Json = {
    "seconds": 1,
    "processes": [{"process": 0, "seen": 7, "blocked": [[20, 9000]]}],
    "requests": [
        {
            "process": 0, "name": "GET /orders", "status": 200, "atUs": 20, "us": 10_000,
            "spans": [["loop", 0, 9000], ["query", 9100, 700]],
        }
    ],
}  # fmt: skip


def traced(run: str, trace: object) -> str:
    """The log of a run whose last snapshot has a trace."""
    lines = generator_log(run=run).splitlines()
    end = json.loads(lines[2])
    end["loadlab_snapshot"]["trace"] = trace
    lines[2] = json.dumps(end)
    return "\n".join(lines)


def laboratory(trace: object = TRACE, **options: Any) -> Laboratory:
    def log_of(run: str) -> str:
        return traced(run, trace) if "-t0" in run else generator_log(run=run)

    return Laboratory(log_of=log_of, **options)


async def begun(lab: Laboratory, name: str = FIRST) -> None:
    """Step until a traced trial is under way."""
    for _ in range(200):
        trial = lab.trials().get(name)
        if trial and (trial.get("status") or {}).get("phase") == "Running":
            return
        await lab.step()
    raise AssertionError(f"{name} never began")


def is_whole(lab: Laboratory, status: Json) -> bool:
    """Whether the experiment is what it would be without traces."""
    assert (status["phase"], status["progress"]) == ("Succeeded", "4/4")
    assert [row["replicates"] for row in status["results"]] == [{"planned": 2, "valid": 2}] * 2
    assert lab.leftovers() == set()
    return bool(status["verdict"] == "Passed")


@pytest.mark.parametrize("forgetful", [True, False])
async def test_they_run_last_and_count_nowhere(forgetful):
    lab = laboratory(forgetful=forgetful)
    lab.submit(trace={"seconds": 1}, maxTrials=4)

    status = await lab.run()

    assert lab.cluster.finished_runs[-2:] == [f"{FIRST}-a1", f"{SECOND}-a1"]
    assert is_whole(lab, status)
    for name in (FIRST, SECOND):
        found = lab.trials()[name]
        assert found["spec"]["role"] == "Traced"
        assert found["status"]["trace"] == TRACE


async def test_a_measured_trial_keeps_no_trace_whatever_its_service_says():
    lab = Laboratory(log_of=lambda run: traced(run, TRACE))
    lab.submit()

    await lab.run()

    assert [name for name, it in lab.trials().items() if "trace" in it["status"]] == []


ODD: dict[str, object] = {
    "none": None,
    "of another kind": "<html>",
    "with a stage of its own": TRACE | {
        "requests": [TRACE["requests"][0] | {"spans": [["coffee", 0, 1]]}]
    },
    "endless": TRACE | {"requests": TRACE["requests"] * 300},
    "without requests": TRACE | {"requests": []},
}  # fmt: skip


@pytest.mark.parametrize("trace", ODD.values(), ids=ODD)
async def test_one_that_cannot_be_read_is_said_to_be_missing(trace):
    lab = laboratory(trace)
    lab.submit(trace={"seconds": 1})

    status = await lab.run()

    assert is_whole(lab, status)
    found = lab.trials()[FIRST]["status"]
    assert (found["phase"], "trace" in found) == ("Succeeded", False)
    assert found["message"].startswith("its service told no trace")


async def test_one_whose_generator_says_nothing_is_tried_again_and_lost():
    lab = Laboratory(log_of=lambda run: "nothing" if "-t0" in run else generator_log(run=run))
    lab.submit(trace={"seconds": 1}, retry={"attempts": 2})

    status = await lab.run()

    assert is_whole(lab, status)
    assert lab.trials()[FIRST]["status"]["phase"] == "Lost"
    assert f"{FIRST}-a2" in lab.cluster.finished_runs


@pytest.mark.parametrize("fault", ["CrashLoop", "ImagePullFailed", "Unschedulable"])
async def test_a_fault_that_ends_an_experiment_ends_no_more_than_the_trace(fault):
    lab = laboratory()
    lab.submit(trace={"seconds": 1}, timeouts={"ready": "20s"})
    broken = fault_in("service", FAULTS[fault])
    lab.cluster.fault_of = lambda pod: broken(pod) if "-t0" in pod["metadata"]["name"] else None

    status = await lab.run()

    assert is_whole(lab, status)
    assert lab.trials()[FIRST]["status"]["phase"] == "Lost"
    assert lab.condition("Failed").get("status") != "True"


async def test_the_deadline_of_all_cuts_the_traces_off_and_leaves_the_results():
    lab = laboratory()
    lab.submit(trace={"seconds": 1}, timeouts={"total": "10m"})
    await begun(lab)
    lab.now += 700

    status = await lab.run()

    assert is_whole(lab, status)
    assert SECOND not in lab.trials()


async def test_a_user_ends_it_in_the_midst_of_them_as_ever():
    lab = laboratory()
    lab.submit(trace={"seconds": 1})
    await begun(lab)
    lab.experiment()["spec"]["terminate"] = True

    status = await lab.run()

    assert status["phase"] == "Terminated"  # as the user asked
    assert status["progress"] == "4/4"


async def test_it_does_not_run_again_after_a_restart():
    lab = laboratory(forgetful=True)
    lab.submit(trace={"seconds": 1})
    await begun(lab, SECOND)

    status = await lab.run()

    assert is_whole(lab, status)
    assert lab.cluster.finished_runs.count(f"{FIRST}-a1") == 1
    assert (Kind.TRIAL, "lab", FIRST) in lab.cluster.objects
