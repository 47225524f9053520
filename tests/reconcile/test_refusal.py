"""A release that refuses what another one began clears it away, says why, and the queue moves."""

import pytest

from loadlab.kube.api import Kind
from tests.reconcile.laboratory import CHILD, Laboratory

BEGUN = {
    "preparing": (Kind.STATEFUL_SET, "lab", f"{CHILD}-postgres"),
    "first run": (Kind.JOB, "lab", f"{CHILD}-001-a1-k6"),
    "third run": (Kind.JOB, "lab", f"{CHILD}-003-a1-k6"),
}
REFUSED = {
    "a plan that is refused": ({"maxTrials": 3}, "TooManyTrials"),
    "a spec that cannot be read": ({"colour": "red"}, "InvalidSpec"),
}


@pytest.mark.parametrize("moment", BEGUN.values(), ids=BEGUN.keys())
@pytest.mark.parametrize(("change", "reason"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_was_begun_is_gone_before_the_next_one_starts(change, reason, moment):
    lab = Laboratory()
    lab.submit()
    while moment not in lab.cluster.objects:
        await lab.step()
    lab.submit("next", replicates=1)
    lab.experiment()["spec"] |= change

    await lab.reconcile("next")
    assert lab.status("next")["phase"] == "Pending"
    status = await lab.run()

    assert (status["phase"], lab.condition("Failed")["reason"]) == ("Failed", reason)
    assert status["trials"]["planned"] == 4
    assert lab.leftovers() == set()
    assert (await lab.run("next"))["phase"] == "Succeeded"


async def test_one_that_was_already_summing_up_is_cleared_too():
    lab = Laboratory()
    lab.submit()
    while lab.status().get("phase") != "Analyzing":
        await lab.step()
    lab.experiment()["spec"]["maxTrials"] = 3

    status = await lab.run()

    assert (status["phase"], lab.condition("Failed")["reason"]) == ("Failed", "TooManyTrials")
    assert status["trials"]["succeeded"] == 4
    assert lab.leftovers() == set()


@pytest.mark.parametrize(
    ("strange", "says"),
    [
        ({"phase": "Paused"}, "phase: "),
        ({"results": "many"}, "results: "),
        ({"trials": 4}, "trials"),
    ],
)
async def test_a_status_of_another_release_ends_in_words(strange, says):
    lab = Laboratory()
    lab.submit()
    while BEGUN["first run"] not in lab.cluster.objects:
        await lab.step()
    lab.experiment()["status"] |= strange
    lab.submit("next", replicates=1)

    status = await lab.run()

    failed = lab.condition("Failed")
    assert (status["phase"], failed["reason"]) == ("Failed", "Superseded")
    assert says in failed["message"]
    assert lab.leftovers() == set()
    assert (await lab.run("next"))["phase"] == "Succeeded"


async def test_what_is_over_stays_as_it_is_whatever_a_release_thinks_of_its_spec():
    lab = Laboratory()
    lab.submit(replicates=1)
    status = (await lab.run()) | {"results": "in a shape of another release"}
    lab.experiment()["spec"]["colour"] = "red"
    lab.status()["results"] = "in a shape of another release"

    assert await lab.reconcile() is None
    assert lab.status() == status


@pytest.mark.parametrize(
    ("part", "strange", "says"),
    [
        ("status", {"phase": "Paused"}, "status.phase: "),
        ("status", {"timings": "soon"}, "status.timings: "),
        ("spec", {"replicate": "first"}, "spec.replicate: "),
    ],
)
async def test_a_trial_of_another_release_ends_its_experiment_in_words(part, strange, says):
    lab = Laboratory()
    lab.submit()
    while BEGUN["third run"] not in lab.cluster.objects:
        await lab.step()
    lab.cluster.objects[Kind.TRIAL, "lab", f"{CHILD}-003"][part] |= strange
    lab.submit("next", replicates=1)

    status = await lab.run()

    failed = lab.condition("Failed")
    assert (status["phase"], failed["reason"]) == ("Failed", "Superseded")
    assert f"{CHILD}-003: " in failed["message"]
    assert says in failed["message"]
    assert lab.leftovers() == set()
    assert (await lab.run("next"))["phase"] == "Succeeded"


async def test_one_that_the_plan_refused_deletes_itself_in_its_time():
    lab = Laboratory()
    lab.submit(maxTrials=3, ttlStrategy={"secondsAfterFailure": 60})
    assert (await lab.run())["phase"] == "Failed"

    assert await lab.reconcile() == pytest.approx(60, abs=2)
    lab.now += 61
    await lab.reconcile()

    assert lab.experiment()["metadata"]["deletionTimestamp"]
