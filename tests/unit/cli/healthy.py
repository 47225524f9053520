"""A cluster in which nothing is wrong, as what its API server answers by path."""

import json
from collections.abc import Mapping
from typing import Any

from loadlab.cli.doctor import report
from loadlab.cli.doctor.finding import Answer, Finding
from loadlab.model.spec import LoadExperimentSpec

SERVER = "https://lab.example:6443"
VERSION, NODES, NODE = "/version", "/api/v1/nodes", "/api/v1/nodes/n1/proxy"
CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/loadexperiments.loadlab.dev"
SERVED = "/apis/loadlab.dev/v1alpha1"
OPERATORS = "/apis/apps/v1/deployments"
REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
PLACE = "/api/v1/namespaces/lab"
QUOTAS, RANGES = f"{PLACE}/resourcequotas", f"{PLACE}/limitranges"
PRESSURE = {"avg60": 3.2, "total": 9}
FIELDS: dict[str, Any] = {
    info.alias or name: {} for name, info in LoadExperimentSpec.model_fields.items()
}


def crd(fields: Mapping[str, Any]) -> dict[str, Any]:
    spec = {"properties": {"spec": {"properties": dict(fields)}}}
    version = {"name": "v1alpha1", "schema": {"openAPIV3Schema": spec}}
    return {"metadata": {}, "spec": {"versions": [version]}}


def operator(release: str = "0.1.0", ready: int = 1, **env: str) -> dict[str, Any]:
    known = {"LOADLAB_IMAGE_REDIS": "redis:7", "LOADLAB_IMAGE_PULL_POLICY": "IfNotPresent", **env}
    container = {"env": [{"name": name, "value": value} for name, value in known.items()]}
    labels = {"app.kubernetes.io/version": release}
    return {
        "metadata": {"name": "loadlab", "namespace": "loadlab-system", "labels": labels},
        "spec": {"template": {"spec": {"containers": [container]}}},
        "status": {"readyReplicas": ready},
    }


def node(name: str = "n1", **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name},
        "spec": spec,
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "allocatable": {"cpu": "3900m", "memory": "8Gi"},
            "images": [{"names": ["docker.io/library/redis:7"]}, {"names": None}],
        },
    }


def healthy() -> dict[str, Any]:
    return {
        VERSION: {"gitVersion": "v1.34.4"},
        CRD: crd(FIELDS),
        OPERATORS: {"items": [operator()]},
        REVIEW: {"status": {"allowed": True}},
        NODES: {"items": [node()]},
        f"{NODE}/configz": {"kubeletconfig": {"cpuManagerPolicy": "static"}},
        f"{NODE}/stats/summary": {
            "node": {"cpu": {"usageNanoCores": 250_000_000, "psi": {"some": PRESSURE}}}
        },
        PLACE: {"metadata": {"name": "lab"}},
        QUOTAS: {"items": []},
        RANGES: {"items": []},
    }  # fmt: skip


def looked_at(changed: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Diagnose the healthy cluster with some answers changed; a number is a refusal's status."""
    answers = healthy() | dict(changed)

    def ask(path: str, document: Mapping[str, Any] | None = None) -> Answer:
        found = answers.get(path.partition("?")[0], 404)
        if callable(found):
            found = found(document)
        return Answer(found) if isinstance(found, int) else Answer(200, json.dumps(found))

    return report.diagnose(ask, SERVER, "lab", "0.1.0")
