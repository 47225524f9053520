"""All trials of an experiment have one layout: what can't have it is not measured."""

from collections.abc import Callable
from typing import Any

import pytest

from loadlab.base.names import COMPONENT_LABEL, RUN_LABEL
from loadlab.base.times import rfc3339
from loadlab.kube.api import Kind, Manifest
from tests.manifests import Json
from tests.reconcile.crowded_nodes import UNSCHEDULABLE
from tests.reconcile.laboratory import CHILD, Laboratory

POSTGRES = f"{CHILD}-postgres"
NOT_NAMED = "2 node(s) didn't satisfy plugin(s) [NodeAffinity]"
CORDONED = f"0/3 nodes are available: 1 node(s) were unschedulable, {NOT_NAMED}."
FULL = f"0/3 nodes are available: 1 Insufficient cpu, {NOT_NAMED}."
READY = 20  # seconds for which a trial waits for its pods


async def until(lab: Laboratory, holds: Callable[[], bool]) -> None:
    for _ in range(200):
        if holds():
            return
        await lab.step()
    raise AssertionError(lab.status())


async def after_the_first_trial(**spec: Any) -> Laboratory:
    lab = Laboratory()
    lab.submit(timeouts={"ready": f"{READY}s", "prepare": "60s"}, **spec)
    first = f"{CHILD}-001"
    await until(lab, lambda: lab.trials().get(first, {}).get("status", {}).get("node") == "node-1")
    await until(lab, lambda: bool(lab.status()["chosen"].get("layout")))
    return lab


def pinned_to(pod: Json) -> list[str]:
    """The nodes that a pod's spec names."""
    rule = pod.get("affinity", {}).get("nodeAffinity", {})
    needed = rule.get("requiredDuringSchedulingIgnoredDuringExecution", {})
    terms = needed.get("nodeSelectorTerms", ())
    return [node for term in terms for field in term["matchFields"] for node in field["values"]]


def refused(sentence: str, component: str) -> Callable[[Manifest], Manifest | None]:
    """Refuse what later trials run of a component, in the scheduler's words."""
    condition = UNSCHEDULABLE["conditions"][0] | {"message": sentence}

    def fault(pod: Manifest) -> Manifest | None:
        labels = pod["metadata"]["labels"]
        is_meant = labels[COMPONENT_LABEL] == component and f"{CHILD}-001" not in labels[RUN_LABEL]
        return UNSCHEDULABLE | {"conditions": [condition]} if is_meant else None

    return fault


async def test_the_stores_nodes_belong_to_the_layout():
    lab = await after_the_first_trial()

    assert lab.status()["chosen"]["layout"] == [
        {"component": name, "nodes": ["node-1"]} for name in ("service", "k6", "postgres")
    ]


async def test_a_store_that_comes_back_on_another_node_ends_the_experiment_with_both_named():
    lab = await after_the_first_trial(replicates=5)
    lab.cluster.node = "node-2"
    del lab.cluster.objects[Kind.POD, "lab", f"{POSTGRES}-pod"]

    status = await lab.run(steps=60)

    failed = lab.condition("Failed")
    assert (status["phase"], failed["reason"]) == ("Failed", "NoLongerFits")
    assert failed["message"] == (
        "postgres came back on node node-2, and the trials so far had it on node-1: figures of two "
        "layouts cannot be compared. Was the node drained? Create the experiment anew, on nodes "
        "that stay, which spec.placement.nodeSelector can name"
    )
    assert status["trials"]["succeeded"] == 1
    assert [result["replicates"]["valid"] for result in status["results"]] == [1, 0]
    assert lab.leftovers() == set()


async def test_a_store_that_is_built_again_is_held_to_its_node():
    lab = await after_the_first_trial()
    key = (Kind.STATEFUL_SET, "lab", POSTGRES)
    former = lab.cluster.objects[key]["metadata"]
    former["deletionTimestamp"] = rfc3339(lab.now)

    await until(
        lab,
        lambda: (
            key in lab.cluster.objects
            and lab.cluster.objects[key]["metadata"]["uid"] != former["uid"]
        ),
    )

    assert pinned_to(lab.cluster.objects[key]["spec"]["template"]["spec"]) == ["node-1"]
    assert (await lab.run())["phase"] == "Succeeded"


async def test_a_store_that_its_node_takes_no_more_ends_the_experiment_as_no_longer_fitting():
    lab = await after_the_first_trial()
    condition = UNSCHEDULABLE["conditions"][0] | {"message": CORDONED}
    lab.cluster.fault_of = lambda pod: (
        UNSCHEDULABLE | {"conditions": [condition]}
        if pinned_to(pod["spec"]) and pod["metadata"]["labels"][COMPONENT_LABEL] == "postgres"
        else None
    )
    store = lab.cluster.objects[Kind.STATEFUL_SET, "lab", POSTGRES]
    store["metadata"]["deletionTimestamp"] = rfc3339(lab.now)

    await lab.run()

    failed = lab.condition("Failed")
    assert failed["reason"] == "NoLongerFits"
    assert "bring back the nodes of status.chosen.layout" in failed["message"]


@pytest.mark.parametrize("component", ["service", "k6"])
async def test_a_node_that_takes_no_pods_is_waited_for_by_one_trial_and_not_by_each(component):
    lab = await after_the_first_trial(replicates=5)
    lab.cluster.fault_of = refused(CORDONED, component)
    drained = lab.now

    status = await lab.run(steps=150)

    failed = lab.condition("Failed")
    assert (status["phase"], failed["reason"]) == ("Failed", "NoLongerFits")
    assert "were unschedulable" in failed["message"]
    assert "earlier trials ran on node-1, where no pod is taken any more" in failed["message"]
    assert "bring back the nodes of status.chosen.layout, or uncordon a node" in failed["message"]
    assert lab.now - drained < 2 * READY + 30
    assert (status["trials"]["succeeded"], status["trials"]["failed"]) == (1, 1)
    [former] = lab.trials()[f"{CHILD}-002"]["status"]["formerAttempts"]
    assert former["reason"] == "NoLongerFits"


async def test_a_node_that_comes_back_meanwhile_ends_nothing():
    lab = await after_the_first_trial()
    lab.cluster.fault_of = refused(CORDONED, "service")
    second = f"{CHILD}-002"
    await until(lab, lambda: lab.trials().get(second, {}).get("status", {}).get("attempt") == 2)
    lab.cluster.fault_of = lambda _: None

    status = await lab.run()

    assert (status["phase"], status["trials"]["succeeded"]) == ("Succeeded", 4)


async def test_where_there_is_no_room_for_now_the_next_trial_may_find_some():
    lab = await after_the_first_trial()
    lab.cluster.fault_of = refused(FULL, "service")
    second = f"{CHILD}-002"
    await until(lab, lambda: lab.trials().get(second, {}).get("status", {}).get("phase") == "Lost")
    lab.cluster.fault_of = lambda _: None

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    assert (status["trials"]["succeeded"], status["trials"]["lost"]) == (3, 1)
