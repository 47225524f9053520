"""A preparation that takes long has a time of its own: nobody stops a migration sooner."""

from typing import Any

import pytest

from loadlab.base.names import COMPONENT_LABEL, Component
from loadlab.kube.api import Kind, Manifest
from loadlab.kube.errors import UnavailableError
from tests.reconcile.laboratory import Laboratory

RUNS: Manifest = {
    "phase": "Running",
    "conditions": [{"type": "Ready", "status": "True"}],
    "containerStatuses": [{"ready": True, "restartCount": 0, "state": {"running": {}}}],
}
END: Manifest = {"exitCode": 0, "finishedAt": "2027-01-15T08:01:00Z"}
ENDS: Manifest = {
    "phase": "Succeeded",
    "containerStatuses": [{"restartCount": 0, "state": {"terminated": END}}],
}
LOOK = "look at what it has done by then"


def prepares(lab: Laboratory, part: Component = Component.PREPARATION, **spec: Any) -> None:
    """Submit an experiment of which one part runs until `lab.cluster.fault_of` says otherwise."""
    image: Manifest = {"image": "shop:1", "command": ["alembic", "upgrade", "head"]}
    short: dict[str, Any] = {"replicates": 1, "timeouts": {"prepare": "20s"}}
    lab.submit(preparation=image | {"timeout": "60s"}, **short | spec)
    lab.cluster.fault_of = lambda pod: RUNS if is_of(pod, part) else None


def is_of(pod: Manifest, part: Component) -> bool:
    return bool(pod["metadata"]["labels"][COMPONENT_LABEL] == part)


async def steps(lab: Laboratory, count: int) -> None:
    for _ in range(count):
        await lab.step()


async def test_it_may_take_longer_than_all_that_comes_before_it():
    lab = Laboratory()
    prepares(lab)
    await steps(lab, 50)

    assert lab.status()["phase"] == "Preparing"
    assert lab.condition("Reconciling")["message"] == "spec.preparation is under way"
    lab.cluster.fault_of = lambda pod: ENDS if is_of(pod, Component.PREPARATION) else None
    assert (await lab.run())["phase"] == "Succeeded"
    assert "under way" not in lab.condition("Reconciling")["message"]


async def test_one_that_does_not_end_is_named_with_its_own_time():
    lab = Laboratory()
    prepares(lab)

    await lab.run(steps=120)

    failed = lab.condition("Failed")
    assert failed["reason"] == "DeadlineExceeded"
    assert failed["message"] == (
        f"spec.preparation did not end within 60s: {LOOK}, and raise preparation.timeout "
        "(timeouts.prepare is for what comes before it)"
    )


@pytest.mark.parametrize(
    ("asked", "says"),
    [({"timeouts": {"total": "40s"}}, "timeouts.total of 40s has passed"), ({}, "spec.terminate")],
    ids=["total", "terminate"],
)
async def test_what_stops_it_before_its_end_says_so(asked, says):
    lab = Laboratory()
    prepares(lab, **asked)
    await steps(lab, 20)
    lab.experiment()["spec"]["terminate"] = not asked

    await lab.run(steps=80)

    told = lab.condition("Failed" if asked else "Complete")["message"]
    assert told.startswith(says)
    assert told.endswith(f"; spec.preparation was under way: {LOOK}")


async def test_while_nothing_can_be_looked_at_it_has_its_time_too(monkeypatch):
    lab = Laboratory()
    prepares(lab)
    await steps(lab, 15)

    def unanswered(*_: object) -> None:
        raise UnavailableError("GET pods: 503 no answer")

    monkeypatch.setattr(lab.cluster, "list", unanswered)
    lab.now += 40
    with pytest.raises(UnavailableError):
        await lab.reconcile()
    lab.now += 90
    await lab.reconcile()

    assert lab.condition("Failed")["reason"] == "DeadlineExceeded"


async def test_one_whose_image_is_not_there_waits_no_longer_than_the_rest():
    lab = Laboratory()
    prepares(lab)
    waits = {"waiting": {"reason": "ImagePullBackOff"}}
    away = {"phase": "Pending", "containerStatuses": [{"restartCount": 0, "state": waits}]}
    lab.cluster.fault_of = lambda pod: away if is_of(pod, Component.PREPARATION) else None

    await lab.run(steps=40)

    assert lab.condition("Failed")["reason"] == "ImagePullFailed"


async def test_a_data_set_that_says_nothing_and_does_not_end_is_named():
    lab = Laboratory()
    prepares(lab, Component.DATASET)

    await lab.run(steps=40)

    assert lab.condition("Failed")["message"] == (
        "not ready in time: dataset (its container on node node-1 runs, and has not ended)"
    )
    assert not [kind for kind, *_ in lab.cluster.objects if kind is Kind.TRIAL]
