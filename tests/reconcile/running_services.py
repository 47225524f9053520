"""A Service of somebody's with its pods, as Kubernetes has them, in a laboratory."""

import json
from typing import Any

from loadlab.kube.api import Kind, Manifest
from tests.reconcile.generator_log import generator_log
from tests.reconcile.laboratory import Laboratory

SPEC: dict[str, Any] = {
    "workload": "custom",
    "variants": [{"name": "mine", "service": {"name": "shop", "port": 80}}],
    "load": {"duration": "5s", "settling": "0s", "warmup": "1s", "request": {"path": "/"}},
    "replicates": 1,
    "successCriteria": [],
}
SELECTOR = {"app": "shop"}


def service(**spec: Any) -> Manifest:
    known = {"clusterIP": "10.0.0.7", "selector": SELECTOR, "ports": [{"port": 80}]}
    return {"kind": "Service", "metadata": {"name": "shop"}, "spec": known | spec}


def pod(name: str = "shop-1", ip: str = "10.1.0.1", **spec: Any) -> Manifest:
    return {
        "kind": "Pod",
        "metadata": {"name": name, "labels": dict(SELECTOR)},
        "spec": {"containers": [{"name": "app", "image": "shop:1.4"}], "nodeName": "node-1"} | spec,
        "status": {
            "phase": "Running",
            "podIPs": [{"ip": ip}],
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "app", "restartCount": 0}],
        },
    }


def endpoint_slice(
    *ends: tuple[str, str], name: str = "shop-x", maker: str = "endpointslice-controller.k8s.io"
) -> Manifest:
    """`ends` are uids of pods, and addresses."""
    labels = {
        "kubernetes.io/service-name": "shop",
        "endpointslice.kubernetes.io/managed-by": maker,
    }
    return {
        "kind": "EndpointSlice",
        "metadata": {"name": name, "labels": labels, "generation": 1},
        "endpoints": [
            {"addresses": [ip], "targetRef": {"kind": "Pod", "uid": uid}} for uid, ip in ends
        ],
    }


def unmetered(run: str) -> str:
    """The log of a run in which the steward found no instruments of the service to ask."""
    lines = [json.loads(line) for line in generator_log(run=run).split("\n")]
    for line in lines:
        line.get("loadlab_snapshot", {}).pop("components", None)
    return "\n".join(map(json.dumps, lines))


def with_running(*objects: Manifest, lab: Laboratory | None = None) -> Laboratory:
    """Return a laboratory with what others run in it: by default a Service with one pod."""
    lab = lab or Laboratory(log_of=unmetered)
    lab.cluster.service_runs_already = True
    for each in objects or (service(), pod(), endpoint_slice(("uid-shop-1", "10.1.0.1"))):
        name = each["metadata"]["name"]
        metadata = {"uid": f"uid-{name}", "resourceVersion": f"rv-{name}"} | each["metadata"]
        lab.place(each | {"metadata": metadata})
    return lab


def theirs(lab: Laboratory) -> dict[str, Manifest]:
    """What was there before, by kind and name."""
    kinds = (Kind.SERVICE, Kind.POD, Kind.ENDPOINT_SLICE)
    return {
        f"{kind.name} {name}": item
        for kind in kinds
        for name, item in lab.cluster.of_kind(kind).items()
        if name.startswith("shop")
    }
