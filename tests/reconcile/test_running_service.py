"""A service that runs already: asked, never changed, and void where it changed by itself."""

from collections.abc import Callable
from typing import Any

import pytest

from loadlab.kube.api import Kind, Manifest
from tests.reconcile.fake_kubernetes import copied
from tests.reconcile.laboratory import Laboratory
from tests.reconcile.running_services import (
    SPEC,
    endpoint_slice,
    pod,
    service,
    theirs,
    with_running,
)

ENDS = ("uid-shop-1", "10.1.0.1")


async def test_nothing_of_it_is_written_and_nothing_is_deployed():
    lab = with_running()
    before = copied(theirs(lab))
    lab.submit(**SPEC)

    status = await lab.run()

    assert status["phase"] == "Succeeded"
    assert status["results"][0]["requestsPerSecond"]["mean"] > 0
    assert theirs(lab) == before  # with every resourceVersion
    created = [call for call in lab.cluster.calls if call.startswith("create")]
    made = {call.rpartition("-")[2] for call in created if "DEPLOYMENT" in call or "JOB" in call}
    assert made == {"steward", "k6"}
    assert not any(call.startswith("delete") and "shop" in call for call in lab.cluster.calls)


async def test_its_cpu_is_not_known_and_its_image_is_on_record():
    lab = with_running()
    lab.submit(**SPEC)

    status = await lab.run()

    (row,) = status["results"]
    assert "service" not in row["cpuMicrosPerRequest"]
    assert "service" not in (row.get("memoryBytes") or {})
    assert any("nobody meters it" in reason for reason in row["reasons"])
    assert status["environment"]["images"]["service/mine"] == "shop:1.4"


HOSTILE: dict[str, tuple[tuple[Manifest, ...], str]] = {
    "none": ((pod(),), "is not there"),
    "an ExternalName": ((service(type="ExternalName", externalName="evil.example"),), "ExternalNa"),
    "without a selector": (
        (service(selector=None), endpoint_slice(("", "169.254.169.254"))),
        "has no selector",
    ),
    "headless": ((service(clusterIP="None"), pod(), endpoint_slice(ENDS)), "is headless"),
    "another port": (
        (service(ports=[{"port": 80, "protocol": "UDP"}, {"port": 443}]), pod()),
        "has no TCP port 80 (service.port); it has 443",
    ),
    "endpoints of somebody's own": (
        (service(), pod(), endpoint_slice(ENDS), endpoint_slice(ENDS, name="shop-y", maker="me")),
        "has the EndpointSlice shop-y",
    ),
    "forged endpoints": (
        (service(), pod(), endpoint_slice(("uid-shop-1", "10.9.9.9"))),
        "leads to other places",
    ),
    "an endpoint that is no pod of its own": (
        (service(), pod(), endpoint_slice(ENDS, ("uid-of-another", "10.1.0.9"))),
        "leads to other places",
    ),
    "a pod in the node's network": (
        (service(), pod(hostNetwork=True), endpoint_slice(ENDS)),
        "in the network of its node",
    ),
    "a pod of an experiment": (
        (
            service(),
            pod()
            | {"metadata": {"name": "shop-1", "labels": {"app": "shop", "loadlab.dev/run": "x"}}},
            endpoint_slice(ENDS),
        ),
        "has the pod shop-1, which belongs to an experiment",
    ),
    "a pod that is too large": (
        (service(), pod() | {"spec": {}, "status": {}}, endpoint_slice(ENDS)),
        "too large to be read",
    ),
    "more pods than are looked after": (
        (service(), *(pod(f"shop-{n}") for n in range(101))),
        "has 101 pods; at most 100",
    ),
    "no pod at all": ((service(), endpoint_slice()), "has no endpoints"),
    "a store of an experiment": (
        (service() | {"metadata": {"name": "shop", "labels": {"loadlab.dev/component": "x"}}},),
        "belongs to an experiment",
    ),
}


@pytest.mark.parametrize(("objects", "said"), HOSTILE.values(), ids=HOSTILE)
async def test_what_may_lead_elsewhere_is_never_asked(objects, said):
    lab = with_running(*objects)
    lab.submit(**SPEC, timeouts={"ready": "10s"})

    status = await lab.run(steps=60)

    failed = lab.condition("Failed")
    assert status["phase"] == "Failed"
    assert (failed["reason"], said in failed["message"]) == ("ServiceUnfit", True), failed
    assert not any("JOB" in call for call in lab.cluster.calls if call.startswith("create"))


async def test_instruments_of_one_pod_are_not_read_through_a_service_of_two():
    ends = (ENDS, ("uid-shop-2", "10.1.0.2"))
    lab = with_running(service(), pod(), pod("shop-2", "10.1.0.2"), endpoint_slice(*ends))
    metered = SPEC["variants"][0] | {"metrics": {"port": 80}}
    lab.submit(**SPEC | {"variants": [metered]}, timeouts={"ready": "10s"})

    await lab.run(steps=60)

    assert "has 2 pods, of which instrumentsPort or metrics" in lab.condition("Failed")["message"]


async def test_why_it_waits_is_said_at_once():
    lab = with_running(service(clusterIP="None"))
    lab.submit(**SPEC)

    for _ in range(6):
        await lab.step()

    assert "is headless" in lab.condition("Stalled")["message"]


async def test_the_end_of_a_rolling_update_is_waited_for():
    late = pod()
    late["status"]["conditions"][0]["status"] = "False"
    lab = with_running(service(), late, endpoint_slice(ENDS))
    lab.submit(**SPEC)
    for _ in range(10):
        await lab.step()
    assert "its pod shop-1 is not ready" in lab.condition("Stalled")["message"]

    theirs(lab)["POD shop-1"]["status"]["conditions"][0]["status"] = "True"

    assert (await lab.run())["phase"] == "Succeeded"
    assert lab.condition("Stalled")["status"] == "False"


def _rolls(lab: Laboratory) -> None:
    lab.cluster.objects[Kind.POD, "lab", "shop-1"]["metadata"]["uid"] = "uid-shop-2"
    ends = lab.cluster.objects[Kind.ENDPOINT_SLICE, "lab", "shop-x"]
    ends["endpoints"][0]["targetRef"]["uid"] = "uid-shop-2"
    ends["metadata"]["generation"] = 3


def _scales(lab: Laboratory) -> None:
    more = pod("shop-2", "10.1.0.2")
    lab.place(more | {"metadata": more["metadata"] | {"uid": "uid-shop-2"}})


def _restarts(lab: Laboratory) -> None:
    one = lab.cluster.objects[Kind.POD, "lab", "shop-1"]
    one["status"]["containerStatuses"][0]["restartCount"] = 1


def _was_not_ready(lab: Laboratory) -> None:
    lab.cluster.objects[Kind.ENDPOINT_SLICE, "lab", "shop-x"]["metadata"]["generation"] = 3


def _is_pointed_elsewhere(lab: Laboratory) -> None:
    spec: dict[str, Any] = {"type": "ExternalName", "externalName": "evil.example"}
    lab.cluster.objects[Kind.SERVICE, "lab", "shop"]["spec"] |= spec


def _leads_to_a_stranger_too(lab: Laboratory) -> None:
    lab.place(endpoint_slice(("", "10.9.9.9"), name="trap", maker="me"))


CHANGES: dict[str, tuple[Callable[[Laboratory], None], str]] = {
    "a rolling update": (_rolls, "was replaced or restarted"),
    "an autoscaler": (_scales, "had 1 pods when the run began and 2 later"),
    "a restart": (_restarts, "was replaced or restarted"),
    "a change that was taken back": (_was_not_ready, "endpoints of the Service shop changed"),
    "an EndpointSlice of somebody's": (_leads_to_a_stranger_too, "endpoints of the Service shop"),
    "an edit": (_is_pointed_elsewhere, "was edited, replaced or deleted"),
}


@pytest.mark.parametrize(("change", "said"), CHANGES.values(), ids=CHANGES)
async def test_a_change_in_mid_trial_voids_the_attempt(change, said):
    lab = with_running()
    lab.submit(**SPEC)
    while not any(
        trial.get("status", {}).get("phase") == "Running" for trial in lab.trials().values()
    ):
        await lab.step()

    change(lab)
    await lab.step()

    (trial,) = lab.trials().values()
    (former,) = trial["status"]["formerAttempts"]
    assert former["reason"] == "ServiceChanged"
    assert said in former["message"]
