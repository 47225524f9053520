"""A fault that befalls a run under its load: what ends before that is a trouble of its start."""

from collections.abc import Callable

from loadlab.base.names import COMPONENT_LABEL, RUN_LABEL
from loadlab.kube.api import Manifest
from tests.reconcile.laboratory import Laboratory

Fault = Callable[[Manifest], Manifest | None]
RUNS: Manifest = {
    "phase": "Running",
    "conditions": [{"type": "Ready", "status": "True"}],
    "containerStatuses": [{"name": "k6", "state": {"running": {}}, "restartCount": 0}],
}


def under_load(lab: Laboratory, fault_of: Fault) -> Fault:
    """Let the load of each run last until its servers are written down, and then the fault come."""

    def found(pod: Manifest) -> Manifest | None:
        labels = pod["metadata"]["labels"]
        name, _, _ = labels.get(RUN_LABEL, "").rpartition("-")
        trials = [trial for each, trial in lab.trials().items() if each == name or not name]
        if not any(trial.get("status", {}).get("servers") for trial in trials):
            return RUNS if labels[COMPONENT_LABEL] == "k6" else None
        return fault_of(pod)

    return found
