"""Who is ahead of whom: what can no longer run holds up nobody."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from loadlab.base.times import rfc3339
from loadlab.kube.api import Kind, Page
from loadlab.kube.errors import RefusedError
from loadlab.kube.hints import Hints
from loadlab.kube.standing import standing_of
from loadlab.progress.admission import QUEUE_RESYNC
from loadlab.progress.conditions import RESYNC
from loadlab.progress.observed import NOBODY_AHEAD, Place
from tests.reconcile.laboratory import CHILD, Laboratory


async def test_a_namespace_that_refuses_to_be_read_holds_up_no_other(monkeypatch):
    """It was deleted, and the Role in it went first."""
    lab = Laboratory()
    lab.submit(replicates=1)
    whole = lab.cluster.pages

    def refusing(kind: Kind, namespace: str | None, labels: dict[str, str]) -> AsyncIterator[Page]:
        if namespace == "gone":
            raise RefusedError("GET loadexperiments: 403 forbidden")
        return whole(kind, namespace, labels)

    monkeypatch.setattr(lab.cluster, "pages", refusing)
    lab.forgetful = False
    lab.operator = replace(lab.operator, namespaces=("gone", "lab"))

    assert (await lab.run())["phase"] == "Succeeded"


@pytest.mark.parametrize("begun", ["Preparing", "Running"])
async def test_one_that_is_deleted_and_held_is_cleared_away_before_the_next_begins(begun: str):
    """Two would run at once; and it would hold the queue for ever if nothing ended it."""
    lab = Laboratory()
    lab.submit("held")
    while lab.status("held").get("phase") != begun or not lab.cluster.of_kind(Kind.POD):
        await lab.step("held")
    lab.submit("next", replicates=1)
    lab.experiment("held")["metadata"]["deletionTimestamp"] = rfc3339(lab.now)
    lab.experiment("held")["metadata"]["finalizers"] = ["example.com/never"]
    deleted = lab.now
    await lab.reconcile("next")
    waits_for = lab.status("next")["waitsFor"]

    status = await lab.run("held")
    await lab.reconcile("next")

    assert waits_for == "LoadExperiment lab/held"
    assert (status["phase"], lab.condition("Finished", "held")["reason"]) == (
        "Terminated",
        "Terminated",
    )
    assert "a finalizer holds it" in lab.condition("Finished", "held")["message"]
    assert lab.cluster.of_kind(Kind.POD) == {}
    assert lab.now - deleted <= 10
    assert lab.status("next")["phase"] == "Preparing"


async def test_one_that_is_deleted_while_it_waits_is_ahead_of_nobody():
    lab = Laboratory()
    lab.submit("held")
    lab.experiment("held")["metadata"]["deletionTimestamp"] = rfc3339(lab.now)
    lab.submit("next", replicates=1)
    await lab.reconcile("held")
    await lab.reconcile("next")

    assert lab.status("held") == {}
    assert lab.status("next")["phase"] == "Preparing"


async def test_who_waits_for_one_that_has_not_begun_looks_again_soon():
    """Two may each see the other ahead: a finished one was deleted between their looks."""
    lab = Laboratory()
    lab.submit("next", replicates=1)
    other = Place(1, "LoadExperiment other/first")
    begun = Place(1, "LoadExperiment other/first", is_under_way=True)

    assert await lab.reconcile("next", Hints(place=other, alone=False)) == RESYNC
    assert await lab.reconcile("next", Hints(place=replace(other, ahead=9))) == 9 * RESYNC
    assert await lab.reconcile("next", Hints(place=begun, alone=False)) == QUEUE_RESYNC


@pytest.mark.parametrize("ahead", [0, 1])
async def test_one_that_is_suspended_is_not_looked_at_again_and_again(ahead: int):
    lab = Laboratory()
    lab.submit("held", suspend=True)
    place = Place(ahead, "LoadExperiment other/first" if ahead else "")

    assert await lab.reconcile("held", Hints(place=place)) == QUEUE_RESYNC


async def test_a_turn_counts_though_its_experiment_was_deleted():
    lab = Laboratory()
    lab.submit("again", replicates=1)
    lab.submit("came", replicates=1)
    came = lab.cluster.objects.pop((Kind.EXPERIMENT, "lab", "came"))
    came["metadata"]["namespace"] = "other"
    lab.cluster.objects[Kind.EXPERIMENT, "other", "came"] = came
    over = replace(standing_of(lab.experiment("again")), uid="gone", phase="Succeeded")
    turn = replace(over, started=rfc3339(lab.now + 90), ended=rfc3339(lab.now + 99))

    await lab.reconcile("again", Hints(former=(turn,)))
    waits_for = lab.status("again")["waitsFor"]
    await lab.reconcile("again")

    assert waits_for == "LoadExperiment other/came"
    assert lab.status("again")["phase"] == "Preparing"


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
    assert lab.status()["waitsFor"].startswith(f"LoadTrial {CHILD}-")
    assert "of a former experiment of this name" in lab.status()["waitsFor"]

    for name in lab.trials():
        del lab.cluster.objects[Kind.TRIAL, "lab", name]
    assert (await lab.run())["phase"] == "Succeeded"


async def test_a_namesake_waits_for_orphans_a_minute_and_no_longer():
    lab = Laboratory()
    lab.submit()
    await lab.run()
    del lab.cluster.objects[Kind.EXPERIMENT, "lab", "exp"]
    lab.submit(replicates=1)
    lab.experiment()["metadata"] |= {"uid": "uid-of-the-namesake"}
    lab.experiment()["metadata"] |= {"creationTimestamp": rfc3339(lab.now)}

    assert await lab.reconcile() == 5
    lab.now += 58
    assert await lab.reconcile() == pytest.approx(2, abs=1)
    assert lab.status()["phase"] == "Pending"
    lab.now += 3

    assert (await lab.run())["phase"] == "Succeeded"
    assert len(lab.trials()) == 4 + 2


async def test_what_is_waited_for_stands_in_the_status_and_goes_when_it_begins():
    lab = Laboratory()
    lab.submit("first", replicates=1)
    lab.submit("second", replicates=1)
    await lab.reconcile("first")
    await lab.reconcile("second")

    assert lab.status("second")["waitsFor"] == "LoadExperiment lab/first"
    assert lab.condition("Reconciling", "second")["message"] == (
        "waits for LoadExperiment lab/first"
    )
    await lab.run("first")
    await lab.reconcile("second")
    assert "waitsFor" not in lab.status("second")


async def test_a_suspended_one_says_so():
    lab = Laboratory()
    lab.submit(suspend=True)

    await lab.reconcile()

    assert lab.status()["waitsFor"] == "spec.suspend"


async def test_one_whose_requests_are_refused_is_ahead_of_nobody(monkeypatch):
    lab = Laboratory()
    lab.submit("held")
    lab.submit("next", replicates=1)
    with monkeypatch.context() as forbidden:
        forbidden.setattr(lab.cluster, "list", refused)
        await lab.reconcile("held")
    assert lab.condition("Stalled", "held")["reason"] == "RequestRefused"

    assert (await lab.run("next"))["phase"] == "Succeeded"
    assert (await lab.run("held"))["phase"] == "Succeeded"


async def refused(*_: object) -> object:
    raise RefusedError("GET jobs: 403 forbidden")


BESIDE_OTHERS = Hints(place=Place(1, "LoadExperiment lab/other"), alone=False)


async def test_one_that_waits_is_accepted_beside_other_passes():
    lab = Laboratory()
    lab.submit()

    await lab.reconcile(hints=BESIDE_OTHERS)

    assert (lab.status()["phase"], lab.status()["queuePosition"]) == ("Pending", 1)


@pytest.mark.parametrize("phase", ["Preparing", "Running", "Succeeded"])
async def test_what_has_begun_meanwhile_is_left_to_a_pass_of_its_own(phase):
    lab = Laboratory()
    lab.submit()
    lab.experiment()["status"] = {"phase": phase}

    assert await lab.reconcile(hints=BESIDE_OTHERS) == 0
    assert lab.status() == {"phase": phase}


async def test_one_that_was_resumed_meanwhile_begins_in_a_pass_of_its_own():
    lab = Laboratory()
    lab.submit()

    assert await lab.reconcile(hints=Hints(place=NOBODY_AHEAD, alone=False)) == 0
    assert "phase" not in lab.status()
    await lab.reconcile()
    assert lab.status()["phase"] == "Preparing"
