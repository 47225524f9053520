"""Pods and what makes them, as the API server has them -> frozen views."""

from collections.abc import Iterable, Iterator
from typing import Any

from loadlab.base.names import COMPONENT_LABEL, RUN_LABEL, Component
from loadlab.base.times import epoch
from loadlab.kube.api import Kind, Manifest
from loadlab.kube.containers import view_containers, view_resources
from loadlab.kube.hints import NO_HINTS, Hints
from loadlab.kube.ownership import is_controlled_by
from loadlab.progress.begun import is_held_up
from loadlab.progress.observed import (
    ContainerView,
    ControllerView,
    JobView,
    PodView,
    Reference,
    Resources,
    Stranger,
)
from loadlab.progress.programs import program_of

LIMIT_RANGER = "kubernetes.io/limit-ranger"  # the admission plugin's own annotation


def child_fields(item: Manifest, kind: Kind) -> dict[str, Any]:
    """Return what the views of all children begin with, by the names of their fields."""
    metadata, component = item["metadata"], label_of(item, COMPONENT_LABEL)
    return {
        "reference": Reference(kind.value.word, metadata["name"], metadata.get("uid") or ""),
        "component": Component(component) if component in set(Component) else None,
        "run": label_of(item, RUN_LABEL),
        "deleting": bool(metadata.get("deletionTimestamp")),
        "gone_by": _moment(metadata.get("deletionTimestamp")),
        "held_by": ", ".join(_foreign(metadata.get("finalizers") or ())),
    }


def _foreign(finalizers: Iterable[str]) -> Iterable[str]:
    """Yield those that Kubernetes itself does not take away."""
    own = ("foregroundDeletion", "orphan", "batch.kubernetes.io/", "service.kubernetes.io/")
    return (each for each in finalizers if not each.startswith(own))


def label_of(item: Manifest, key: str) -> str:
    """Return a label's value; empty where there is no such label."""
    return str((item["metadata"].get("labels") or {}).get(key, ""))


def _condition(status: Manifest, type_: str) -> Manifest:
    conditions: Iterable[Manifest] = status.get("conditions") or ()
    return next((c for c in conditions if c.get("type") == type_), {})


def view_pod(pod: Manifest, hints: Hints = NO_HINTS) -> PodView:
    """Return what decides about a pod, and what really runs of it: all its containers.

    What is said of the pod itself is said of the container that it was made for.
    """
    fields, status = child_fields(pod, Kind.POD), pod.get("status") or {}
    own = fields["component"] or ""
    containers = view_containers(pod, own)
    main = next((each for each in containers if each.name == own), ContainerView(name=own))
    held = next(filter(is_held_up, containers), main)
    uid = fields["reference"].uid
    return PodView(
        **fields,
        phase=status.get("phase") or "Pending",
        reported=uid in hints.reported,
        progress=hints.progress.get(uid),
        ready=_condition(status, "Ready").get("status") == "True",
        restarts=main.restarts,
        waiting_reason=held.waiting_reason,
        waiting_message=held.waiting_message,
        terminated_reason=main.terminated_reason,
        exit_code=main.exit_code,
        ended=main.ended,
        termination_message=main.termination_message,
        unschedulable=_unschedulable(_condition(status, "PodScheduled")) or _turned_away(status),
        reason=status.get("reason") or "",
        message=status.get("message") or "",
        node=pod["spec"].get("nodeName") or "",
        image=main.image_id or main.image,
        created=_moment(pod["metadata"].get("creationTimestamp")) or 0.0,
        containers=containers,
        qos_class=status.get("qosClass") or "",
        pod_resources=_pod_resources(pod["spec"].get("resources")),
        limit_ranger=(pod["metadata"].get("annotations") or {}).get(LIMIT_RANGER) or "",
        starts_again=pod["spec"].get("restartPolicy") != "Never",
        mounts=dict(_mounts(pod["spec"])),
    )


def _mounts(spec: Manifest) -> Iterator[tuple[str, str]]:
    """Yield the volumes of Secrets and ConfigMaps, each with what it shows."""
    for volume in spec.get("volumes") or ():
        if secret := (volume.get("secret") or {}).get("secretName"):
            yield volume["name"], f"Secret {secret}"
        if config_map := (volume.get("configMap") or {}).get("name"):
            yield volume["name"], f"ConfigMap {config_map}"


def view_stranger(pod: Manifest, why: str) -> Stranger:
    """Return what is told of a pod that bears the experiment's labels and is not its own."""
    return Stranger(**child_fields(pod, Kind.POD), why=why, has_ended=view_pod(pod).has_ended)


def _pod_resources(resources: Manifest | None) -> Resources | None:
    return view_resources(resources) if resources else None


def _moment(text: str | None) -> float | None:
    return epoch(text) if text else None


def _turned_away(status: Manifest) -> str:
    """Why a kubelet did not admit a pod that was bound to its node: none of it ever started."""
    reason = status.get("reason") or ""
    is_of_admission = reason.endswith(("AdmissionError", "AlignmentError", "AffinityError"))
    if status.get("phase") != "Failed" or not (is_of_admission or reason.startswith("OutOf")):
        return ""
    return f"its node turned it away, {reason}: {status.get('message') or 'no reason given'}"


def _unschedulable(scheduled: Manifest) -> str:
    """Some releases call it an error of the scheduler where a node that the pod names is gone."""
    reason, message = scheduled.get("reason"), scheduled.get("message") or "no reason given"
    is_gone = reason == "SchedulerError" and "nodeinfo not found" in message
    is_unplaced = reason == "Unschedulable" or is_gone
    return message if scheduled.get("status") == "False" and is_unplaced else ""


def view_job(job: Manifest, pods: Iterable[Manifest]) -> JobView:
    """Return what decides about a Job.

    Its work is done when its pods' own containers have; its pods say so a second later, and the
    Job itself another one. No container of a Job is started twice. Where a container that admission
    added holds a pod, neither pod nor Job ever says it.
    """
    own = [view_pod(pod) for pod in pods if is_controlled_by(pod, job["metadata"]["uid"])]
    status = job.get("status") or {}
    failed = _condition(status, "Failed")
    ended_well = sum(pod.exit_code == 0 and pod.ended is not None for pod in own)
    wanted = job["spec"].get("completions") or 1
    return JobView(
        **child_fields(job, Kind.JOB),
        created=_moment(job["metadata"].get("creationTimestamp")) or 0.0,
        complete=ended_well >= wanted or _condition(status, "Complete").get("status") == "True",
        failed=failed.get("status") == "True" or _fails_for_good(job, own),
        suspended=bool(job["spec"].get("suspend")),
        message=failed.get("message") or "",
        program=program_of(job),
    )


def _fails_for_good(job: Manifest, pods: Iterable[PodView]) -> bool:
    """Whether more pods have failed than may, with those that others hold and nobody counts."""
    held = sum(pod.is_held and bool(pod.exit_code) and not pod.deleting for pod in pods)
    counted = (job.get("status") or {}).get("failed") or 0
    return held > 0 and counted + held > (job["spec"].get("backoffLimit") or 0)


def view_controller(item: Manifest, kind: Kind) -> ControllerView:
    """Return what decides about a Deployment or StatefulSet."""
    failure = _condition(item.get("status") or {}, "ReplicaFailure")
    refusal = failure.get("message") or "" if failure.get("status") == "True" else ""
    replicas = (item.get("spec") or {}).get("replicas")
    return ControllerView(**child_fields(item, kind), refusal=refusal, replicas=replicas)
