"""Stores, steward and a run's own that somebody scales are named, and spoil the attempt."""

import pytest

from loadlab.base.times import rfc3339
from loadlab.kube.api import Kind
from tests.reconcile.fake_kubernetes import copied
from tests.reconcile.laboratory import CHILD, Laboratory
from tests.reconcile.test_infrastructure import (
    POSTGRES_POD,
    run_until_the_first_trial,
    times_created,
)

PARTS = {"postgres": Kind.STATEFUL_SET, "steward": Kind.DEPLOYMENT}


@pytest.mark.parametrize("number", [0, 2])
@pytest.mark.parametrize("part", PARTS)
async def test_a_part_that_somebody_scaled_is_named_at_once_and_spoils_the_attempt(part, number):
    """An autoscaler of all Deployments: half of the connections would find an empty store."""
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    scaled = lab.cluster.of_kind(PARTS[part])[f"{CHILD}-{part}"]
    scaled["spec"]["replicas"] = number
    for _ in range(3):
        await lab.step()
    named = lab.condition("Stalled")["message"]
    waits = f"{CHILD}-002" not in lab.trials()

    scaled["spec"]["replicas"] = 1

    kind = PARTS[part].value.word
    assert named == f"somebody scaled {kind} {CHILD}-{part} to {number}: scale it to 1 again"
    assert waits
    assert (await lab.run())["phase"] == "Succeeded"
    assert lab.condition("Stalled")["status"] == "False"
    [former] = lab.trials()[f"{CHILD}-001"]["status"]["formerAttempts"]
    assert former["reason"] == "InfrastructureLost"
    assert times_created(lab, f"{CHILD}-dataset") == 1


@pytest.mark.parametrize("number", [0, 2])
async def test_a_runs_own_that_somebody_scaled_spoils_the_attempt(number):
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    lab.cluster.of_kind(Kind.DEPLOYMENT)[f"{CHILD}-001-a1"]["spec"]["replicas"] = number

    assert (await lab.run())["phase"] == "Succeeded"
    [former] = lab.trials()[f"{CHILD}-001"]["status"]["formerAttempts"]
    assert former["reason"] == "ServiceRestarted"
    assert f"to {number}: scale it to 1 again" in former["message"]


async def test_a_second_store_beside_the_one_that_was_filled_is_no_replacement():
    lab = Laboratory()
    await run_until_the_first_trial(lab)
    twin = copied(lab.cluster.objects[POSTGRES_POD])
    twin["metadata"] |= {
        "name": f"{CHILD}-postgres-1-pod",
        "uid": "uid-twin",
        "creationTimestamp": rfc3339(lab.now + 60),
    }
    lab.cluster.objects[Kind.POD, "lab", f"{CHILD}-postgres-1-pod"] = twin

    await lab.run()

    assert times_created(lab, f"{CHILD}-dataset") == 1


async def test_a_store_that_somebody_scaled_away_is_named_at_once_and_at_the_end():
    lab = Laboratory()
    lab.submit(timeouts={"prepare": "30s"})
    while lab.condition("InfrastructureReady").get("status") != "True":
        await lab.step()
    postgres = lab.cluster.of_kind(Kind.STATEFUL_SET)[f"{CHILD}-postgres"]
    postgres["spec"]["replicas"] = 0
    for _ in range(3):
        await lab.step()
    said = f"somebody scaled StatefulSet {CHILD}-postgres to 0: scale it to 1 again"
    named = lab.condition("Stalled")["message"]

    postgres["spec"]["replicas"] = 1
    for _ in range(3):
        await lab.step()

    assert named == said
    assert lab.condition("Stalled")["status"] == "False"
    assert (await lab.run())["phase"] == "Succeeded"
