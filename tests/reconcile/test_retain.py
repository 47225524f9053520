"""`retain: OnFailure`: what a failed experiment leaves to look at, and until when."""

from typing import Any

import pytest

from loadlab.base.names import COMPONENT_LABEL
from loadlab.kube.api import Kind, Manifest
from tests.reconcile.laboratory import CHILD, Laboratory

RUN = f"{CHILD}-001-a1"
KEPT: dict[str, Any] = {"retain": "OnFailure", "retainFor": "1m", "replicates": 1}


def unpullable(component: str):
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}

    def fault_of(pod: Manifest) -> Manifest | None:
        if pod["metadata"]["labels"][COMPONENT_LABEL] != component:
            return None
        return {"phase": "Pending", "containerStatuses": [{"name": component, "state": waiting}]}

    return fault_of


async def failed(component: str = "service", name: str = "exp", **spec: Any) -> Laboratory:
    lab = Laboratory()
    lab.cluster.fault_of = unpullable(component)
    lab.submit(name, **KEPT | spec)
    status = await lab.run(name, steps=400)
    assert status["phase"] == "Failed"
    return lab


async def steps(lab: Laboratory, seconds: int, name: str = "exp") -> None:
    for _ in range(seconds):
        await lab.step(name)


async def test_stores_and_service_stay_and_the_load_goes():
    lab = await failed()

    makers = {name for kind, _, name in lab.cluster.objects if kind in {Kind.DEPLOYMENT, Kind.JOB}}
    assert makers == {f"{CHILD}-dataset", f"{CHILD}-steward", RUN}
    assert f"StatefulSet {CHILD}-postgres" in lab.leftovers() | {
        f"StatefulSet {name}" for name in lab.cluster.of_kind(Kind.STATEFUL_SET)
    }
    retained = lab.status()["retained"]
    assert f"{RUN}-pod" in retained["pods"]
    assert retained["look"] == "kubectl get all -n lab -l loadlab.dev/experiment=exp"
    assert retained["clear"] == (
        "kubectl patch loadexperiment exp -n lab --type=merge "
        """-p '{"spec":{"retain":"Never"}}'"""
    )
    assert lab.condition("Failed")["reason"] == "ImagePullFailed"


async def test_it_goes_when_its_time_is_over():
    lab = await failed()
    await steps(lab, 50)
    assert lab.status()["retained"]

    await steps(lab, 30)

    assert lab.leftovers() == set()
    assert "retained" not in lab.status()
    assert lab.status()["phase"] == "Failed"


@pytest.mark.parametrize("suspended", [True, False], ids=["one that cannot begin", "the next one"])
async def test_it_goes_as_soon_as_another_one_has_its_turn(suspended):
    lab = await failed(retainFor="1h")
    lab.submit("other", replicates=1, suspend=suspended)

    await steps(lab, 20)

    assert ("retained" in lab.status()) is suspended
    assert bool(lab.leftovers()) is suspended


async def test_nobody_waits_for_it():
    lab = await failed(retainFor="1h")
    lab.cluster.fault_of = lambda _pod: None
    lab.submit("other", replicates=1)

    await lab.step("other")

    assert lab.status("other")["phase"] == "Preparing"


async def test_it_goes_when_it_is_told_to():
    lab = await failed(retainFor="1h")
    lab.experiment()["spec"]["retain"] = "Never"

    await steps(lab, 20)

    assert lab.leftovers() == set()
    assert "retained" not in lab.status()


async def test_it_goes_when_it_is_deleted_though_somebodys_finalizer_keeps_the_experiment():
    lab = await failed(retainFor="1h")
    lab.experiment()["metadata"] |= {
        "deletionTimestamp": "2026-11-26T10:00:00Z",
        "finalizers": ["example.com/never"],
    }

    await steps(lab, 20)

    assert lab.leftovers() == set()
    assert "retained" not in lab.status()


async def test_it_goes_with_a_release_that_refuses_the_spec():
    lab = await failed(retainFor="1h")
    lab.experiment()["spec"]["workload"] = "unknown"

    await steps(lab, 20)

    assert lab.leftovers() == set()
    assert "retained" not in lab.status()


async def test_it_deletes_itself_though_something_is_kept():
    lab = await failed(retainFor="1h", ttlStrategy={"secondsAfterFailure": 10})

    for _ in range(20):
        if (Kind.EXPERIMENT, "lab", "exp") not in lab.cluster.objects:
            return
        await lab.step()
    raise AssertionError("it is still there")


async def test_without_it_and_after_a_success_nothing_stays():
    lab = await failed(retain="Never")
    assert lab.leftovers() == set()

    lab = Laboratory()
    lab.submit(**KEPT)
    assert (await lab.run())["phase"] == "Succeeded"
    assert lab.leftovers() == set()
    assert "retained" not in lab.status()


async def test_a_data_set_that_was_not_loaded_can_be_looked_at():
    lab = await failed("postgres", timeouts={"prepare": "1m"})

    assert lab.status()["retained"]["pods"]
    await steps(lab, 90)
    assert lab.leftovers() == set()
