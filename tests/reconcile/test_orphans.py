"""`kubectl delete --cascade=orphan` in the middle of a run: nobody owns what runs any more."""

import pytest

from loadlab.base.names import experiment_selector
from loadlab.base.times import rfc3339
from loadlab.kube.api import Kind, Manifest
from tests.reconcile.laboratory import Laboratory

MAKERS = (Kind.SERVICE, Kind.JOB, Kind.DEPLOYMENT, Kind.STATEFUL_SET)


async def orphaned_in_mid_run() -> Laboratory:
    """An operator that has seen an experiment run which is then deleted without its children."""
    lab = Laboratory(forgetful=False)
    lab.submit(replicates=1)
    while lab.status().get("phase") != "Running" or len(lab.cluster.of_kind(Kind.DEPLOYMENT)) < 2:
        await lab.step()
    await lab.step()
    lab.experiment()["metadata"]["deletionTimestamp"] = rfc3339(lab.now)
    lab.experiment()["metadata"]["finalizers"] = ["orphan"]
    for item in list(lab.cluster.objects.values()):
        owners = item["metadata"].get("ownerReferences") or []
        kept = [owner for owner in owners if owner["kind"] != "LoadExperiment"]
        item["metadata"]["ownerReferences"] = kept
    await lab.reconcile()  # the garbage collector is quicker than the pass after the deletion
    del lab.cluster.objects[Kind.EXPERIMENT, "lab", "exp"]
    return lab


def makers(lab: Laboratory) -> dict[str, Manifest]:
    return {
        f"{kind.value.word} {name}": item
        for kind in MAKERS
        for name, item in lab.cluster.of_kind(kind).items()
    }


def place_strangers_service(lab: Laboratory) -> None:
    """Somebody's, with our labels and under a name of ours, as after an upgrade by hand."""
    labels = experiment_selector("exp")
    lab.place({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x", "labels": labels}})


async def test_what_ran_is_taken_away_and_nothing_else():
    lab = await orphaned_in_mid_run()
    place_strangers_service(lab)
    trials = set(lab.trials())

    for _ in range(5):
        await lab.step()

    assert set(makers(lab)) == {"Service x"}
    assert lab.cluster.of_kind(Kind.POD) == {}
    assert set(lab.trials()) == trials != set()


async def test_a_namesake_finds_nothing_of_it_running():
    lab = await orphaned_in_mid_run()
    lab.submit(replicates=1)
    lab.experiment()["metadata"]["uid"] = "uid-of-the-namesake"
    former = set(makers(lab))

    for _ in range(5):
        await lab.step()

    assert former.isdisjoint(makers(lab))


@pytest.mark.parametrize("kind", [Kind.SERVICE, Kind.DEPLOYMENT])
async def test_another_object_under_the_same_name_stays(kind: Kind):
    lab = await orphaned_in_mid_run()
    name = next(iter(lab.cluster.of_kind(kind)))
    lab.cluster.objects[kind, "lab", name]["metadata"]["uid"] = "somebody-elses"

    for _ in range(5):
        await lab.step()

    assert name in lab.cluster.of_kind(kind)


async def test_an_operator_that_was_started_since_touches_nothing():
    lab = await orphaned_in_mid_run()
    lab.restart()
    there = makers(lab)

    for _ in range(5):
        await lab.step()

    assert makers(lab) == there
