"""What all pods share: Pod Security "restricted", scratch space, limits, placement."""

from collections.abc import Mapping
from typing import Any

from loadlab.base.names import COMPONENT_LABEL, STORES, Component
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.limits import Amounts
from loadlab.model.spec.placement import Toleration

Manifest = dict[str, Any]

APPLICATION_USER = 10001
STORE_USER = 999  # the uid of the official postgres, redis and rabbitmq images on Debian
INSTRUMENTS_PORT = 9000
STEWARD_PORT = 8080
STEWARD_TOKEN = "STEWARD_TOKEN"  # noqa: S105 - the variable's name


def volume(name: str, limit: str, medium: str = "") -> Manifest:
    """Return a volume that goes with its pod; a pod that fills it beyond its limit is evicted."""
    return {"name": name, "emptyDir": {"sizeLimit": limit} | ({"medium": medium} if medium else {})}


CONTAINER_SECURITY: Manifest = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
# The kernel keeps signals from a first process that has no handler yet: a Python program that is
# told to stop while it starts would sit out its grace period. With this the pause process is first.
STOPS_AT_ONCE: Manifest = {"shareProcessNamespace": True}
# An autoscaler that empties a node to save it would void the trial, again and again: it leaves a
# node alone on which such a pod runs. The first is the Cluster Autoscaler's and GKE's, the second
# Karpenter's. A drain by hand and a lack of memory go on as ever.
LEFT_BY_AUTOSCALERS: Manifest = {
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    "karpenter.sh/do-not-disrupt": "true",
}
# For images of others. Pods of our own have no volume, and write to /dev/shm if at all: a kubelet
# waits 300 ms before it looks again whether volumes are mounted, which is half of a pod's start.
SCRATCH: Manifest = volume("tmp", "1Gi")
SCRATCH_MOUNT: Manifest = {"name": "tmp", "mountPath": "/tmp"}  # noqa: S108 - inside the pod


def pod_security(user: int) -> Manifest:
    """Return the pod's security context for a numeric user."""
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def limited(amounts: Amounts) -> Manifest:
    """Return resources by which a container may use more than is kept for it."""
    limits = {"memory": amounts.memory} | ({"cpu": amounts.cpu} if amounts.cpu else {})
    requests = {"cpu": amounts.cpu_request, "memory": amounts.memory_request}
    return {"requests": requests, "limits": limits}


def guaranteed(amounts: Amounts) -> Manifest:
    """Return resources of a container in a Guaranteed pod: all that it may use is kept for it."""
    amount = {"cpu": amounts.cpu, "memory": amounts.memory}
    return {"requests": amount, "limits": amount}


def pod_template(
    component: Component, labels: dict[str, str], spec: LoadExperimentSpec, pod: Manifest
) -> Manifest:
    """Return a pod template: the given pod with labels, security and placement."""
    user = STORE_USER if component in STORES else APPLICATION_USER
    return {
        "metadata": {
            "labels": labels | {COMPONENT_LABEL: component.value},
            "annotations": LEFT_BY_AUTOSCALERS,
        },
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": pod_security(user),
            **_placed(component, spec),
            **pod,
        },
    }


def _placed(component: Component, spec: LoadExperimentSpec) -> Manifest:
    """Return what a spec says of a component's nodes, as a piece of a pod."""
    placement = spec.placement
    tolerated = [_toleration(each) for each in placement.tolerations_of(component)]
    priority = placement.priority_class_name
    return {
        "nodeSelector": placement.labels_for(component),
        **({"tolerations": tolerated} if tolerated else {}),
        **({"priorityClassName": priority} if priority else {}),
    }


def _toleration(given: Toleration) -> Manifest:
    value = {"value": given.value} if given.value is not None else {}
    effect = {"effect": given.effect.value} if given.effect else {}
    return {"key": given.key, "operator": "Equal" if value else "Exists", **value, **effect}


def env(**values: str | int | float) -> list[Manifest]:
    """Return environment variables by name."""
    return [{"name": name, "value": str(value)} for name, value in values.items()]


def http_probe(
    path: str,
    port: int,
    period: int,
    *,
    https: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Manifest:
    """Return a probe by HTTP that is patient with a busy process; a certificate is not checked."""
    scheme = {"scheme": "HTTPS"} if https else {}
    named = [{"name": name, "value": value} for name, value in (headers or {}).items()]
    return {
        "httpGet": {
            "path": path,
            "port": port,
            **scheme,
            **({"httpHeaders": named} if named else {}),
        },
        "periodSeconds": period,
        "timeoutSeconds": 5,
        "failureThreshold": 10,
    }
