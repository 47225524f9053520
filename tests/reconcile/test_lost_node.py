"""A node that does not answer any more: its pods are deleted, and never end."""

from loadlab.base.times import rfc3339
from loadlab.kube.api import Kind, Manifest
from loadlab.progress.clearing import CLEARING
from tests.reconcile.laboratory import CHILD, Laboratory

TRIAL = f"{CHILD}-001"
LOST = "node-2"


def pods_on(lab: Laboratory, node: str) -> list[Manifest]:
    pods = lab.cluster.of_kind(Kind.POD).values()
    return [pod for pod in pods if pod["spec"]["nodeName"] == node]


def lose(lab: Laboratory) -> None:
    """The node is silent; the node controller deletes its pods, which nobody ends."""
    lab.cluster.lost_nodes = {LOST}
    for pod in pods_on(lab, LOST):
        pod["metadata"]["deletionTimestamp"] = rfc3339(lab.now)


async def test_a_run_on_a_lost_node_ends_the_experiment_with_the_nodes_name():
    lab = Laboratory()
    lab.submit(replicates=1, variants=[{"name": "sync"}])
    while lab.status().get("phase") != "Running":
        await lab.step()
    lab.cluster.node = LOST
    while len(pods_on(lab, LOST)) < 2:
        await lab.step()
    lab.cluster.node = "node-1"
    lose(lab)
    lost = lab.now

    status = await lab.run(steps=300)

    [former] = lab.trials()[TRIAL]["status"]["formerAttempts"]
    assert former["reason"] == "ServiceRestarted"
    assert former["message"] == (
        f"the service was lost during the run: its pod on node {LOST} was deleted"
    )
    assert (status["phase"], lab.condition("Failed")["reason"]) == ("Failed", "NotCleared")
    assert f"on node {LOST}" in lab.condition("Failed")["message"]
    assert lab.now - lost < 2 * CLEARING + 30


async def test_a_store_on_a_lost_node_ends_the_experiment_at_its_deadline_with_the_nodes_name():
    lab = Laboratory()
    lab.submit(timeouts={"prepare": "200s"})
    lab.cluster.node = LOST
    while not pods_on(lab, LOST):
        await lab.step()
    lab.cluster.node = "node-1"
    while TRIAL not in lab.trials():
        await lab.step()
    lose(lab)
    lost = lab.now
    while lab.condition("InfrastructureReady")["status"] == "True":
        await lab.step()

    status = await lab.run(steps=400)

    said = f"postgres (pod {CHILD}-postgres-pod on node {LOST} was deleted and does not end)"
    assert status["phase"] == "Failed"
    assert said in lab.condition("Failed")["message"]
    assert lab.now - lost < 200 + CLEARING + 30
    [former] = lab.trials()[TRIAL]["status"]["formerAttempts"]
    said = f"postgres was lost during the run: its pod on node {LOST} was deleted"
    assert former["message"] == said
