"""What a pod is: read from its spec and status after admission, ours told from others by name."""

from typing import Any

import pytest

from loadlab.base.names import COMPONENT_LABEL, METER, RUN_LABEL
from loadlab.kube.api import Manifest
from loadlab.kube.pods import view_job, view_pod
from loadlab.progress.observed import ContainerKind, ContainerState, Resources

SIDECAR = "istio-proxy"
OWN: Manifest = {
    "name": "service",
    "image": "api:1",
    "resources": {
        "requests": {"cpu": "500m", "memory": "64Mi"},
        "limits": {"cpu": "1", "memory": "1Gi"},
    },
}
ADDED: Manifest = {"name": SIDECAR, "image": "proxy:1", "resources": {"limits": {"cpu": "1e-1"}}}


def pod(*containers: Manifest, component: str = "service", **parts: Any) -> Manifest:
    spec = {"containers": list(containers), **parts.get("spec", {})}
    metadata = {"name": "p", "labels": {COMPONENT_LABEL: component}}
    return {"metadata": metadata, "spec": spec, "status": parts.get("status", {})}


def ended(name: str, exit_code: int, reason: str = "Error") -> Manifest:
    said = {"exitCode": exit_code, "reason": reason, "finishedAt": "2027-01-15T08:00:03Z"}
    return {"name": name, "restartCount": 2, "state": {"terminated": said}}


def test_a_foreign_container_before_ours_shifts_nothing():
    statuses = [
        {"name": SIDECAR, "imageID": "proxy@sha256:1", "restartCount": 7, "state": {"running": {}}},
        ended("service", 137, "OOMKilled") | {"imageID": "api@sha256:2"},
    ]

    view = view_pod(pod(ADDED, OWN, status={"containerStatuses": statuses}))

    assert (view.image, view.restarts) == ("api@sha256:2", 2)
    assert (view.exit_code, view.terminated_reason) == (137, "OOMKilled")


def test_what_runs_is_told_of_each_container():
    statuses = [{"name": SIDECAR, "ready": False, "state": {"waiting": {"reason": "Pulling"}}}]

    view = view_pod(
        pod(ADDED, OWN, {"name": METER, "image": "m"}, status={"containerStatuses": statuses})
    )

    by_name = {each.name: each for each in view.containers}
    assert [name for name, each in by_name.items() if each.ours] == ["service", METER]
    assert by_name["service"].resources == Resources(
        cpu_request=0.5, cpu_limit=1.0, memory_request=64 * 2**20, memory_limit=2**30
    )
    assert by_name[SIDECAR].resources == Resources(cpu_limit=0.1)
    assert by_name[SIDECAR].state is ContainerState.WAITING
    assert by_name[SIDECAR].waiting_reason == "Pulling"
    assert by_name["service"].state is ContainerState.UNKNOWN


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("UnexpectedAdmissionError", "its node turned it away, UnexpectedAdmissionError: no CPU"),
        ("SMTAlignmentError", "its node turned it away, SMTAlignmentError: no CPU"),
        ("OutOfcpu", "its node turned it away, OutOfcpu: no CPU"),
        ("Evicted", ""),
        ("", ""),
    ],
)
def test_a_pod_that_its_node_turned_away_found_no_room(reason, says):
    status = {"phase": "Failed", "reason": reason, "message": "no CPU"}

    assert view_pod(pod(OWN, status=status)).unschedulable == says


def test_a_native_sidecar_is_told_from_an_init_container():
    init = [ADDED | {"restartPolicy": "Always"}, {"name": "istio-init", "image": "proxy:1"}]
    status = {"initContainerStatuses": [{"name": SIDECAR, "ready": True, "restartCount": 1}]}

    view = view_pod(pod(OWN, spec={"initContainers": init}, status=status))

    kinds = {each.name: each.kind for each in view.containers}
    assert kinds == {
        SIDECAR: ContainerKind.NATIVE_SIDECAR,
        "istio-init": ContainerKind.INIT,
        "service": ContainerKind.REGULAR,
    }
    assert view.containers[0].restarts == 1


def test_amounts_that_a_node_changed_are_those_that_count():
    resized = {"requests": {"cpu": "2"}, "limits": {"cpu": "2"}}

    view = view_pod(
        pod(OWN, status={"containerStatuses": [{"name": "service", "resources": resized}]})
    )

    assert view.containers[0].resources == Resources(cpu_request=2.0, cpu_limit=2.0)


def test_class_node_and_resources_of_the_pod_as_a_whole_are_read():
    spec = {"nodeName": "node-1", "resources": {"limits": {"cpu": "3", "memory": "1Gi"}}}

    view = view_pod(pod(OWN, spec=spec, status={"qosClass": "Burstable"}))

    assert (view.node, view.qos_class) == ("node-1", "Burstable")
    assert view.pod_resources == Resources(cpu_limit=3.0, memory_limit=2**30)
    assert view_pod(pod(OWN)).pod_resources is None


@pytest.mark.parametrize("spelt", ["soon", "", "1 Gi", "²", "1e9999", None])
def test_an_amount_that_cannot_be_read_disturbs_nothing(spelt):
    view = view_pod(pod(OWN | {"resources": {"limits": {"cpu": spelt}}}))

    assert view.containers[0].resources == Resources()


def test_the_end_of_our_container_is_the_end_of_a_generator_that_another_one_holds():
    statuses = [{"name": SIDECAR, "state": {"running": {}}}, ended("k6", 0)]
    status = {"phase": "Running", "containerStatuses": statuses}
    spec = {"restartPolicy": "Never"}

    held = view_pod(pod(ADDED, OWN | {"name": "k6"}, component="k6", spec=spec, status=status))
    restarted = view_pod(pod(ADDED, OWN | {"name": "k6"}, component="k6", status=status))

    assert (held.has_finished, held.is_held, held.has_ended) == (True, True, False)
    assert not restarted.has_finished


@pytest.mark.parametrize("state", [{"waiting": {"reason": "ImagePullBackOff"}}, {"running": {}}])
@pytest.mark.parametrize("name", [SIDECAR, METER])
def test_whatever_an_added_container_does_it_holds_the_pod_and_not_the_job(state, name):
    """Until all containers have started once, a pod is Pending, whatever ours has done."""
    statuses = [{"name": name, "state": state}, ended("k6", 0)]
    status = {"phase": "Pending", "containerStatuses": statuses}
    added = pod(
        ADDED | {"name": name},
        OWN | {"name": "k6"},
        component="k6",
        spec={"restartPolicy": "Never"},
        status=status,
    )

    assert (view_pod(added).has_finished, view_pod(added).is_held) == (True, True)


def test_a_run_needs_its_own_container_to_be_ready_and_a_store_its_whole_pod():
    """The Services of a run pass requests on to unready pods, those of stores do not."""
    statuses = [{"name": SIDECAR, "ready": False}, {"name": "service", "ready": True}]
    of_a_run = pod(ADDED, OWN, status={"phase": "Running", "containerStatuses": statuses})
    of_a_run["metadata"]["labels"][RUN_LABEL] = "r-1"
    of_none = pod(ADDED, OWN, status=of_a_run["status"])

    assert (view_pod(of_a_run).ready, view_pod(of_a_run).is_serving) == (False, True)
    assert not view_pod(of_none).is_serving


FAILED_AND_HELD: Manifest = {
    "phase": "Running",
    "containerStatuses": [ended("dataset", 1), {"name": SIDECAR, "state": {"running": {}}}],
}


@pytest.mark.parametrize(("counted", "fails"), [(0, False), (1, True)])
def test_a_job_has_failed_when_one_more_of_its_pods_has_than_may(counted, fails):
    """Of a pod that another container holds the Job controller knows nothing."""
    one = pod(
        OWN | {"name": "dataset"},
        ADDED,
        component="dataset",
        spec={"restartPolicy": "Never"},
        status=FAILED_AND_HELD,
    )
    one["metadata"]["ownerReferences"] = [{"uid": "a", "controller": True}]
    job = {
        "metadata": {"name": "j", "uid": "a"},
        "spec": {"backoffLimit": 1},
        "status": {"failed": counted},
    }

    assert view_job(job, [one]).failed is fails
