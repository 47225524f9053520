"""A service that runs already and that is another one in the next trial: no figure of both."""

from collections.abc import Callable
from typing import Any

import pytest

from loadlab.kube.api import Kind, Manifest
from tests.reconcile.laboratory import Laboratory
from tests.reconcile.running_services import SPEC, endpoint_slice, pod, service, with_running

ENDS = ("uid-shop-1", "10.1.0.1")
BEFORE, AFTER = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
THREE = SPEC | {"replicates": 3, "timeouts": {"ready": "20s"}}


def running_pod(name: str = "shop-1", ip: str = "10.1.0.1", digest: str = BEFORE) -> Manifest:
    """A pod with a proxy that admission put before its own container, and one that stays."""
    app = {
        "name": "app",
        "image": "shop:1.4",
        "ports": [{"containerPort": 8080, "name": "web"}],
        "resources": {"limits": {"cpu": "1", "memory": "512Mi"}},
    }
    proxy = {"name": "istio-proxy", "image": "istio/proxyv2:1.2"}
    meter = {"name": "meter", "image": "meter:1", "restartPolicy": "Always"}
    made = pod(name, ip, containers=[proxy, app], initContainers=[meter])
    made["metadata"]["uid"] = f"uid-{name}"
    made["status"] |= {
        "containerStatuses": [
            {"name": "istio-proxy", "restartCount": 0, "imageID": "istio/proxyv2@sha256:cc"},
            {"name": "app", "restartCount": 0, "imageID": f"reg.example/shop@{digest}"},
        ],
        "initContainerStatuses": [{"name": "meter", "restartCount": 0}],
    }
    return made


def laboratory() -> Laboratory:
    lab = with_running(
        service(ports=[{"port": 80, "targetPort": "web"}]), running_pod(), endpoint_slice(ENDS)
    )
    lab.submit(**THREE)
    return lab


def the_pod(lab: Laboratory) -> Manifest:
    return lab.cluster.objects[Kind.POD, "lab", "shop-1"]


def _is_rolled_out(lab: Laboratory) -> None:
    """By its tag, which says nothing: only the digest is another one."""
    the_pod(lab)["metadata"]["uid"] = "uid-shop-9"
    the_pod(lab)["status"]["containerStatuses"][1]["imageID"] = f"reg.example/shop@{AFTER}"
    ends = lab.cluster.objects[Kind.ENDPOINT_SLICE, "lab", "shop-x"]
    ends["endpoints"][0]["targetRef"]["uid"] = "uid-shop-9"
    ends["metadata"]["generation"] = 2


def _is_rolled_out_by_name(lab: Laboratory) -> None:
    the_pod(lab)["spec"]["containers"][1]["image"] = "shop:1.5"
    for status in the_pod(lab)["status"]["containerStatuses"]:
        status["imageID"] = AFTER  # of a node that was handed its images
    _is_replaced(lab)


def _is_replaced(lab: Laboratory) -> None:
    the_pod(lab)["status"]["containerStatuses"][1]["restartCount"] = 1
    lab.cluster.objects[Kind.ENDPOINT_SLICE, "lab", "shop-x"]["metadata"]["generation"] = 2


def _is_scaled(lab: Laboratory) -> None:
    lab.place(running_pod("shop-2", "10.1.0.2"))
    ends = lab.cluster.objects[Kind.ENDPOINT_SLICE, "lab", "shop-x"]
    ends["endpoints"].append(
        {"addresses": ["10.1.0.2"], "targetRef": {"kind": "Pod", "uid": "uid-shop-2"}}
    )
    ends["metadata"]["generation"] = 2


def _is_resized(lab: Laboratory) -> None:
    """In place: the kubelet says what the container has; nothing is restarted."""
    resources = {"limits": {"cpu": "2", "memory": "512Mi"}}
    the_pod(lab)["status"]["containerStatuses"][1]["resources"] = resources


def _gets_a_sidecar(lab: Laboratory) -> None:
    the_pod(lab)["spec"]["containers"].append({"name": "logs", "image": "logs:1"})


def _is_pointed_elsewhere(lab: Laboratory) -> None:
    lab.cluster.objects[Kind.SERVICE, "lab", "shop"]["spec"]["ports"][0]["targetPort"] = 8080


CHANGES: dict[str, tuple[Callable[[Laboratory], None], str]] = {
    "rolled out": (_is_rolled_out, "image (shop:1.4 bbbbbbbbbbbb, and had shop:1.4 aaaaaaaaaaaa)"),
    "rolled out by name": (_is_rolled_out_by_name, "image (shop:1.5 bbbbbbbbbbbb, and had shop:1."),
    "scaled": (_is_scaled, "had 1 pods when trial exp-"),
    "resized": (_is_resized, "amount of CPU or memory (at most 2 CPU and 512 MiB, requests any"),
    "a sidecar": (_gets_a_sidecar, "has a container logs now"),
    "edited": (_is_pointed_elsewhere, "was edited or replaced since trial exp-"),
}


async def to_the_pause(lab: Laboratory) -> None:
    """Step until one trial has its result and the next one has not begun."""
    while [t.get("status", {}).get("phase") for t in lab.trials().values()] != ["Succeeded"]:
        await lab.step()


@pytest.mark.parametrize(("change", "said"), CHANGES.values(), ids=CHANGES)
async def test_no_trial_of_another_service_is_put_beside_the_first(change, said):
    lab = laboratory()
    await to_the_pause(lab)

    change(lab)
    status = await lab.run()

    failed = lab.condition("Failed")
    assert (status["phase"], failed["reason"]) == ("Failed", "InputsChanged"), failed
    assert said in failed["message"]
    assert len(lab.trials()) == 1
    assert len(status["results"]) == 1


async def test_a_change_that_is_taken_back_in_time_is_waited_for():
    lab = laboratory()
    await to_the_pause(lab)

    _is_resized(lab)
    for _ in range(10):
        await lab.step()
    assert "amount of CPU" in lab.condition("Stalled")["message"]
    del the_pod(lab)["status"]["containerStatuses"][1]["resources"]

    assert (await lab.run())["phase"] == "Succeeded"


async def test_the_same_program_in_other_processes_is_no_other_service():
    lab = laboratory()
    await to_the_pause(lab)

    _is_replaced(lab)
    status = await lab.run()

    assert status["phase"] == "Succeeded"
    (row,) = status["results"]
    assert "its replicates are of 2 sets of processes" in row["reasons"][-1]
    assert row["validity"] != "Invalid"


@pytest.mark.parametrize("change", [_is_resized, _gets_a_sidecar], ids=["resized", "a sidecar"])
async def test_what_becomes_of_a_container_in_mid_trial_voids_the_attempt(change):
    lab = laboratory()
    while not any(t.get("status", {}).get("phase") == "Running" for t in lab.trials().values()):
        await lab.step()

    change(lab)
    await lab.step()

    (trial,) = lab.trials().values()
    (former,) = trial["status"]["formerAttempts"]
    assert former["reason"] == "ServiceChanged"


async def test_a_restart_of_a_container_that_started_before_the_others_voids_the_attempt():
    lab = laboratory()
    while not any(t.get("status", {}).get("phase") == "Running" for t in lab.trials().values()):
        await lab.step()

    the_pod(lab)["status"]["initContainerStatuses"][0]["restartCount"] = 1
    await lab.step()

    (trial,) = lab.trials().values()
    assert trial["status"]["formerAttempts"][0]["reason"] == "ServiceChanged"


async def test_what_ran_is_on_record():
    lab = laboratory()

    status = await lab.run()

    environment = status["environment"]
    assert environment["images"]["service/mine"] == f"reg.example/shop@{BEFORE}"
    served = environment["services"]["mine"]
    assert served["pods"] == 1
    assert [each["name"] for each in served["containers"]] == ["app", "istio-proxy", "meter"]
    assert served["containers"][0]["cpuLimit"] == 1
    recorded: list[dict[str, Any]] = [t["status"]["askedService"] for t in lab.trials().values()]
    assert {each["pods"] for each in recorded} == {1}


UNEVEN: dict[str, tuple[Manifest, Manifest, str]] = {
    "by client": (service(sessionAffinity="ClientIP"), {}, "sessionAffinity ClientIP"),
    "by node": (service(internalTrafficPolicy="Local"), {}, "internalTrafficPolicy Local"),
    "by zone": (service(), {"hints": {"forZones": [{"name": "b"}]}}, "trafficDistribution"),
}


@pytest.mark.parametrize(("given", "hints", "said"), UNEVEN.values(), ids=UNEVEN)
async def test_a_service_that_leads_to_some_of_its_pods_only_is_not_asked(given, hints, said):
    ends = endpoint_slice(ENDS, ("uid-shop-2", "10.1.0.2"))
    ends["endpoints"][1] |= hints
    lab = with_running(given, pod(), pod("shop-2", "10.1.0.2"), ends)
    lab.submit(**SPEC, timeouts={"ready": "10s"})

    await lab.run(steps=60)

    failed = lab.condition("Failed")
    assert (failed["reason"], said in failed["message"]) == ("ServiceUnfit", True), failed


@pytest.mark.parametrize("given", [each[0] for each in UNEVEN.values()], ids=UNEVEN)
async def test_one_pod_has_all_the_load_in_any_case(given):
    lab = with_running(given, pod(), endpoint_slice(ENDS))
    lab.submit(**SPEC)

    assert (await lab.run())["phase"] == "Succeeded"
