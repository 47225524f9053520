"""A service of several pods: no load begins before Kubernetes calls all of them ready."""

from collections.abc import Callable
from typing import Any

import pytest

from loadlab.kube.api import Kind, Manifest
from tests.reconcile.laboratory import Laboratory

SPEC: dict[str, Any] = {
    "workload": "custom",
    "variants": [{"name": "mine", "image": "mine:1"}],
    "factors": {"replicas": [2], "virtualUsers": [10]},
    "load": {"duration": "5s", "warmup": "1s", "settling": "0s", "request": {"path": "/"}},
    "replicates": 1,
    "timeouts": {"ready": "60s"},
}
LATE: Manifest = {
    "phase": "Running",
    "conditions": [{"type": "Ready", "status": "False"}],
    "containerStatuses": [{"ready": False, "state": {"running": {}}}],
}


def with_a_late_pod(**spec: Any) -> tuple[Laboratory, list[bool]]:
    """The second pod of the service does not answer until the list is empty."""
    lab, is_late = Laboratory(), [True]
    lab.cluster.fault_of = lambda pod: (
        LATE if is_late and pod["metadata"]["name"].endswith("-1-pod") and serves(pod) else None
    )
    lab.submit(**SPEC | spec)
    return lab, is_late


def serves(pod: Manifest) -> bool:
    return bool(pod["metadata"]["labels"]["loadlab.dev/component"] == "service")


def let_it_come(lab: Laboratory, is_late: list[bool]) -> None:
    is_late.clear()
    for name, pod in lab.cluster.of_kind(Kind.POD).items():
        if name.endswith("-1-pod") and serves(pod):
            pod["status"] = {"phase": "Pending"}


async def until(lab: Laboratory, holds: Callable[[], object]) -> None:
    for _ in range(60):
        if holds():
            return
        await lab.step()
    raise AssertionError(lab.status())


def generators(lab: Laboratory) -> list[str]:
    return [name for name in lab.cluster.of_kind(Kind.JOB) if name.endswith("-k6")]


def serving(lab: Laboratory) -> int:
    pods = [pod for pod in lab.cluster.of_kind(Kind.POD).values() if serves(pod)]
    ready = {"type": "Ready", "status": "True"}
    return sum(ready in pod["status"].get("conditions", ()) for pod in pods)


def on_the_way(lab: Laboratory) -> list[Manifest]:
    trials = (trial.get("status", {}) for trial in lab.trials().values())
    return [status for status in trials if status.get("phase") == "Running"]


async def test_the_generator_is_made_when_all_pods_are_ready():
    lab, is_late = with_a_late_pod()
    await until(lab, lambda: serving(lab))
    for _ in range(10):
        await lab.step()

    assert (serving(lab), generators(lab)) == (1, [])
    assert "served" not in on_the_way(lab)[0]["timings"]

    let_it_come(lab, is_late)
    await until(lab, lambda: generators(lab))

    assert serving(lab) == 2
    assert (await lab.run())["phase"] == "Succeeded"
    (trial,) = lab.trials().values()
    timings = trial["status"]["timings"]
    assert timings["served"] - timings["started"] > 10
    assert "formerAttempts" not in trial["status"] or not trial["status"]["formerAttempts"]


async def test_a_pod_that_never_comes_is_named():
    lab, _ = with_a_late_pod(timeouts={"ready": "20s"})

    await lab.run()

    failed = lab.condition("Failed")
    assert failed["reason"] == "NeverReady"
    assert "not ready in time: service" in failed["message"]
    assert not lab.cluster.finished_runs


async def test_the_generators_own_time_begins_when_it_is_made():
    """Else a service that takes nearly all of it would leave none to the generator."""
    lab, is_late = with_a_late_pod(timeouts={"ready": "20s"})
    await until(lab, lambda: on_the_way(lab))
    for _ in range(15):
        await lab.step()
    let_it_come(lab, is_late)
    lab.cluster.fault_of = lambda pod: (
        {"phase": "Pending"} if pod["metadata"]["labels"]["loadlab.dev/component"] == "k6" else None
    )
    for _ in range(15):
        await lab.step()
    lab.cluster.fault_of = lambda _: None

    assert (await lab.run())["phase"] == "Succeeded"


async def test_a_generator_that_is_gone_afterwards_is_a_loss():
    lab, is_late = with_a_late_pod()
    let_it_come(lab, is_late)
    await until(lab, lambda: generators(lab))
    await lab.step()
    for name in generators(lab):
        del lab.cluster.objects[Kind.JOB, "lab", name]

    await lab.step()

    (trial,) = lab.trials().values()
    assert trial["status"]["formerAttempts"][0]["reason"] == "GeneratorLost"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_an_operator_that_dies_as_it_makes_the_generator_makes_one(after):
    lab, is_late = with_a_late_pod()
    await until(lab, lambda: serving(lab))
    await lab.step()
    let_it_come(lab, is_late)
    await lab.step()
    before = lab.cluster.saved()
    await lab.step()
    made = next(n for n, call in enumerate(lab.cluster.calls) if call.startswith("create JOB"))
    lab.cluster.resume(before)

    lab.cluster.crash_at, lab.cluster.crash_after_effect = made, after
    await lab.step()

    assert (await lab.run())["phase"] == "Succeeded"
    (trial,) = lab.trials().values()
    assert trial["status"]["attempt"] == 1
    assert trial["status"]["timings"]["served"]
