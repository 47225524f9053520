"""On which nodes an experiment runs, on clusters of one node and of several."""

import pytest

from tests.e2e.cluster_tools import Lab, condition, eventually, get
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
