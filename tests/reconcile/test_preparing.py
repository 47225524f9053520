"""Preparing: how far the data set is loaded is shown, and why it was not is said."""

import pytest

from loadlab.base.names import COMPONENT_LABEL
from loadlab.kube.api import Kind, Manifest
from loadlab.kube.hints import Hints
from loadlab.kube.pods import view_job
from loadlab.model.status import Preparation
from tests.reconcile.laboratory import CHILD, SECRET, Laboratory

LOG = "dataset: waiting for Postgres\ndataset: failed: password authentication failed for me\n"
ENDED = {"terminated": {"exitCode": 1, "reason": "Error", "message": LOG}}
FAILED_POD = {"phase": "Failed", "containerStatuses": [{"state": ENDED}]}
TOLD = "the data set was not loaded: password authentication failed for me"
EXISTING = {"mode": "Existing", "secretRef": {"name": "shop"}}
FIRST, SECOND, LATER = (f"2027-01-15T08:00:0{second}Z" for second in (3, 5, 7))
HALF = Preparation(step="load orders", percent=50, message="2 of 4 rows")


def dataset_is(lab: Laboratory, status: Manifest) -> None:
    """Let the pod of the data set's Job be in this state and stay in it."""
    lab.cluster.fault_of = lambda pod: (
        status if pod["metadata"]["labels"][COMPONENT_LABEL] == "dataset" else None
    )


async def until_the_dataset_is_loading(lab: Laboratory) -> Hints:
    """Step until the Job's pod is there and running; return what a followed log would say."""
    dataset_is(lab, {"phase": "Running"})
    while not (pod := lab.cluster.of_kind(Kind.POD).get(f"{CHILD}-dataset-0-pod")):
        await lab.step()
    await lab.step()
    return Hints(preparations={pod["metadata"]["uid"]: HALF})


async def test_how_far_the_data_set_is_loaded_is_shown_and_the_last_of_it_stays():
    lab = Laboratory()
    lab.submit()
    hints = await until_the_dataset_is_loading(lab)
    assert "preparation" not in lab.status()

    await lab.reconcile(hints=hints)
    assert lab.status()["preparation"] == HALF.dump()
    calls = len(lab.cluster.calls)
    await lab.reconcile(hints=hints)
    assert not [c for c in lab.cluster.calls[calls:] if c.startswith("patch_status")]

    lab.cluster.fault_of = lambda _: None
    assert (await lab.run())["phase"] == "Succeeded"
    assert lab.status()["preparation"] == HALF.dump()


async def test_trials_begin_when_the_data_are_loaded_and_not_only_when_the_job_says_so():
    lab = Laboratory()
    lab.submit()
    await lab.reconcile()
    while lab.status()["phase"] != "Running":
        lab.cluster.tick()
        await lab.reconcile()

    assert "status" not in lab.cluster.of_kind(Kind.JOB)[f"{CHILD}-dataset"]
    assert (await lab.run())["phase"] == "Succeeded"


def ended(uid: str, exit_code: int, moment: str) -> Manifest:
    """A pod of the Job with this uid; its phase follows later."""
    state = {"terminated": {"exitCode": exit_code, "finishedAt": moment}}
    terminated = {"name": "dataset", "state": state}
    return {
        "metadata": {
            "name": f"{CHILD}-dataset-x",
            "labels": {COMPONENT_LABEL: "dataset"},
            "ownerReferences": [{"uid": uid, "controller": True}],
        },
        "spec": {"containers": [{"name": "dataset", "image": "services:1"}]},
        "status": {"phase": "Running", "containerStatuses": [terminated]},
    }


@pytest.mark.parametrize(
    ("pods", "is_done"),
    [
        ([ended("a", 0, FIRST)], True),
        ([ended("a", 1, FIRST), ended("a", 0, SECOND)], True),
        ([ended("a", 1, FIRST)], False),
        ([ended("b", 0, FIRST)], False),  # of the Job that was there before
    ],
)
def test_a_job_is_done_once_its_own_pod_has_succeeded(pods, is_done):
    job = {"metadata": {"name": f"{CHILD}-dataset", "uid": "a"}, "spec": {"completions": 1}}
    said = {"conditions": [{"type": "Complete", "status": "True"}], "completionTime": LATER}

    assert view_job(job, pods).complete is is_done
    assert view_job(job | {"status": said}, pods).complete


async def test_a_jobs_termination_message_is_the_conditions_message():
    lab = Laboratory()
    lab.submit(postgres=EXISTING)
    await until_the_dataset_is_loading(lab)
    dataset_is(lab, FAILED_POD)
    lab.cluster.tick()
    failed = {"type": "Failed", "status": "True", "message": "BackoffLimitExceeded"}
    lab.cluster.of_kind(Kind.JOB)[f"{CHILD}-dataset"]["status"] = {"conditions": [failed]}

    assert (await lab.run())["phase"] == "Failed"
    condition = lab.condition("Failed")
    assert (condition["reason"], condition["message"]) == ("DatasetFailed", TOLD)


async def test_a_job_that_failed_once_is_quoted_when_the_deadline_passes():
    lab = Laboratory()
    lab.submit(postgres=EXISTING, timeouts={"prepare": "20s"})
    await until_the_dataset_is_loading(lab)
    dataset_is(lab, FAILED_POD)

    assert (await lab.run(steps=60))["phase"] == "Failed"
    condition = lab.condition("Failed")
    assert (condition["reason"], condition["message"]) == ("DatasetFailed", TOLD)


async def test_a_deadline_that_is_too_short_for_the_data_set_says_how_far_it_came():
    lab = Laboratory()
    lab.submit(timeouts={"prepare": "20s"})
    hints = await until_the_dataset_is_loading(lab)
    lab.now += 20
    await lab.reconcile(hints=hints)

    condition = lab.condition("Failed")
    assert condition["reason"] == "DeadlineExceeded"
    assert condition["message"] == (
        "after 20s the data set was at 50 % (load orders); raise timeouts.prepare or lower "
        "postgres.scale"
    )


@pytest.mark.parametrize(
    ("variant", "made"), [("sync", {SECRET}), ("cached", {f"{CHILD}-redis", SECRET})]
)
async def test_with_an_existing_database_only_the_other_stores_are_made(variant, made):
    lab = Laboratory()
    lab.submit(postgres=EXISTING, variants=[{"name": variant}], replicates=1)
    await until_the_dataset_is_loading(lab)

    stores = {*lab.cluster.of_kind(Kind.STATEFUL_SET), *lab.cluster.of_kind(Kind.SECRET)}
    assert stores == made

    lab.cluster.fault_of = lambda _: None
    assert (await lab.run())["progress"] == "1/1"
    assert lab.leftovers() == set()
