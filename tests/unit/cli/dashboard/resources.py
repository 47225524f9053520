"""Experiments, pods and log lines as an API server has them."""

import json
from typing import Any

from loadlab.base.names import children_name, result_token
from tests.unit.cli.conftest import finished_experiment

UID = "7f1c"
EVIL = '"><script>document.documentElement.dataset.ran="yes"</script><img src=x onerror=alert(1)>'
SINCE = {"lastTransitionTime": "2026-11-20T14:00:00Z"}
Resource = dict[str, Any]


def experiment(name: str = "select", phase: str = "Running", **status: Any) -> Resource:
    metadata = {"name": name, "namespace": "lab", "uid": UID, "resourceVersion": "5"}
    return {
        "metadata": metadata,
        "spec": {"workload": "select"},
        "status": {"phase": phase} | status,
    }


def running(name: str = "select", done: int = 3, **status: Any) -> Resource:
    counts = {"planned": 9, "succeeded": done}
    known = {"progress": f"{done}/9", "trials": counts, "currentTrial": trial(name, done + 1)}
    return experiment(name, "Running", **(known | status))


def finished(name: str = "select", uid: str = UID) -> Resource:
    found = finished_experiment()
    found["metadata"] |= {"name": name, "uid": uid}
    return found


def trial(name: str, index: int) -> str:
    return f"{children_name(name, UID)}-{index:03d}"


def pod(run: str, name: str = "", created: str = "2026-11-20T14:00:00Z") -> Resource:
    labels = {"loadlab.dev/run": run, "loadlab.dev/component": "k6"}
    name = name or f"{run}-k6-x"
    found = {"name": name, "namespace": "lab", "uid": f"uid-{name}", "labels": labels}
    return {"metadata": found | {"creationTimestamp": created}}


def line(run: str, second: int, requests: int | None = None, **more: Any) -> bytes:
    told = {"version": 1, "seconds": second, "phase": "measurement"} | more
    told |= {} if requests is None else {"requests": requests, "failed": 0}
    return f'{result_token(UID, run)} {{"loadlab_progress":{json.dumps(told)}}}'.encode()
