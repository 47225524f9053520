"""Somebody's finalizer on what an experiment made: it is named at once, and holds up nobody long.

Whoever may edit pods or Services of a namespace can set one; so do controllers of meshes and of
cloud load balancers, which take theirs away after a moment.
"""

from collections.abc import Callable, Iterator

import pytest

from loadlab.base.names import RUN_LABEL
from loadlab.kube.api import Kind, Manifest
from loadlab.kube.pods import child_fields
from loadlab.progress.clearing import HELD
from tests.reconcile.laboratory import Laboratory

SOMEBODYS = "example.com/never"
KINDS = [Kind.SERVICE, Kind.JOB, Kind.DEPLOYMENT]


def of_the_first_run(lab: Laboratory, kind: Kind) -> Iterator[Manifest]:
    for item in lab.cluster.of_kind(kind).values():
        if (item["metadata"].get("labels") or {}).get(RUN_LABEL, "").endswith("001-a1"):
            yield item


async def until(lab: Laboratory, holds: Callable[[], object], steps: int = 60) -> None:
    for _ in range(steps):
        if holds():
            return
        await lab.step()
    raise AssertionError(lab.status())


async def held_experiment(kind: Kind) -> Laboratory:
    """One whose first run is over, and a child of which somebody holds."""
    lab = Laboratory()
    lab.submit(replicates=1)
    await until(lab, lambda: any(of_the_first_run(lab, kind)))
    for item in of_the_first_run(lab, kind):
        item["metadata"]["finalizers"] = [SOMEBODYS]
    run = of_the_first_run
    await until(lab, lambda: any(i["metadata"].get("deletionTimestamp") for i in run(lab, kind)))
    return lab


@pytest.mark.parametrize("kind", KINDS)
async def test_a_finalizer_is_named_within_five_seconds_and_ends_the_experiment_soon(kind: Kind):
    lab = await held_experiment(kind)
    deleted = lab.now
    await until(lab, lambda: lab.condition("Stalled").get("reason") == "NotCleared")
    named = lab.now

    status = await lab.run()

    assert named - deleted <= 5
    assert lab.now - deleted <= 2 * HELD + 10
    message = lab.condition("Failed")["message"]
    assert (status["phase"], lab.condition("Failed")["reason"]) == ("Failed", "NotCleared")
    assert f"{kind.value.word} " in message
    assert f"held by somebody's finalizer {SOMEBODYS}" in message
    assert "node lost" not in message


async def test_a_pod_that_has_ended_is_waited_for_by_nobody():
    lab = await held_experiment(Kind.POD)

    status = await lab.run()

    assert (status["phase"], status["verdict"]) == ("Succeeded", "Passed")


async def test_the_next_experiment_begins_as_soon_as_the_held_one_is_over():
    lab = await held_experiment(Kind.SERVICE)
    lab.submit("next", replicates=1)
    await lab.run()
    await lab.reconcile("next")

    assert lab.status("next")["phase"] == "Preparing"


@pytest.mark.parametrize("kind", KINDS)
async def test_one_that_is_taken_away_after_a_moment_changes_nothing(kind: Kind):
    lab = await held_experiment(kind)
    for _ in range(5):
        await lab.step()
    for item in of_the_first_run(lab, kind):
        del item["metadata"]["finalizers"]

    status = await lab.run()

    assert (status["phase"], status["verdict"]) == ("Succeeded", "Passed")
    assert lab.condition("Stalled")["status"] == "False"


@pytest.mark.parametrize(
    ("finalizers", "held_by"),
    [
        (["batch.kubernetes.io/job-tracking", "foregroundDeletion", "orphan"], ""),
        (["a.example/x", "foregroundDeletion", "b.example/y"], "a.example/x, b.example/y"),
    ],
)
def test_those_of_kubernetes_are_nobodys(finalizers: list[str], held_by: str):
    item: Manifest = {"metadata": {"name": "a", "finalizers": finalizers}}

    assert child_fields(item, Kind.POD)["held_by"] == held_by
