"""Pilot trials that others spoiled, that were lost, or that told nothing."""

from loadlab.kube.api import Kind
from tests.reconcile.laboratory import CHILD, Laboratory
from tests.reconcile.test_compare import LOAD, laboratory, loads, submit


async def test_a_spoiled_pilot_is_repeated_as_a_measured_trial_would_be():
    lab = laboratory(spoiled=("-p001-a1",))
    submit(lab)

    status = await lab.run()

    assert [run for run in lab.cluster.finished_runs if "-p001" in run] == [
        f"{CHILD}-p001-a1",
        f"{CHILD}-p001-a2",
    ]
    assert status["phase"] == "Succeeded"
    assert lab.condition("Quiet")["reason"] == "NoneSpoiled"


async def test_what_others_left_of_a_pilot_makes_no_tier_of_its_own():
    lab = laboratory(sync=600, other=3000, spoiled=("-p001-a1",))
    lab.submit(load=LOAD, successCriteria=[], retry={"attempts": 1})

    status = await lab.run()

    found = loads(status).values()
    assert lab.trials()[f"{CHILD}-p001"]["status"]["reason"] == "ForeignCpu"
    assert {tier for _, _, tier in found} == {1}
    assert len({rate for _, rate, _ in found}) == 1
    assert sum(carries is None for carries, _, _ in found) == 1


async def test_one_lost_pilot_leaves_its_cell_with_the_rate_of_the_slowest():
    lab = laboratory()
    lab.submit(load=LOAD, successCriteria=[], retry={"attempts": 1})
    while (Kind.JOB, "lab", f"{CHILD}-p001-a1-k6") not in lab.cluster.objects:
        await lab.step()
    del lab.cluster.objects[Kind.JOB, "lab", f"{CHILD}-p001-a1-k6"]

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    assert sum(carries is None for carries, _, _ in loads(status).values()) == 1
    assert sum("capacity" in row for row in status["results"]) == 1


async def test_without_any_pilot_the_experiment_fails_with_the_reason():
    lab = Laboratory(log="nothing")
    submit(lab)

    status = await lab.run()

    assert (status["phase"], status["progress"]) == ("Failed", "0/4")
    assert lab.condition("Failed")["reason"] == "PilotsFailed"
    assert lab.leftovers() == set()


async def test_a_node_that_lets_no_pilot_through_is_not_quiet():
    lab = laboratory(spoiled=("-p001-a1", "-p002-a1"))
    lab.submit(load=LOAD, successCriteria=[], retry={"attempts": 1})

    status = await lab.run()

    failed = lab.condition("Failed")
    assert (status["phase"], failed["reason"]) == ("Failed", "NotQuiet")
    assert lab.condition("Quiet")["status"] == "False"
    assert "no pilot trial came to a usable result; the last: others used" in failed["message"]
    assert "choose another node" in failed["message"]
