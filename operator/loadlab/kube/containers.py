"""Containers as the API server has them after admission -> frozen views.

Ours are told from others by their names, which our manifests give: admission may put a container
of somebody's before them, in the spec as in the status.
"""

import math
from collections.abc import Iterable
from typing import Any

from loadlab.base.names import INPUTS, METER, Component
from loadlab.base.quantities import amount
from loadlab.base.times import epoch
from loadlab.kube.api import Manifest
from loadlab.progress.observed import ContainerKind, ContainerState, ContainerView, Resources


def view_containers(pod: Manifest, own: str) -> tuple[ContainerView, ...]:
    """Return all containers of a pod of which `own` is the one that it was made for."""
    spec, status = pod["spec"], pod.get("status") or {}
    early = [
        _view(container, _statuses(status, "initContainerStatuses"), _early_kind(container), own)
        for container in spec.get("initContainers") or ()
    ]
    regular = [
        _view(container, _statuses(status, "containerStatuses"), ContainerKind.REGULAR, own)
        for container in spec.get("containers") or ()
    ]
    return (*early, *regular)


def view_resources(resources: Manifest) -> Resources:
    """Return requests and limits in CPUs and bytes; one that cannot be read counts as not set."""
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    return Resources(
        cpu_request=_number(requests.get("cpu")),
        cpu_limit=_number(limits.get("cpu")),
        memory_request=_number(requests.get("memory")),
        memory_limit=_number(limits.get("memory")),
    )


def _early_kind(container: Manifest) -> ContainerKind:
    stays = container.get("restartPolicy") == "Always"
    return ContainerKind.NATIVE_SIDECAR if stays else ContainerKind.INIT


def _statuses(status: Manifest, field: str) -> dict[str, Manifest]:
    found: Iterable[Manifest] = status.get(field) or ()
    return {each.get("name", ""): each for each in found}


def _view(
    container: Manifest, statuses: dict[str, Manifest], kind: ContainerKind, own: str
) -> ContainerView:
    name = container["name"]
    status = statuses.get(name) or {}
    return ContainerView(
        name=name,
        kind=kind,
        ours=name == own or _is_beside(name, kind, own),
        image=container.get("image") or "",
        image_id=status.get("imageID") or "",
        # What the node gave last, where the amounts of a running container were changed.
        resources=view_resources(status.get("resources") or container.get("resources") or {}),
        ready=bool(status.get("ready")),
        restarts=status.get("restartCount") or 0,
        **_state(status),
    )


def _is_beside(name: str, kind: ContainerKind, own: str) -> bool:
    """Whether it is one that our manifests have in a pod beside its own."""
    if kind is ContainerKind.INIT:
        return name == INPUTS and own in {Component.SERVICE, Component.K6}
    return name == METER and own == Component.SERVICE


def _state(status: Manifest) -> dict[str, Any]:
    state, last = status.get("state") or {}, status.get("lastState") or {}
    ended = state.get("terminated") or last.get("terminated") or {}
    waiting = state.get("waiting") or {}
    return {
        "state": next((s for s in ContainerState if s.value in state), ContainerState.UNKNOWN),
        "waiting_reason": waiting.get("reason") or "",
        "waiting_message": waiting.get("message") or "",
        "terminated_reason": ended.get("reason") or "",
        "exit_code": ended.get("exitCode"),
        "ended": epoch(ended["finishedAt"]) if ended.get("finishedAt") else None,
        "termination_message": ended.get("message") or "",
    }


def _number(quantity: object) -> float | None:
    if quantity is None:
        return None
    try:
        number = float(amount(str(quantity)))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
