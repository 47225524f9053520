"""What ends or is started again in mid-run: its attempt counts for nothing."""

import re

import pytest

from loadlab.base.times import rfc3339
from loadlab.kube.api import Manifest
from tests.reconcile.laboratory import CHILD, START, Laboratory
from tests.reconcile.test_trouble import container, fault_in

KILLED = {"exitCode": 137, "reason": "OOMKilled"}
FAILED = {"exitCode": 1, "reason": "Error", "message": "Traceback ...\nValueError: no\n"}


def restarted(terminated: Manifest) -> Manifest:
    """A container that ended in mid-run, and is ready again."""
    ready = {"type": "Ready", "status": "True"}
    last = {"terminated": terminated | {"finishedAt": rfc3339(START + 9)}}
    return container({}, last, restarts=1) | {"conditions": [ready]}


def ended(terminated: Manifest) -> Manifest:
    """A container that ended a moment ago; its pod is not known to be unready yet."""
    ready = {"type": "Ready", "status": "True"}
    state = {"terminated": terminated | {"finishedAt": rfc3339(START + 9)}}
    return container(state) | {"conditions": [ready]}


@pytest.mark.parametrize(
    ("component", "status", "reason", "says"),
    [
        ("service", restarted(FAILED), "ServiceRestarted", "restarted .* code 1, ValueError: no"),
        ("service", restarted(KILLED), "ServiceRestarted", "raise spec.resources.service.memory"),
        ("service", ended(FAILED), "ServiceRestarted", "the service ended .* code 1, ValueError"),
        ("postgres", restarted(KILLED), "StoreRestarted", "raise spec.resources.postgres.memory"),
        ("postgres", ended(FAILED), "StoreRestarted", "postgres ended during the run: exit code 1"),
    ],
)
async def test_what_restarted_in_mid_run_spoils_the_attempt(component, status, reason, says):
    """Also what ended a moment before the load did, and was not started again yet."""
    lab = Laboratory()
    lab.submit(replicates=1, variants=[{"name": "sync"}])
    while f"{CHILD}-001" not in lab.trials():
        await lab.step()
    lab.cluster.fault_of = fault_in(component, status)
    while lab.trials()[f"{CHILD}-001"]["status"].get("attempt") != 2:
        await lab.step()
    # The store's restart stays on its record; it was not in the run of the second attempt.
    lab.cluster.fault_of = fault_in("postgres", restarted(FAILED))

    assert (await lab.run())["phase"] == "Succeeded"
    [record] = lab.trials()[f"{CHILD}-001"]["status"]["formerAttempts"]
    assert record["reason"] == reason
    assert re.search(says, record["message"])
