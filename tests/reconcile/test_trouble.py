"""What goes wrong ends in a terminal state with its reason, or is tried again; nothing hangs."""

import re

import pytest

from loadlab.base.names import COMPONENT_LABEL
from loadlab.kube.api import Kind, Manifest
from loadlab.kube.errors import MalformedError
from loadlab.kube.hints import Hints
from loadlab.measurement.documents import Progress
from tests.manifests import Json
from tests.reconcile.generator_log import generator_log
from tests.reconcile.laboratory import CHILD, Laboratory


def container(state: Manifest, last: Manifest | None = None, restarts: int = 0) -> Manifest:
    status = {"state": state, "lastState": last or {}, "restartCount": restarts}
    return {"phase": "Running", "containerStatuses": [status]}


WAITING = {"waiting": {"reason": "CrashLoopBackOff"}}
FAULTS = {
    "ImagePullFailed": container({"waiting": {"reason": "ImagePullBackOff"}}),
    "CrashLoop": container(WAITING, {"terminated": {"exitCode": 1, "reason": "Error"}}, 3),
    "OutOfMemory": container(WAITING, {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}, 3),
    "Unschedulable": {
        "phase": "Pending",
        "conditions": [
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": "0/1 nodes are available: 1 Insufficient cpu.",
            }
        ],
    },
    "NeverReady": {"phase": "Running"},
}


def fault_in(component: str, fault: Manifest):
    def fault_of(pod: Manifest) -> Manifest | None:
        return fault if pod["metadata"]["labels"][COMPONENT_LABEL] == component else None

    return fault_of


@pytest.mark.parametrize("component", ["service", "k6", "postgres", "steward"])
@pytest.mark.parametrize("reason", FAULTS)
async def test_a_part_that_never_comes_up_ends_the_experiment_with_its_reason(component, reason):
    lab = Laboratory()
    lab.submit(timeouts={"prepare": "20s", "ready": "20s"})
    lab.cluster.fault_of = fault_in(component, FAULTS[reason])

    status = await lab.run(steps=60)

    assert status["phase"] == "Failed"
    assert status["verdict"] == "Error"
    assert lab.condition("Failed")["reason"] == reason
    assert lab.condition("Stalled")["status"] == "True"
    assert lab.leftovers() == set()


async def test_a_kill_that_no_node_explains_names_memory():
    """containerd hears of memory by an event of its own, which may be late."""
    lab = Laboratory()
    lab.submit(timeouts={"prepare": "20s", "ready": "20s"})
    killed = {"terminated": {"exitCode": 137, "reason": "Error"}}
    lab.cluster.fault_of = fault_in("service", container(WAITING, killed, 3))

    await lab.run(steps=60)

    said = lab.condition("Failed")
    assert said["reason"] == "CrashLoop"
    assert "when memory runs out (spec.resources.service.memory), 3 restarts" in said["message"]


@pytest.mark.parametrize("name", [f"{CHILD}-postgres", f"{CHILD}-001-a1"])
async def test_a_child_that_can_never_be_accepted_ends_the_experiment(name, monkeypatch):
    lab = Laboratory()
    lab.submit()
    accepted = lab.cluster.create

    async def create(manifest: Manifest) -> Manifest | None:
        if manifest["metadata"].get("name") == name and manifest["kind"] != "Service":
            raise MalformedError(f"POST {name}: 422 containers[0].name: Invalid value")
        return await accepted(manifest)

    monkeypatch.setattr(lab.cluster, "create", create)

    status = await lab.run(steps=60)

    assert status["phase"] == "Failed"
    assert lab.condition("Failed")["reason"] == "CreationRefused"
    assert "containers[0].name" in lab.condition("Failed")["message"]
    assert lab.leftovers() == set()


async def test_the_next_experiment_starts_after_one_that_failed():
    lab = Laboratory()
    lab.submit("bad", timeouts={"ready": "10s"})
    lab.submit("good")
    await lab.step("bad")
    await lab.step("good")
    lab.cluster.fault_of = fault_in("service", FAULTS["CrashLoop"])
    await lab.run("bad")
    lab.cluster.fault_of = lambda _: None

    assert (await lab.run("good"))["phase"] == "Succeeded"


async def test_a_generator_job_deleted_by_hand_is_a_lost_attempt_and_tried_again():
    lab = Laboratory()
    lab.submit(replicates=1)
    while not (jobs := [n for n in lab.cluster.of_kind(Kind.JOB) if n.endswith("-k6")]):
        await lab.step()
    await lab.reconcile()
    del lab.cluster.objects[Kind.JOB, "lab", jobs[0]]

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    first = lab.trials()[f"{CHILD}-001"]["status"]
    assert first["attempt"] == 2
    assert first["formerAttempts"][0]["reason"] == "GeneratorLost"


NO_DOCUMENT = "level=error msg=killed"


async def test_a_missing_document_is_tried_again_and_then_lost_never_averaged():
    lab = Laboratory(log=NO_DOCUMENT)
    lab.submit(replicates=1, variants=[{"name": "sync"}], retry={"attempts": 3})

    status = await lab.run()

    trial = lab.trials()[f"{CHILD}-001"]["status"]
    assert trial["phase"] == "Lost"
    assert trial["attempt"] == 3
    assert status["trials"]["lost"] == 1
    assert status["phase"] == "Failed"
    failed = lab.condition("Failed")
    assert (failed["reason"], trial["message"] in failed["message"]) == ("NoResult", True)
    assert status["verdict"] == "Error"
    assert status["results"][0]["replicates"] == {"planned": 1, "valid": 0}


async def test_a_redis_pod_replaced_in_mid_run_spoils_the_attempt():
    lab = Laboratory()
    load = {"executor": "constant-arrival-rate", "duration": "5s"}
    factors = {"rate": [10]}
    queued: Json = {"workload": "ingest", "variants": [{"name": "queued"}], "factors": factors}
    lab.submit(**queued, load=load, replicates=1)
    while f"{CHILD}-001" not in lab.trials():
        await lab.step()
    del lab.cluster.objects[Kind.POD, "lab", f"{CHILD}-redis-pod"]
    while lab.trials()[f"{CHILD}-001"]["status"].get("attempt") != 2:
        await lab.step()

    [record] = lab.trials()[f"{CHILD}-001"]["status"]["formerAttempts"]
    assert record["reason"] == "StoreRestarted"
    assert record["message"] == "redis was deleted or replaced during the run"


async def test_a_data_set_that_cannot_be_loaded_ends_the_experiment():
    lab = Laboratory()
    lab.submit()
    while not (job := lab.cluster.of_kind(Kind.JOB).get(f"{CHILD}-dataset")):
        lab.cluster.fault_of = fault_in("dataset", {"phase": "Failed"})
        await lab.step()
    job["status"] = {
        "conditions": [{"type": "Failed", "status": "True", "message": "BackoffLimitExceeded"}]
    }

    assert (await lab.run())["phase"] == "Failed"
    assert lab.condition("Failed")["reason"] == "DatasetFailed"


async def test_the_whole_experiment_has_a_deadline_and_keeps_what_it_measured():
    lab = Laboratory()
    lab.submit(timeouts={"total": "1h"})
    while f"{CHILD}-002" not in lab.trials():
        await lab.step()
    lab.now += 3600

    status = await lab.run()

    assert lab.condition("Failed")["reason"] == "DeadlineExceeded"
    assert status["results"][0]["replicates"]["planned"] == 2
    assert status["trials"]["succeeded"] >= 1


@pytest.mark.parametrize(
    ("seen", "counts", "says"),
    [
        (
            True,
            {"requests": 4002, "failed": 3, "in_flight": 16},
            "the generator was last seen in the measurement at 12 s, 4,002 requests, 3 failed",
        ),
        (True, {}, "the generator was last seen in the measurement at 12 s"),
        (False, {}, "the generator was never seen at work"),
    ],
)
async def test_a_run_without_a_result_says_how_far_its_generator_came(seen, counts, says):
    lab = Laboratory()
    lab.submit()
    lab.cluster.fault_of = fault_in("k6", {"phase": "Running", "conditions": READY})
    while not (generators := generators_of(lab)):
        await lab.step()
    progress = Progress(version=1, seconds=12, phase="measurement", **counts)
    lab.cluster.tick()
    lab.now += 3600

    await lab.reconcile(hints=Hints(progress={uid: progress for uid in generators if seen}))

    (trial,) = lab.trials().values()
    message = trial["status"]["message"]
    assert re.fullmatch(rf"no result after 36\d\d s; {says}, on node node-1", message)


READY = [{"type": "Ready", "status": "True"}]


def generators_of(lab: Laboratory) -> list[str]:
    pods = lab.cluster.of_kind(Kind.POD).values()
    marked = [pod["metadata"] for pod in pods]
    return [m["uid"] for m in marked if m["labels"][COMPONENT_LABEL] == "k6"]


async def test_an_operator_that_plans_differently_does_not_mix_the_two_halves():
    lab = Laboratory()
    lab.submit()
    while f"{CHILD}-002" not in lab.trials():
        await lab.step()
    lab.status()["fingerprint"] = "of another operator"

    await lab.run()

    assert lab.condition("Failed")["reason"] == "Superseded"


@pytest.mark.parametrize("trial", [f"{CHILD}-001", f"{CHILD}-003"])
async def test_an_operator_that_plans_fewer_trials_leaves_nothing_of_the_others(trial):
    lab = Laboratory()
    lab.submit()
    while trial not in lab.trials():
        await lab.step()
    await lab.step()
    assert lab.leftovers()
    lab.experiment()["spec"]["replicates"] = 1  # as if another release made less of the same spec

    await lab.run()

    assert lab.condition("Failed")["reason"] == "Superseded"
    assert lab.leftovers() == set()
    lab.submit("next", replicates=1)
    assert (await lab.run("next"))["phase"] == "Succeeded"


async def test_two_pods_that_claim_the_same_share_of_the_load_void_the_trial():
    log = generator_log(run="any")
    lab = Laboratory(log=log)
    lab.submit(replicates=1, variants=[{"name": "sync"}], load={"parallelism": 2})

    await lab.run()

    # Two pods that claim the same segment are refused: the merged load would not be the planned.
    assert lab.trials()[f"{CHILD}-001"]["status"]["reason"] == "NoResult"
