"""Where nothing changes no event comes: the next pass is just after each deadline."""

import pytest

from loadlab.kube.api import Kind
from loadlab.kube.errors import RefusedError, UnavailableError
from loadlab.progress.clearing import CLEARING
from tests.reconcile.laboratory import CHILD, START, Laboratory
from tests.reconcile.test_trouble import FAULTS, fault_in

QUIET = 5.0  # seconds until a pass that no event causes
SLACK = 0.1


async def stuck(component: str, **timeouts: str) -> Laboratory:
    """An experiment that waits for a pod which never becomes ready."""
    lab = Laboratory()
    lab.submit(timeouts=timeouts, retry={"attempts": 2})
    lab.cluster.fault_of = fault_in(component, FAULTS["NeverReady"])
    for _ in range(12):
        await lab.step()
    assert not lab.is_finished()
    return lab


def started(lab: Laboratory) -> float:
    (trial,) = lab.trials().values()
    return float(trial["status"]["timings"]["started"])


async def test_a_service_that_is_not_ready_is_given_up_when_its_time_is_over():
    lab = await stuck("service", ready="30s")

    lab.now = started(lab) + 28
    assert await lab.reconcile() == pytest.approx(2, abs=SLACK)
    lab.now = started(lab) + 30.05
    assert await lab.reconcile() == 0  # the trial is given up, and the experiment ends at once
    assert await lab.reconcile() == 0
    assert lab.condition("Failed")["reason"] == "NeverReady"


async def test_far_from_a_deadline_the_watches_are_relied_upon():
    lab = await stuck("service", ready="60s")

    lab.now = started(lab) + 20

    assert await lab.reconcile() == QUIET


@pytest.mark.parametrize(
    ("timeouts", "reason"),
    [({"prepare": "30s"}, "NeverReady"), ({"total": "30s"}, "DeadlineExceeded")],
)
async def test_the_deadlines_of_the_experiment_are_looked_at_too(timeouts, reason):
    lab = await stuck("steward", **timeouts)

    lab.now = START + 29
    assert await lab.reconcile() == pytest.approx(
        1, abs=SLACK + 1
    )  # times in a status are whole seconds
    lab.now = START + 32
    assert await lab.reconcile() == 0
    assert lab.condition("Failed")["reason"] == reason


def unanswered(*_: object) -> None:
    raise UnavailableError("GET pods: 503 no answer")


@pytest.mark.parametrize(
    ("component", "timeouts", "says"),
    [
        ("steward", {"prepare": "30s"}, "timeouts.prepare of 30s has passed, and nothing can be"),
        ("steward", {"total": "30s"}, "timeouts.total of 30s has passed"),
        ("service", {"total": "30s"}, "timeouts.total of 30s has passed"),
    ],
)
async def test_deadlines_hold_while_nothing_can_be_looked_at(
    component, timeouts, says, monkeypatch
):
    lab = await stuck(component, **timeouts)
    with monkeypatch.context() as silent:
        silent.setattr(lab.cluster, "list", unanswered)
        lab.now = START + 25
        with pytest.raises(UnavailableError):
            await lab.reconcile()

        lab.now = START + 32
        await lab.reconcile()

    assert lab.status()["phase"] == "Analyzing"
    assert lab.condition("Failed")["reason"] == "DeadlineExceeded"
    assert says in lab.condition("Failed")["message"]
    assert (await lab.run())["phase"] == "Failed"
    assert lab.leftovers() == set()


def store_never_goes(lab: Laboratory) -> None:
    lab.cluster.never_goes = lambda name: name == f"{CHILD}-postgres-pod"


async def test_an_ending_waits_for_what_does_not_go_and_then_names_it():
    lab = Laboratory()
    lab.submit(replicates=1)
    store_never_goes(lab)
    lab.submit("next", replicates=1)
    while lab.status().get("phase") != "Analyzing":
        await lab.step()
    began = lab.now

    status = await lab.run()

    assert CLEARING <= lab.now - began < CLEARING + 5
    assert (status["phase"], status["trials"]["succeeded"]) == ("Succeeded", 2)
    assert len(status["results"]) == 2
    left = f"Pod {CHILD}-postgres-pod on node node-1 did not go within 120 s"
    assert left in lab.condition("Finished")["message"]
    assert "phaseStartTime" not in status
    assert (await lab.run("next"))["phase"] == "Succeeded"


@pytest.mark.parametrize("change", [{"maxTrials": 1}, {"colour": "red"}])
async def test_so_does_the_ending_of_one_that_is_refused(change):
    lab = Laboratory()
    lab.submit()
    while f"{CHILD}-001" not in lab.trials():
        await lab.step()
    store_never_goes(lab)
    lab.experiment()["spec"] |= change

    status = await lab.run()

    assert status["phase"] == "Failed"
    assert "postgres-pod on node node-1 did not go" in lab.condition("Failed")["message"]


@pytest.mark.parametrize("verb", ["list", "delete"])
async def test_what_may_not_be_looked_at_or_deleted_holds_up_no_ending(verb, monkeypatch):
    lab = Laboratory()
    lab.submit()
    while f"{CHILD}-001" not in lab.trials():
        await lab.step()
    whole = getattr(lab.cluster, verb)
    lab.experiment()["spec"]["terminate"] = True

    async def forbidden(kind: Kind, *arguments: object) -> object:
        if kind is Kind.JOB:
            raise RefusedError(f"{verb} jobs: 403 forbidden")
        return await whole(kind, *arguments)

    monkeypatch.setattr(lab.cluster, verb, forbidden)
    began = lab.now

    status = await lab.run(steps=300)

    assert status["phase"] in {"Failed", "Terminated"}
    assert "403 forbidden" in str(status["conditions"])
    assert lab.now - began < 200


async def test_a_run_that_does_not_go_ends_the_experiment_and_is_named():
    lab = Laboratory()
    lab.submit()
    lab.cluster.never_goes = lambda name: name.startswith(f"{CHILD}-001-a1") and "pod" in name
    lab.submit("next", replicates=1)

    status = await lab.run(steps=400)

    failed = lab.condition("Failed")
    assert (status["phase"], failed["reason"]) == ("Failed", "NotCleared")
    assert f"Pod {CHILD}-001-a1" in failed["message"]
    assert "did not go within 120 s" in failed["message"]
    assert status["trials"]["succeeded"] == 1
    assert (await lab.run("next"))["phase"] == "Succeeded"
