"""Who is ahead of whom: what can no longer run holds up nobody."""

from loadlab.kube.api import Kind
from tests.reconcile.laboratory import Laboratory


async def test_the_queue_moves_past_one_that_is_being_deleted():
    lab = Laboratory()
    lab.submit("held")
    for _ in range(3):
        await lab.step("held")
    lab.submit("next", replicates=1)
    await lab.reconcile("next")
    assert lab.status("next")["queuePosition"] == 1

    lab.experiment("held")["metadata"]["deletionTimestamp"] = "a finalizer of somebody's holds it"
    await lab.reconcile("next")

    assert lab.status("next")["phase"] == "Preparing"


async def test_a_phase_of_another_release_breaks_no_other_experiments_pass():
    lab = Laboratory()
    lab.submit("strange")
    lab.experiment("strange")["status"] = {"phase": "Paused"}
    lab.submit("next", replicates=1)

    await lab.reconcile("next")

    assert (lab.status("next")["phase"], lab.status("next")["queuePosition"]) == ("Pending", 1)


async def test_a_namesake_waits_until_the_former_experiments_children_are_gone():
    lab = Laboratory()
    lab.submit()
    await lab.run()
    del lab.cluster.objects[Kind.EXPERIMENT, "lab", "exp"]
    lab.submit()
    lab.experiment()["metadata"]["uid"] = "uid-of-the-namesake"

    await lab.reconcile()
    assert lab.status()["phase"] == "Pending"

    for name in lab.trials():
        del lab.cluster.objects[Kind.TRIAL, "lab", name]
    assert (await lab.run())["phase"] == "Succeeded"
