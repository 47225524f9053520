"""Nodes without a CPU for the service alone, and what an experiment makes of it."""

from loadlab.base.names import COMPONENT_LABEL
from loadlab.kube.api import Manifest
from tests.manifests import Json
from tests.reconcile.laboratory import Laboratory

SENTENCE = "0/1 nodes are available: 1 Insufficient cpu."
UNSCHEDULABLE: Manifest = {
    "phase": "Pending",
    "conditions": [
        {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": f"{SENTENCE} preemption: 0/1 nodes are available: 1 No preemption victims",
        }
    ],
}


def asks_for_a_cpu(pod: Manifest) -> bool:
    """Whether a pod of the service asks for a whole CPU."""
    is_service = pod["metadata"]["labels"][COMPONENT_LABEL] == "service"
    containers = pod["spec"]["containers"]
    return is_service and any(c["resources"]["requests"]["cpu"] == "1" for c in containers)


def no_cpu_is_free(pod: Manifest) -> Manifest | None:
    return UNSCHEDULABLE if asks_for_a_cpu(pod) else None


def chosen(lab: Laboratory) -> Json:
    found: Json = lab.status()["chosen"]
    return {name: found[name] for name in found if name.startswith("serviceCpu")}


def placements(lab: Laboratory) -> list[str]:
    return [trial["status"]["serviceCpu"] for trial in lab.trials().values()]


async def until_first_trial(lab: Laboratory) -> None:
    while not any(trial.get("status") for trial in lab.trials().values()):
        await lab.step()
