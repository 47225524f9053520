"""On which nodes an experiment runs, on clusters of one node and of several."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.cluster_tools import Lab, condition, eventually, get, kubectl
from tests.manifests import Json

pytestmark = [pytest.mark.e2e]

NAP: Json = {
    "workload": "sleep",
    "variants": [{"name": "async"}],
    "factors": {"ms": [20], "virtualUsers": [8]},
    "replicates": 2,
    "load": {"warmup": "1s", "duration": "2s"},
    "timeouts": {"prepare": "60s", "ready": "30s"},
    "placement": {"serviceCpu": "Shared"},
}


def nodes_for_pods() -> list[str]:
    """The nodes that keep no pod off by a taint."""
    nodes = get("nodes")["items"]
    free = [n for n in nodes if not n["spec"].get("taints") and not n["spec"].get("unschedulable")]
    return [node["metadata"]["name"] for node in free]


def test_all_trials_run_on_the_nodes_of_the_first(lab: Lab):
    lab.delete("layout")
    lab.submit("layout", **NAP)

    status = lab.wait("layout", 180)

    assert status["phase"] == "Succeeded", condition(status, "Failed")
    layout = {part["component"]: part["nodes"] for part in status["chosen"]["layout"]}
    assert status["chosen"]["generatorApart"] == (len(nodes_for_pods()) > 1)
    assert len(lab.trials("layout")) == 2
    for trial in lab.trials("layout").values():
        components = trial["status"]["components"]
        assert {name: components[name]["nodes"] for name in layout} == layout


def test_required_is_kept_or_refused_in_the_schedulers_words(lab: Lab):
    lab.delete("required")
    placement = NAP["placement"] | {"separateGenerator": "Required"}
    lab.submit("required", **NAP | {"placement": placement})

    status = lab.wait("required", 180)

    if len(nodes_for_pods()) > 1:
        assert status["phase"] == "Succeeded", condition(status, "Failed")
        assert status["chosen"]["generatorApart"] is True
    else:
        said = condition(status, "Failed")
        assert said["reason"] == "Unschedulable", said
        assert "anti-affinity" in said["message"]
        assert "add a node, as spec.placement.separateGenerator Required" in said["message"]
        eventually(lambda: not lab.leftovers("required"), 30, "nothing is left of it")


QUEUED: Json = NAP | {
    "workload": "ingest",
    "variants": [{"name": "queued"}],
    "factors": {"virtualUsers": [8]},
    "timeouts": {"prepare": "120s", "ready": "20s"},
}


@contextmanager
def cordoned(node: str) -> Iterator[None]:
    kubectl("cordon", node)
    try:
        yield
    finally:
        kubectl("uncordon", node)


def nodes_of(status: Json) -> dict[str, list[str]]:
    return {part["component"]: part["nodes"] for part in status["chosen"]["layout"]}


def after_the_first_result(lab: Lab, name: str, **spec: object) -> dict[str, list[str]]:
    """Submit an experiment of many trials; return its layout once it has one."""
    if len(nodes_for_pods()) < 2:
        pytest.skip("the cluster has one node")
    lab.delete(name)
    lab.submit(name, **QUEUED | {"replicates": 10} | spec)
    eventually(lambda: lab.status(name).get("chosen", {}).get("layout"), 240, "there is a layout")
    return nodes_of(lab.status(name))


def test_two_stores_and_the_generator_leave_the_service_a_node(lab: Lab):
    placement = NAP["placement"] | {"separateGenerator": "Required"}
    layout = after_the_first_result(lab, "stores", placement=placement, replicates=2)

    status = lab.wait("stores", 240)

    assert status["phase"] == "Succeeded", condition(status, "Failed")
    assert layout.keys() == {"service", "worker", "k6", "postgres", "redis"}
    beside = {node for part in ("k6", "postgres", "redis") for node in layout[part]}
    assert not beside & set(layout["service"])
    assert status["chosen"]["generatorApart"] is True


def test_a_store_that_comes_back_on_another_node_ends_the_experiment(lab: Lab):
    (node,) = after_the_first_result(lab, "moved")["postgres"]
    labels = "loadlab.dev/experiment=moved,loadlab.dev/component=postgres"
    with cordoned(node):
        lab.kubectl("delete", "pod", "-l", labels, "--wait=false")
        status = lab.wait("moved", 120)

    said = condition(status, "Failed")
    assert said["reason"] == "NoLongerFits", said
    assert f"and the trials so far had it on {node}" in said["message"]
    assert status["trials"]["succeeded"] >= 1


def test_a_cordoned_node_is_waited_for_by_one_trial(lab: Lab):
    (node,) = after_the_first_result(lab, "cordoned")["service"]
    with cordoned(node):
        status = lab.wait("cordoned", 180)

    said = condition(status, "Failed")
    assert said["reason"] == "NoLongerFits", said
    assert f"ran on {node}, where no pod is taken any more" in said["message"]
    assert status["trials"]["failed"] == 1
