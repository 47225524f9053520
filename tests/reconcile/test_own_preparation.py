"""Preparation of the user's own: after the data, before any trial, and told where it fails."""

from loadlab.base.names import COMPONENT_LABEL, Component
from loadlab.kube.api import Kind, Manifest
from tests.reconcile.laboratory import Laboratory

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
