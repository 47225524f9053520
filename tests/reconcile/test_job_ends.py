"""How the Jobs before the trials end: not every end has its word in a log."""

import pytest

from loadlab.base.names import COMPONENT_LABEL
from loadlab.kube.api import Kind, Manifest
from tests.manifests import Json
from tests.reconcile.laboratory import CHILD, Laboratory

PROGRESS = 'dataset: progress {"step": "load orders", "percent": 40}'
FAILED = {"type": "Failed", "status": "True", "message": "Job has reached its backoff limit"}


def ended(component: str, terminated: Manifest) -> Manifest:
    status = {"name": component, "state": {"terminated": terminated}}
    return {"phase": "Failed", "containerStatuses": [status]}


ENDS: dict[str, tuple[Manifest | None, str]] = {
    "out of memory": (
        {"exitCode": 137, "reason": "OOMKilled", "message": PROGRESS},
        "it ran out of memory; raise spec.resources.{component}.memory",
    ),
    "not startable": (
        {"exitCode": 128, "reason": "StartError", "message": "no such file"},
        "its container cannot be started: no such file",
    ),
    "evicted": (None, "its pod ended on node node-1, Evicted: low on ephemeral-storage"),
}


@pytest.mark.parametrize("component", ["dataset", "preparation"])
@pytest.mark.parametrize("end", ENDS)
async def test_the_end_of_a_job_says_what_ended_it(component, end):
    terminated, says = ENDS[end]
    lab = Laboratory()
    own: Json = {"preparation": {"image": "mine:1"}} if component == "preparation" else {}
    lab.submit(**own)
    evicted = {"phase": "Failed", "reason": "Evicted", "message": "low on ephemeral-storage"}
    status = ended(component, terminated) if terminated else evicted

    def fault_of(pod: Manifest) -> Manifest | None:
        return status if pod["metadata"]["labels"][COMPONENT_LABEL] == component else None

    lab.cluster.fault_of = fault_of
    while not lab.is_finished():
        await lab.step()
        pods = filter(fault_of, lab.cluster.of_kind(Kind.POD).values())
        failed = [pod for pod in pods if pod["status"]["phase"] == "Failed"]
        jobs = lab.cluster.of_kind(Kind.JOB)
        if f"{CHILD}-{component}" in jobs and failed:
            jobs[f"{CHILD}-{component}"]["status"] = {"failed": 2, "conditions": [FAILED]}

    assert says.format(component=component) in lab.condition("Failed")["message"]
