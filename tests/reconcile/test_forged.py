"""Pods that somebody else makes in an experiment's name forge no result and stop nothing."""

import copy

import pytest

from loadlab.base.names import COMPONENT_LABEL, EXPERIMENT_UID_LABEL, RUN_LABEL, experiment_selector
from loadlab.kube.api import Kind, Manifest
from tests.reconcile.generator_log import generator_log
from tests.reconcile.laboratory import CHILD, Laboratory

RUN = f"{CHILD}-001-a1"
LABELS = experiment_selector("exp") | {EXPERIMENT_UID_LABEL: "uid-exp"}


def forge(lab: Laboratory, component: str, run: str = "", **metadata: object) -> Manifest:
    """Place a pod with the labels of an experiment's own, which has ended well or serves."""
    labels = LABELS | {COMPONENT_LABEL: component} | ({RUN_LABEL: run} if run else {})
    pod = {"kind": "Pod", "metadata": {"name": "forged", "labels": labels, **metadata}, "spec": {}}
    placed = lab.cluster.objects[lab.place(pod)]
    lab.cluster.logs_by_pod["forged"] = generator_log(run=RUN, requests=95_000)
    return placed


async def run_with(lab: Laboratory, forged: Manifest) -> Manifest:
    before = copy.deepcopy(forged)
    status = await lab.run()
    assert lab.cluster.objects[Kind.POD, "lab", "forged"] == before
    return status


@pytest.mark.parametrize(
    ("component", "run"), [("bogus", ""), ("bogus", RUN), ("k6", ""), ("k6", RUN), ("", "")]
)
async def test_a_pod_with_our_labels_and_no_owner_of_ours_changes_nothing(component, run):
    lab = Laboratory()
    lab.submit(replicates=1)
    undisturbed = Laboratory()
    undisturbed.submit(replicates=1)

    status = await run_with(lab, forge(lab, component, run))

    assert status["phase"] == "Succeeded"
    assert status["results"] == (await undisturbed.run())["results"]


async def test_the_log_of_a_forged_generator_is_not_read():
    """It was: 1900 req/s, Passed, all of it the forger's."""
    lab = Laboratory()
    lab.submit(replicates=1, variants=[{"name": "async"}])

    status = await run_with(lab, forge(lab, "k6", RUN))

    (row,) = status["results"]
    assert row["requestsPerSecond"]["mean"] == pytest.approx(2400)
    assert "logs forged" not in lab.cluster.calls


@pytest.mark.parametrize(("component", "of_a_run"), [("service", True), ("postgres", False)])
async def test_a_pod_that_takes_a_share_of_the_requests_is_named(component, of_a_run):
    lab = Laboratory()
    lab.submit(replicates=1, variants=[{"name": "async"}], retry={"attempts": 1})

    await run_with(lab, forge(lab, component, RUN if of_a_run else ""))

    (trial,) = lab.trials().values()
    assert (trial["status"]["phase"], trial["status"]["reason"]) == ("Lost", "ForeignPod")
    assert "pod forged is not of this experiment" in trial["status"]["message"]


async def test_a_pod_in_the_name_of_our_job_makes_no_result_and_says_so():
    """Nobody but the Job controller makes as many pods as the Job asks for, and no more."""
    lab = Laboratory()
    lab.submit(replicates=1, variants=[{"name": "async"}], retry={"attempts": 1})
    while not (pod := lab.cluster.of_kind(Kind.POD).get(f"{RUN}-k6-0-pod")):
        await lab.step()
    forged = copy.deepcopy(pod)
    forged["metadata"] |= {"name": "forged", "uid": "uid-forged"}
    lab.cluster.objects[Kind.POD, "lab", "forged"] = forged

    await lab.run()

    (trial,) = lab.trials().values()
    assert (trial["status"]["phase"], trial["status"]["reason"]) == ("Lost", "ForeignPod")
    assert "2 pods say that the k6 Job made them" in trial["status"]["message"]


async def test_a_generator_that_admission_changed_is_named_with_the_remedy():
    lab = Laboratory()
    lab.submit(replicates=1, timeouts={"ready": "10s"})
    advance = lab.cluster._advance_pods

    def mirrored() -> None:
        advance()
        for pod in lab.cluster.of_kind(Kind.POD).values():
            if pod["metadata"]["labels"][COMPONENT_LABEL] == "k6":
                pod["spec"]["containers"][0]["image"] = "mirror.example/k6:1"

    lab.cluster._advance_pods = mirrored  # type: ignore[method-assign]
    await lab.run()

    failed = lab.condition("Failed")
    assert failed["reason"] == "NeverReady"
    assert "image mirror.example/k6:1 and not k6:1" in failed["message"]


async def test_a_job_in_the_name_of_a_run_makes_no_result():
    """Somebody with `edit` made one, suspended, deleted ours, and let it go: it was Passed."""
    lab = Laboratory()
    lab.submit(replicates=1, variants=[{"name": "async"}], retry={"attempts": 1})
    place = (Kind.JOB, "lab", f"{RUN}-k6")
    while not (pod := lab.cluster.of_kind(Kind.POD).get(f"{RUN}-k6-0-pod")):
        await lab.step()
    for spec in (lab.cluster.objects[place]["spec"]["template"]["spec"], pod["spec"]):
        (container,) = spec["containers"]
        container["image"] = "services:1"
        container["command"] = ["python", "-c", "print(open('/copied').read())"]

    await lab.run()

    (trial,) = lab.trials().values()
    assert (trial["status"]["phase"], trial["status"]["reason"]) == ("Lost", "ForeignPod")
    assert "is not the one that LoadLab made" in trial["status"]["message"]
    assert f"logs {RUN}-k6-0-pod" not in lab.cluster.calls
