"""What ends or is started again in mid-run: its attempt counts for nothing."""

import re

import pytest

from loadlab.base.names import COMPONENT_LABEL
from loadlab.base.times import rfc3339
from loadlab.kube.api import Kind, Manifest
from tests.reconcile.laboratory import CHILD, START, Laboratory
from tests.reconcile.test_trouble import FAULTS, container, fault_in
from tests.reconcile.under_load import RUNS, under_load

KILLED = {"exitCode": 137, "reason": "OOMKilled"}
ENDED = {"exitCode": 137, "reason": "Error"}  # by a signal, and by whom nobody knows
UNSEEN = {"exitCode": 255, "reason": "Unknown"}  # its node was started again meanwhile
FAILED = {"exitCode": 1, "reason": "Error", "message": "Traceback ...\nValueError: no\n"}


def restarted(terminated: Manifest) -> Manifest:
    """A container that ended in mid-run, and is ready again."""
    ready = {"type": "Ready", "status": "True"}
    last = {"terminated": terminated | {"finishedAt": rfc3339(START + 9)}}
    return container({}, last, restarts=1) | {"conditions": [ready]}


def ended(terminated: Manifest) -> Manifest:
    """A container that ended a moment ago; its pod is not known to be unready yet."""
    ready = {"type": "Ready", "status": "True"}
    state = {"terminated": terminated | {"finishedAt": rfc3339(START + 9)}}
    return container(state) | {"conditions": [ready]}


BACKING_OFF = container(
    {"waiting": {"reason": "CrashLoopBackOff"}},
    {"terminated": KILLED | {"finishedAt": rfc3339(START + 9)}},
    restarts=3,
)


@pytest.mark.parametrize(
    ("component", "status", "reason", "says"),
    [
        (
            "service",
            restarted(FAILED),
            "ServiceCrashed",
            "itself .* code 1, ValueError: no",
        ),
        ("service", restarted(KILLED), "ServiceCrashed", "raise spec.resources.service.memory"),
        ("service", restarted(ENDED), "ServiceRestarted", "restarted .* code 137"),
        ("service", restarted(UNSEEN), "ServiceRestarted", "node-1 did not see its end"),
        ("service", restarted(ENDED | {"exitCode": 0}), "ServiceRestarted", "restarted .* code 0"),
        ("service", ended(FAILED), "ServiceCrashed", "the service ended .* code 1, ValueError"),
        ("postgres", restarted(KILLED), "StoreRestarted", "raise spec.resources.postgres.memory"),
        ("postgres", ended(FAILED), "StoreRestarted", "postgres ended during the run: exit code 1"),
    ],
)
async def test_what_restarted_in_mid_run_spoils_the_attempt(component, status, reason, says):
    """Also what ended a moment before the load did, and was not started again yet."""
    lab = Laboratory()
    lab.submit(replicates=1, variants=[{"name": "sync"}])
    lab.cluster.fault_of = under_load(lab, fault_in(component, status))
    while lab.trials().get(f"{CHILD}-001", {"status": {}})["status"].get("attempt") != 2:
        await lab.step()
    # The store's restart stays on its record; it was not in the run of the second attempt.
    lab.cluster.fault_of = fault_in("postgres", restarted(FAILED))

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    [record] = lab.trials()[f"{CHILD}-001"]["status"]["formerAttempts"]
    assert record["reason"] == reason
    assert re.search(says, record["message"])
    crashed = reason == "ServiceCrashed"
    (row,) = status["results"]
    assert (row.get("crashes"), status["verdict"]) == (
        (1, "Failed") if crashed else (None, "Passed")
    )
    assert row["reasons"][0].startswith("ServiceCrashed: in 1 of 2 attempts") is crashed


async def test_a_service_that_is_down_as_it_crashed_under_its_load_is_no_trouble_of_a_start():
    """Kubernetes waits ever longer before it starts it again: that had ended the experiment."""
    lab = Laboratory()
    lab.submit(replicates=1, variants=[{"name": "sync"}], timeouts={"ready": "5s"})
    faults = {"k6": RUNS}
    lab.cluster.fault_of = lambda pod: faults.get(pod["metadata"]["labels"][COMPONENT_LABEL])
    for _ in range(30):
        await lab.step()
        trial = lab.trials().get(f"{CHILD}-001", {"status": {}})["status"]
        if trial.get("attempt") == 2:
            break
        if trial.get("servers"):
            faults["service"] = BACKING_OFF
    lab.cluster.fault_of = fault_in("postgres", restarted(FAILED))

    status = await lab.run()

    [record] = lab.trials()[f"{CHILD}-001"]["status"]["formerAttempts"]
    assert record["reason"] == "ServiceCrashed"
    assert (status["phase"], status["verdict"]) == ("Succeeded", "Failed")


async def test_one_that_ended_only_while_it_started_is_no_crash_of_its_load():
    """Its pod was started again before it was ready; it is the generator that finds no room."""
    lab = Laboratory()
    lab.submit(replicates=1, variants=[{"name": "sync"}], timeouts={"ready": "5s"})
    faults = {"service": restarted(FAILED), "k6": FAULTS["Unschedulable"]}
    lab.cluster.fault_of = lambda pod: faults.get(pod["metadata"]["labels"][COMPONENT_LABEL])

    status = await lab.run()

    assert status["phase"] == "Failed"
    assert lab.condition("Failed")["reason"] == "Unschedulable"


RUN_LABEL = "loadlab.dev/run"


async def let_go(taken: tuple[str, ...], *, forgetful: bool) -> tuple[Laboratory, str]:
    """A service's pod of which somebody changed the labels in mid-run, to look at it in peace."""
    lab = Laboratory(forgetful=forgetful)
    lab.submit(replicates=1, variants=[{"name": "sync"}])
    while not servers(lab):  # it was seen while it was the experiment's
        await lab.step()
    (name,) = serving(lab)
    metadata = lab.cluster.of_kind(Kind.POD)[name]["metadata"]
    for label in taken:
        del metadata["labels"][label]
    if taken:
        metadata["ownerReferences"] = []
    return lab, name


def servers(lab: Laboratory) -> list[Manifest]:
    """What is written down of the pods that serve the first trial."""
    status = lab.trials().get(f"{CHILD}-001", {}).get("status") or {}
    return list(status.get("servers") or ())


def serving(lab: Laboratory) -> list[str]:
    pods = lab.cluster.of_kind(Kind.POD)
    part = "loadlab.dev/component"
    return [n for n, pod in pods.items() if pod["metadata"]["labels"].get(part) == "service"]


@pytest.mark.parametrize(
    "taken",
    [(RUN_LABEL,), (RUN_LABEL, "loadlab.dev/experiment", "loadlab.dev/component")],
    ids=["its run's", "all that lists go by"],
)
@pytest.mark.parametrize("forgetful", [False, True], ids=["", "restarted"])
async def test_a_pod_that_somebody_took_from_its_controller_spoils_the_attempt_and_goes(
    taken, forgetful
):
    """It held its CPU for ever: later trials fitted no node, in other namespaces as well."""
    lab, name = await let_go(taken, forgetful=forgetful)

    assert (await lab.run())["phase"] == "Succeeded"

    [record] = lab.trials()[f"{CHILD}-001"]["status"]["formerAttempts"]
    assert "was let go during the run: somebody changed its labels" in record["message"]
    assert name not in lab.cluster.of_kind(Kind.POD)


async def test_a_pod_that_bears_our_labels_and_never_was_ours_stays():
    lab, name = await let_go((RUN_LABEL,), forgetful=False)
    lab.cluster.of_kind(Kind.POD)[name]["metadata"]["uid"] = "somebody-elses"

    await lab.run()

    assert name in lab.cluster.of_kind(Kind.POD)


@pytest.mark.parametrize("forgetful", [False, True], ids=["", "restarted"])
async def test_a_service_that_was_replaced_and_is_ready_again_spoils_the_attempt(forgetful):
    """`kubectl delete pod --force`: the next one's account of CPU may be above the former's.

    Also where the operator was started again in between, such as by the same trouble of the node.
    """
    lab, name = await let_go((), forgetful=forgetful)
    former = lab.cluster.objects.pop((Kind.POD, "lab", name))
    lab.cluster.tick()
    lab.cluster.tick()
    (now,) = serving(lab)
    assert lab.cluster.of_kind(Kind.POD)[now]["metadata"]["uid"] != former["metadata"]["uid"]

    assert (await lab.run())["phase"] == "Succeeded"

    [record] = lab.trials()[f"{CHILD}-001"]["status"]["formerAttempts"]
    assert record["reason"] == "ServiceRestarted"
    assert "deleted or replaced during the run" in record["message"]


async def test_each_attempt_writes_down_the_pods_that_serve_it():
    lab, name = await let_go((), forgetful=True)
    [first] = servers(lab)
    del lab.cluster.objects[Kind.POD, "lab", name]
    while servers(lab) in ([], [first]):
        await lab.step()

    [second] = servers(lab)
    assert first["component"] == second["component"] == "service"
    assert first["uid"] != second["uid"]


async def test_a_service_that_was_started_twice_before_it_was_ready_ran_well():
    """A migration lost a race, and its pod was started again: no load had come to it yet."""
    lab = Laboratory()
    lab.submit(replicates=1, variants=[{"name": "sync"}])
    lab.cluster.fault_of = fault_in("service", restarted(FAILED))

    status = await lab.run()

    trial = lab.trials()[f"{CHILD}-001"]["status"]
    assert (trial["attempt"], trial.get("formerAttempts", [])) == (1, [])
    (row,) = status["results"]
    assert (row.get("crashes"), status["verdict"]) == (None, "Passed")
