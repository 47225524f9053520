"""Trials that are over are read once, and remembered until the operator ends or a doubt comes."""

import pytest

from loadlab.base.names import children_name
from loadlab.kube.api import Kind
from loadlab.kube.finished import FinishedTrials
from loadlab.model.resources import Experiment
from tests.reconcile.fake_cluster import FakeCluster
from tests.reconcile.laboratory import CHILD, Laboratory

SECOND = children_name("exp", "uid-second")
DELETED = {"type": "DELETED"}


async def until_over(lab: Laboratory, trial: str) -> None:
    while lab.trials().get(trial, {}).get("status", {}).get("phase") != "Succeeded":
        await lab.step()


async def test_a_sweep_lists_its_trials_once_while_it_runs():
    lab = Laboratory(forgetful=False)
    lab.submit(replicates=6)
    await until_over(lab, f"{CHILD}-001")
    before = len(lab.cluster.calls)

    await until_over(lab, f"{CHILD}-012")

    assert "list TRIAL" not in lab.cluster.calls[before:]


async def test_a_pass_reads_the_trial_under_way_and_no_other():
    lab = Laboratory(forgetful=False)
    lab.submit(replicates=6)
    await until_over(lab, f"{CHILD}-005")
    while lab.trials().get(f"{CHILD}-006", {}).get("status", {}).get("phase") != "Running":
        await lab.step()
    before = len(lab.cluster.calls)

    await lab.reconcile()

    assert [c for c in lab.cluster.calls[before:] if "TRIAL" in c] == [f"get TRIAL {CHILD}-006"]


async def test_a_finished_trial_that_was_deleted_is_run_again():
    lab = Laboratory(forgetful=False)
    lab.submit()
    await until_over(lab, f"{CHILD}-002")
    del lab.cluster.objects[Kind.TRIAL, "lab", f"{CHILD}-001"]
    assert lab.operator.finished.handle_event(DELETED)

    status = await lab.run()

    assert status["progress"] == "4/4"
    assert [row["replicates"]["valid"] for row in status["results"]] == [2, 2]
    assert lab.cluster.finished_runs.count(f"{CHILD}-001-a1") == 2


@pytest.mark.parametrize("type_", ["ADDED", "MODIFIED", "BOOKMARK"])
def test_only_a_deletion_asks_for_a_pass(type_):
    assert not FinishedTrials().handle_event({"type": type_})


async def test_a_deletion_told_while_the_trials_are_listed_is_not_lost():
    """The list may be older than the deletion: nothing of it may be remembered."""
    lab = Laboratory()
    lab.submit()
    await until_over(lab, f"{CHILD}-001")
    finished = FinishedTrials()
    experiment = Experiment.model_validate(lab.experiment())

    class Deleting(FakeCluster):
        async def list(self, *_):
            found = list(lab.trials().values())
            del lab.cluster.objects[Kind.TRIAL, "lab", f"{CHILD}-001"]
            finished.handle_event(DELETED)
            return found

    await finished.read(Deleting(log_of=lambda _: ""), experiment)

    assert f"{CHILD}-001" not in await finished.read(lab.cluster, experiment)


async def test_a_new_experiment_of_the_same_name_inherits_nothing():
    lab = Laboratory(forgetful=False)
    lab.submit()
    await until_over(lab, f"{CHILD}-001")
    lab.cluster.objects.clear()
    lab.submit()
    lab.experiment()["metadata"]["uid"] = "uid-second"

    status = await lab.run()

    assert status["progress"] == "4/4"
    assert lab.cluster.finished_runs.count(f"{SECOND}-001-a1") == 1
