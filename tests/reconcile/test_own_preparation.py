"""Preparation of the user's own: after the data, before any trial, and told where it fails."""

import pytest

from loadlab.base.names import COMPONENT_LABEL, Component
from loadlab.kube.api import Kind, Manifest
from tests.reconcile.laboratory import CHILD, Laboratory

PREPARING: Manifest = {
    "preparation": {"image": "shop:1", "command": ["alembic", "upgrade", "head"]},
    "replicates": 1,
}
BROKEN: Manifest = {
    "phase": "Failed",
    "containerStatuses": [
        {
            "name": "preparation",
            "restartCount": 0,
            "state": {
                "terminated": {"exitCode": 3, "message": "working\nrelation shop does not exist"}
            },
        }
    ],
}


def jobs(lab: Laboratory) -> dict[str, Manifest]:
    return {
        item["metadata"]["labels"][COMPONENT_LABEL]: item
        for (kind, *_), item in lab.cluster.objects.items()
        if kind is Kind.JOB
    }


async def test_it_is_made_once_the_data_are_loaded_and_before_any_trial():
    lab = Laboratory()
    lab.submit(**PREPARING)
    for _ in range(40):
        await lab.step()
        if Component.PREPARATION in jobs(lab):
            break
    else:
        raise AssertionError("it was not made")

    conditions = jobs(lab)[Component.DATASET]["status"]["conditions"]
    assert any(one["type"] == "Complete" for one in conditions)
    assert not [kind for kind, *_ in lab.cluster.objects if kind is Kind.TRIAL]
    assert (await lab.run())["phase"] == "Succeeded"


async def test_its_failure_ends_the_experiment_with_its_last_words():
    lab = Laboratory()
    lab.submit(**PREPARING)
    lab.cluster.fault_of = lambda pod: (
        BROKEN if pod["metadata"]["labels"][COMPONENT_LABEL] == "preparation" else None
    )

    for _ in range(40):
        await lab.step()
        if Component.PREPARATION in jobs(lab):
            break
    await lab.step()
    given_up = {"type": "Failed", "status": "True", "message": "BackoffLimitExceeded"}
    jobs(lab)[Component.PREPARATION]["status"] = {"conditions": [given_up]}

    await lab.run(steps=80)

    failed = lab.condition("Failed")
    assert failed["reason"] == "PreparationFailed"
    assert failed["message"] == (
        "spec.preparation failed: exit code 3, relation shop does not exist"
    )
    assert not [kind for kind, *_ in lab.cluster.objects if kind is Kind.TRIAL]


async def test_what_it_put_into_a_store_that_is_replaced_is_put_there_again():
    """No data set of ours tells that the store is empty; nor does a clock of its node."""
    lab = Laboratory()
    factors = {"workers": [1], "virtualUsers": [8], "consumers": [1]}
    ingest: Manifest = {"workload": "ingest", "variants": [{"name": "queued"}], "factors": factors}
    lab.submit(**PREPARING, **ingest, timeouts={"prepare": "60s"})
    while (Kind.JOB, "lab", f"{CHILD}-001-a1-k6") not in lab.cluster.objects:
        await lab.step()
    del lab.cluster.objects[Kind.POD, "lab", f"{CHILD}-redis-pod"]

    while lab.condition("InfrastructureReady")["status"] == "True":
        await lab.step()
    told = lab.condition("InfrastructureReady")["message"]
    while lab.condition("InfrastructureReady")["status"] != "True":
        await lab.step()

    assert "the redis pod was replaced, and its data with it" in told
    assert lab.cluster.calls.count(f"create JOB {CHILD}-preparation") >= 2


@pytest.mark.parametrize("apart", [-30, 30], ids=["behind", "ahead"])
async def test_clocks_of_nodes_that_differ_empty_no_store_and_hide_no_empty_one(apart):
    lab = Laboratory()
    lab.cluster.node_clock = apart
    lab.submit(replicates=1, timeouts={"prepare": "60s"})
    while (Kind.JOB, "lab", f"{CHILD}-001-a1-k6") not in lab.cluster.objects:
        await lab.step()
    loaded = lab.cluster.calls.count(f"create JOB {CHILD}-dataset")
    del lab.cluster.objects[Kind.POD, "lab", f"{CHILD}-postgres-pod"]

    status = await lab.run()

    assert (loaded, status["phase"]) == (1, "Succeeded")
    assert lab.cluster.calls.count(f"create JOB {CHILD}-dataset") == 2
