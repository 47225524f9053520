"""What somebody edits and takes back before the operator looks again is told by what it left."""

import pytest

from loadlab.kube.api import Kind, Manifest
from tests.reconcile.laboratory import CHILD, Laboratory
from tests.reconcile.test_infrastructure import run_until_the_first_trial

RUN, POSTGRES = f"{CHILD}-001-a1", f"{CHILD}-postgres"
OUR_PORT: Manifest = {'k:{"port":8000,"protocol":"TCP"}': {"f:targetPort": {}}}


def wrote(lab: Laboratory, name: str, manager: str, **fields: Manifest) -> None:
    """Leave of an edit that was taken back what the API server keeps: who wrote a field last."""
    spec = {f"f:{field}": part for field, part in fields.items()}
    entry = {"manager": manager, "operation": "Update", "fieldsV1": {"f:spec": spec}}
    metadata = lab.cluster.objects[Kind.SERVICE, "lab", name]["metadata"]
    metadata["managedFields"] = [{"manager": "loadlab", "fieldsV1": {"f:spec": spec}}, entry]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"selector": {}}, "spec.selector"),
        ({"ports": OUR_PORT}, "spec.ports[8000]"),
        ({"type": {}, "externalName": {}}, "spec.externalName"),
    ],
)
async def test_an_edit_of_a_service_that_was_taken_back_between_two_looks_spoils_the_attempt(
    fields, field
):
    """Connections that were made meanwhile lead to other pods, and generators keep them."""
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    wrote(lab, RUN, "kubectl-edit", **fields)

    assert (await lab.run())["phase"] == "Succeeded"
    [former] = lab.trials()[f"{CHILD}-001"]["status"]["formerAttempts"]
    said = f"somebody changed Service {RUN} ({field}, and took it back) during the run"
    assert (former["reason"], former["message"]) == ("ServiceChanged", said)


async def test_a_service_of_a_store_whose_edit_was_taken_back_is_made_anew():
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    former = lab.cluster.objects[Kind.SERVICE, "lab", POSTGRES]["metadata"]["uid"]
    wrote(lab, POSTGRES, "kubectl-patch", selector={})

    while f"{CHILD}-001-a2" not in lab.cluster.of_kind(Kind.DEPLOYMENT):
        await lab.step()

    assert lab.cluster.objects[Kind.SERVICE, "lab", POSTGRES]["metadata"]["uid"] != former
    assert (await lab.run())["phase"] == "Succeeded"
    [attempt] = lab.trials()[f"{CHILD}-001"]["status"]["formerAttempts"]
    assert attempt["reason"] == "InfrastructureLost"


@pytest.mark.parametrize(
    ("manager", "fields"),
    [
        ("loadlab", {"selector": {}}),  # what we created
        ("mesh", {"trafficDistribution": {}}),  # a field that leads nowhere else
        ("mesh", {"ports": {'k:{"port":15000,"protocol":"TCP"}': {}}}),  # a port beside ours
        ("mesh", {"ports": {"k:[8000]": {}, "k:{": {}}}),  # made up
    ],
)
async def test_what_others_write_of_a_service_that_leads_nowhere_else_is_no_edit(manager, fields):
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    wrote(lab, RUN, manager, **fields)

    assert (await lab.run())["phase"] == "Succeeded"
    assert not lab.trials()[f"{CHILD}-001"]["status"].get("formerAttempts")


async def test_a_policy_that_was_taken_back_between_two_looks_is_none_of_our_business():
    """What it kept out has failed, and is counted; where load leads to it does not say."""
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    metadata = lab.cluster.objects[Kind.NETWORK_POLICY, "lab", POSTGRES]["metadata"]
    metadata["generation"] += 2

    assert (await lab.run())["phase"] == "Succeeded"
    assert not lab.trials()[f"{CHILD}-001"]["status"].get("formerAttempts")


async def test_a_deployment_that_was_taken_back_has_other_pods_or_the_same():
    """Of other pods see test_restarts; the same ones have run what was planned all the time."""
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    metadata = lab.cluster.objects[Kind.DEPLOYMENT, "lab", RUN]["metadata"]
    metadata["generation"] += 2

    assert (await lab.run())["phase"] == "Succeeded"
    assert not lab.trials()[f"{CHILD}-001"]["status"].get("formerAttempts")
