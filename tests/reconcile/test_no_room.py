"""What fits no node is said, and to ask for CPUs of its own holds nothing up."""

import pytest

from loadlab.base.names import Component
from loadlab.kube.api import Kind, Manifest
from loadlab.kube.errors import RefusedError
from loadlab.progress.observed import PodView, Reference
from loadlab.progress.unplaced import why_unplaced
from tests.manifests import Json
from tests.reconcile.crowded_nodes import (
    SENTENCE,
    UNSCHEDULABLE,
    asks_for_a_cpu,
    chosen,
    no_cpu_is_free,
    placements,
    until_first_trial,
)
from tests.reconcile.laboratory import Laboratory


def neighbour(node: str, *, cpu: str, memory: str) -> Manifest:
    """Somebody else's pod, which asks for this much of a node."""
    resources = {"requests": {"cpu": cpu, "memory": memory}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "neighbour", "namespace": "other"},
        "spec": {"nodeName": node, "containers": [{"name": "x", "resources": resources}]},
    }


async def test_given_exclusive_it_never_shares():
    lab = Laboratory()
    lab.submit(placement={"serviceCpu": "Exclusive"}, timeouts={"ready": "20s"})
    lab.cluster.fault_of = no_cpu_is_free

    status = await lab.run()

    assert status["phase"] == "Failed"
    assert lab.condition("Failed")["reason"] == "Unschedulable"
    assert placements(lab) == ["Exclusive"]


async def test_memory_that_is_missing_makes_nobody_share():
    lab = Laboratory()
    lab.submit(timeouts={"ready": "20s"})
    words = {"message": "0/1 nodes are available: 1 Insufficient memory."}
    condition = UNSCHEDULABLE["conditions"][0] | words
    lab.cluster.fault_of = lambda pod: (
        UNSCHEDULABLE | {"conditions": [condition]} if asks_for_a_cpu(pod) else None
    )

    await lab.run()

    assert "serviceCpu" not in chosen(lab)
    assert "Insufficient memory" in lab.condition("Failed")["message"]


async def test_what_fits_no_node_is_said_within_five_seconds_with_the_arithmetic():
    lab = Laboratory()
    lab.submit(placement={"serviceCpu": "Exclusive"}, timeouts={"ready": "60s"})
    lab.cluster.fault_of = no_cpu_is_free
    lab.cluster.objects[Kind.NODE, "", "node-7"] = {
        "metadata": {"name": "node-7", "uid": "uid-of-the-node"},
        "status": {"allocatable": {"cpu": "1990m", "memory": "4Gi"}},
    }
    lab.place(neighbour("node-7", cpu="1500m", memory="512Mi"))

    await until_first_trial(lab)
    for _ in range(5):
        await lab.step()

    stalled = lab.condition("Stalled")
    assert (stalled["status"], stalled["reason"]) == ("True", "Unschedulable")
    assert stalled["message"] == (
        f"the service pod fits no node: {SENTENCE[:-1]}; it asks for 1 CPU and 1,024 MiB, and "
        "node-7, with the most CPU free, gives 1.99 CPU and 4,096 MiB, of which others ask for "
        "1.5 CPU and 512 MiB; lower spec.resources.service or factors.serviceCpu"
    )


async def test_where_nodes_may_not_be_read_the_sentence_stands_alone(monkeypatch):
    lab = Laboratory()
    lab.submit(placement={"serviceCpu": "Exclusive"}, timeouts={"ready": "60s"})
    lab.cluster.fault_of = no_cpu_is_free
    listed = lab.cluster.list

    async def may_not(kind: Kind, namespace: str | None, labels: Json) -> list[Manifest]:
        if kind is Kind.NODE:
            raise RefusedError("GET /api/v1/nodes: 403 forbidden")
        return await listed(kind, namespace, labels)

    monkeypatch.setattr(lab.cluster, "list", may_not)
    await until_first_trial(lab)
    for _ in range(5):
        await lab.step()

    assert lab.condition("Stalled")["message"] == (
        f"the service pod fits no node: {SENTENCE[:-1]}; it asks for 1 CPU and 1,024 MiB; "
        "lower spec.resources.service or factors.serviceCpu"
    )


async def test_asking_for_cpus_of_its_own_holds_nothing_up():
    lab = Laboratory()
    lab.submit()
    lab.cluster.fault_of = no_cpu_is_free
    seen = set()

    while not lab.is_finished():
        await lab.step()
        if lab.condition("Finished").get("status") != "True":
            seen.add(lab.condition("Stalled").get("status"))

    assert "True" not in seen


@pytest.mark.parametrize(
    ("sentence", "remedy"),
    [
        ("0/1 nodes are available: 1 Insufficient cpu.", "lower spec.resources.steward"),
        (
            "1 node(s) didn't match Pod's node affinity/selector. no new claims, preemption: none.",
            "give a node the labels of spec.placement.nodeSelector, or ask for others",
        ),
        (
            "0/1 nodes are available: 1 node(s) had untolerated taint {dedicated: batch}.",
            "tolerate the taint by spec.placement.tolerations",
        ),
    ],
)
def test_the_remedy_is_that_of_what_keeps_it_off(sentence: str, remedy: str):
    reference = Reference("Pod", "steward-1", "uid")
    pod = PodView(
        reference=reference,
        component=Component.STEWARD,
        run="",
        phase="Pending",
        unschedulable=sentence,
    )
    said = why_unplaced(pod)

    assert said.endswith(f"; {remedy}")
    assert ",;" not in said
    assert ".;" not in said
