"""What pods were, from the pods as the API server has them."""

from typing import Any

from loadlab.kube.pods import view_pod
from loadlab.measurement.ran_as import RanAs
from loadlab.progress.ran_as import LIMIT_RANGE, recorded, what_ran

GIB = 1024**3


def pod(component: str, amounts: dict[str, Any], note: str = "", **spec: Any) -> Any:
    sidecar = {"name": "istio-proxy", "image": "proxy", "resources": {"limits": {"cpu": "50m"}}}
    own = {"name": component, "image": "own", "resources": amounts}
    return view_pod(
        {
            "metadata": {
                "name": "x",
                "uid": "u",
                "labels": {"loadlab.dev/component": component, "loadlab.dev/run": "r"},
                "annotations": {"kubernetes.io/limit-ranger": note} if note else {},
            },
            "spec": {"containers": [sidecar, own], **spec},
            "status": {"phase": "Running", "qosClass": "Burstable"},
        }
    )


def test_limits_are_those_of_the_own_container_as_admission_left_them():
    resources = {"limits": {"cpu": "100m", "memory": "1Gi"}, "requests": {"cpu": "10m"}}
    note = (
        "LimitRanger plugin set: cpu request for container istio-proxy; cpu limit for container "
        "postgres"
    )

    assert what_ran([pod("postgres", resources, note)]) == {
        "postgres": RanAs(
            cpu_limit=0.1,
            cpu_request=0.01,
            memory_limit=GIB,
            qos_class="Burstable",
            set_by=LIMIT_RANGE,
            beside=("istio-proxy",),
        )
    }


def test_what_admission_added_and_stays_is_told():
    early = [{"name": "istio-init"}, {"name": "warm", "restartPolicy": "Always"}]

    assert what_ran([pod("k6", {}, initContainers=early)])["k6"].beside == ("istio-proxy", "warm")


def test_a_limit_that_was_sent_is_nobody_elses():
    note = "LimitRanger plugin set: cpu request for container k6; memory limit for container k6"

    assert what_ran([pod("k6", {"limits": {"cpu": "1"}}, note)])["k6"].set_by == ""


def test_a_limit_of_the_pod_as_a_whole_counts_too():
    limits = {"limits": {"cpu": "500m"}}

    assert what_ran([pod("k6", {}, resources=limits)])["k6"].cpu_limit == 0.5


def test_of_several_pods_the_one_that_may_use_least_is_told():
    pods = [pod("k6", {"limits": {"cpu": cpu}} if cpu else {}) for cpu in ("", "2", "1")]

    assert what_ran(pods)["k6"].cpu_limit == 1


def test_the_status_says_what_ran():
    ran = RanAs(
        cpu_limit=1, memory_limit=float(GIB), qos_class="Guaranteed", nodes=("node-1", "node-2")
    )

    assert recorded(ran, cpus_allowed=1).dump() == {
        "qosClass": "Guaranteed",
        "cpuLimit": 1.0,
        "memoryLimit": GIB,
        "cpusAllowed": 1,
        "nodes": ["node-1", "node-2"],
    }
