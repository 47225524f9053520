"""Stores, data set and steward may vanish between or under the trials: they are built again."""

import asyncio

import pytest

from loadlab.base.names import COMPONENT_LABEL
from loadlab.base.times import rfc3339
from loadlab.kube.api import Kind
from tests.manifests import Json
from tests.reconcile.fake_kubernetes import Key
from tests.reconcile.laboratory import CHILD, Laboratory

SPEC: Json = {"replicates": 1}
FIRST_RUN = (Kind.JOB, "lab", f"{CHILD}-001-a1-k6")
POSTGRES_POD = (Kind.POD, "lab", f"{CHILD}-postgres-pod")


async def run_until_the_first_trial(lab: Laboratory) -> None:
    lab.submit(**SPEC, timeouts={"prepare": "30s"})
    while FIRST_RUN not in lab.cluster.objects:
        await lab.step()


def times_created(lab: Laboratory, name: str) -> int:
    return lab.cluster.calls.count(f"create JOB {name}")


async def test_a_replaced_postgres_pod_spoils_the_run_and_is_filled_again():
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    del lab.cluster.objects[POSTGRES_POD]
    while lab.condition("InfrastructureReady")["status"] == "True":
        await lab.step()
    assert (
        "its data with it; the next trial waits" in lab.condition("InfrastructureReady")["message"]
    )
    while f"{CHILD}-002" not in lab.trials():
        await lab.step()
    assert lab.condition("InfrastructureReady")["status"] == "True"

    status = await lab.run()

    assert (status["phase"], status["trials"]["succeeded"]) == ("Succeeded", 2)
    [former] = lab.trials()[f"{CHILD}-001"]["status"]["formerAttempts"]
    assert former["reason"] == "StoreRestarted"
    assert former["message"] == "postgres was deleted or replaced during the run"
    assert times_created(lab, f"{CHILD}-dataset") >= 2
    assert lab.leftovers() == set()


@pytest.mark.parametrize(
    "key",
    [
        (Kind.STATEFUL_SET, "lab", f"{CHILD}-postgres"),
        (Kind.DEPLOYMENT, "lab", f"{CHILD}-steward"),
        (Kind.SERVICE, "lab", f"{CHILD}-postgres"),
        (Kind.SERVICE, "lab", f"{CHILD}-steward"),
    ],
    ids=["postgres", "steward", "the Service of postgres", "the Service of the steward"],
)
async def test_a_part_deleted_by_hand_comes_back(key):
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    lab.cluster.objects[key]["metadata"]["deletionTimestamp"] = rfc3339(lab.now)

    status = await lab.run()

    assert (status["phase"], status["trials"]["succeeded"]) == ("Succeeded", 2)
    [former] = lab.trials()[f"{CHILD}-001"]["status"]["formerAttempts"]
    assert (former["reason"], key[2].removeprefix(f"{CHILD}-") in former["message"]) == (
        "InfrastructureLost",
        True,
    )


async def test_no_trial_starts_while_a_store_is_not_ready_and_the_status_says_why():
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    lab.cluster.fault_of = lambda pod: (
        {"phase": "Running"} if pod["metadata"]["labels"][COMPONENT_LABEL] == "postgres" else None
    )
    while lab.condition("InfrastructureReady")["status"] == "True":
        await lab.step()

    assert lab.condition("InfrastructureReady")["reason"] == "InfrastructureLost"
    assert "not ready; the next trial waits" in lab.condition("InfrastructureReady")["message"]
    assert f"{CHILD}-002" not in lab.trials()
    lab.cluster.fault_of = lambda _: None
    for pod in lab.cluster.of_kind(Kind.POD).values():
        pod["status"] = {"phase": "Pending"}
    assert (await lab.run())["phase"] == "Succeeded"


async def test_a_suspended_experiment_builds_again_and_waits():
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    del lab.cluster.objects[POSTGRES_POD]
    lab.experiment()["spec"]["suspend"] = True
    for _ in range(40):  # longer than timeouts.prepare
        await lab.step()
    assert (lab.status()["phase"], lab.status()["progress"]) == ("Running", "0/2")
    assert lab.condition("InfrastructureReady")["status"] == "True"
    stalled = lab.condition("Stalled")
    assert (stalled["status"], stalled["reason"]) == ("True", "Suspended")
    assert "others wait for it, until timeouts.total of 2h" in stalled["message"]

    lab.experiment()["spec"]["suspend"] = False

    assert (await lab.run())["phase"] == "Succeeded"


async def test_a_store_that_does_not_come_back_ends_the_experiment_with_its_reason():
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    del lab.cluster.objects[POSTGRES_POD]
    waiting = {"waiting": {"reason": "ImagePullBackOff"}}
    lab.cluster.fault_of = lambda pod: (
        {"phase": "Pending", "containerStatuses": [{"state": waiting}]}
        if pod["metadata"]["labels"][COMPONENT_LABEL] == "postgres"
        else None
    )

    status = await lab.run()

    assert status["phase"] == "Failed"
    assert lab.condition("Failed")["reason"] == "ImagePullFailed"
    assert lab.leftovers() == set()


async def strike_in_the_first_trial(lab: Laboratory) -> int:
    """Run to the end; as soon as the first run is there, Postgres' pod is gone.

    Return how many requests had been made by then.
    """
    lab.submit(**SPEC)
    struck = 0
    while not lab.is_finished():
        await lab.step()
        if not struck and FIRST_RUN in lab.cluster.objects:
            del lab.cluster.objects[POSTGRES_POD]
            struck = len(lab.cluster.calls)
    return struck


CALM = Laboratory()
STRUCK = asyncio.run(strike_in_the_first_trial(CALM))
REBUILT = CALM.cluster.calls.index(f"create JOB {CHILD}-001-a2-k6")


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
def test_the_operator_may_die_at_any_request_of_the_rebuilding(after_effect):
    """What comes before and after is in test_crash."""
    for call in range(STRUCK, REBUILT + 1):
        request = CALM.cluster.calls[call]
        if request.startswith(("get", "list", "logs")):
            continue  # to die at a read is to die after the last write
        lab = Laboratory()
        lab.cluster.crash_at, lab.cluster.crash_after_effect = call, after_effect

        asyncio.run(strike_in_the_first_trial(lab))

        assert lab.cluster.crash_at is None, f"request {call} was never made"
        assert lab.status()["phase"] == "Succeeded", f"died at request {call}: {request}"
        assert lab.status()["trials"] == CALM.status()["trials"]
        assert times_created(lab, f"{CHILD}-dataset") >= 2
        assert lab.leftovers() == set()


async def until_the_dataset_is_loading(lab: Laboratory) -> None:
    loading: Json = {"phase": "Running"}
    lab.cluster.fault_of = lambda pod: (
        loading if pod["metadata"]["labels"][COMPONENT_LABEL] == "dataset" else None
    )
    keys = [(Kind.JOB, "lab", f"{CHILD}-dataset"), (Kind.POD, "lab", f"{CHILD}-dataset-0-pod")]
    while not all(stays(lab, key) for key in keys):
        await lab.step()


def stays(lab: Laboratory, key: Key) -> bool:
    found = lab.cluster.objects.get(key)
    return found is not None and not found["metadata"].get("deletionTimestamp")


def fail_the_loading(lab: Laboratory) -> None:
    """Both tries of the Job ended with their connection."""
    job = lab.cluster.of_kind(Kind.JOB)[f"{CHILD}-dataset"]
    job["status"] = {"conditions": [{"type": "Failed", "status": "True", "message": "Backoff"}]}


@pytest.mark.parametrize("seen", ["when it is gone", "when it is back"])
async def test_postgres_may_be_lost_twice_while_it_is_loaded(seen):
    lab = Laboratory()
    lab.submit(**SPEC)
    for _ in range(2):
        await until_the_dataset_is_loading(lab)
        del lab.cluster.objects[POSTGRES_POD]
        fail_the_loading(lab)
        if seen == "when it is back":
            lab.cluster.tick()
        while stays(lab, (Kind.JOB, "lab", f"{CHILD}-dataset")):
            await lab.step()
            assert lab.status()["phase"] == "Preparing"
    lab.cluster.fault_of = lambda _: None

    status = await lab.run()

    assert (status["phase"], status["trials"]["succeeded"]) == ("Succeeded", 2)
    assert times_created(lab, f"{CHILD}-dataset") == 3
    assert lab.leftovers() == set()


async def test_postgres_whose_first_start_was_cut_short_begins_anew():
    """Its node was lost: the data directory is there, and half of what makes it usable is not."""
    lab = Laboratory()
    lab.submit(**SPEC)
    await until_the_dataset_is_loading(lab)
    lost = {"terminated": {"exitCode": 255, "reason": "Unknown"}}
    again: Json = {"name": "postgres", "ready": True, "state": {"running": {}}}
    again |= {"lastState": lost, "restartCount": 1}
    lab.cluster.objects[POSTGRES_POD]["status"] |= {"containerStatuses": [again]}
    lab.cluster.fault_of = lambda _: None

    status = await lab.run()

    assert (status["phase"], status["trials"]["succeeded"]) == ("Succeeded", 2)
    assert f"delete POD {POSTGRES_POD[2]}" in lab.cluster.calls
    assert times_created(lab, f"{CHILD}-dataset") == 2


async def test_postgres_that_restarts_while_it_is_loaded_says_why():
    lab = Laboratory()
    lab.submit(**SPEC)
    await until_the_dataset_is_loading(lab)
    killed = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
    running: Json = {"name": "postgres", "state": {"running": {}}}
    restarted = running | {"lastState": killed, "restartCount": 2}
    lab.cluster.objects[POSTGRES_POD]["status"] |= {"containerStatuses": [restarted]}
    fail_the_loading(lab)

    await lab.run()

    assert lab.condition("Failed")["reason"] == "DatasetFailed"
    assert "raise spec.resources.postgres.memory" in lab.condition("Failed")["message"]


async def test_a_service_of_the_run_that_somebody_deleted_spoils_the_attempt():
    """New connections found no address, and its service had been blamed for it."""
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    del lab.cluster.objects[Kind.SERVICE, "lab", f"{CHILD}-001-a1"]

    assert (await lab.run())["phase"] == "Succeeded"
    [former] = lab.trials()[f"{CHILD}-001"]["status"]["formerAttempts"]
    assert former["reason"] == "InfrastructureLost"
    assert former["message"] == f"the Service {CHILD}-001-a1 was deleted during the run"
