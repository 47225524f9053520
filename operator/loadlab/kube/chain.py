"""Whose a pod is: known by its owners, each with the uid of an object that is there.

A label says nothing: whoever may create pods may write it. Nor does the last owner alone: a pod may
name our Job as its controller, so it must also run what the Job asks for.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from loadlab.base.names import COMPONENT_LABEL, EXPERIMENT_UID_LABEL, RUN_LABEL
from loadlab.kube.api import Cluster, Kind, Manifest
from loadlab.kube.lists import outline
from loadlab.kube.ownership import controller_of, is_controlled_by
from loadlab.kube.pods import label_of
from loadlab.model.resources import Metadata
from loadlab.progress.programs import surroundings_of

MAKER_KINDS = (Kind.JOB, Kind.DEPLOYMENT, Kind.STATEFUL_SET)
_CONTROLLERS = {
    (kind.value.api_version, kind.value.word): kind for kind in (*MAKER_KINDS, Kind.REPLICA_SET)
}
JOB_FINALIZER = "batch.kubernetes.io/job-tracking"  # gone with the Job, or soon after it
_ABOVE = {Kind.REPLICA_SET: (Kind.DEPLOYMENT,)}  # who may control what controls a pod
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,252}")
_RUNS = ("command", "args", "workingDir", "lifecycle", "stdin", "tty")
MOST_OWNERS = 30  # that one sorting asks for: whoever may make pods may name any number


@dataclass(frozen=True, slots=True)
class SortedPods:
    """The pods that bear an experiment's uid: its own, those of makers that are gone, strangers.

    Pods whose maker is gone are collected by Kubernetes; until then they use what they use.
    Of each stranger it is told why it is none of ours.
    """

    own: tuple[Manifest, ...] = ()
    departing: tuple[Manifest, ...] = ()
    strangers: tuple[tuple[Manifest, str], ...] = ()


async def sort_pods(
    cluster: Cluster, metadata: Metadata, labelled: Mapping[Kind, Iterable[Manifest]]
) -> SortedPods:
    """Sort the pods among what bears an experiment's labels; owners not there are looked up."""
    makers = _makers(labelled, metadata.uid)
    owners = _Owners(cluster, metadata)
    own, departing, strangers = [], [], []
    for pod in labelled[Kind.POD]:
        if label_of(pod, EXPERIMENT_UID_LABEL) != metadata.uid:
            continue
        found = makers.get(controller_of(pod).get("uid", ""))
        if found is not None and not (why := _difference(pod, *found)):
            own.append(pod)
        elif found is not None:
            strangers.append((pod, why))
        elif await owners.are_gone(pod):
            if not _is_only_kept(pod):
                departing.append(pod)
        else:
            strangers.append((pod, "nothing of the experiment's controls it"))
    return SortedPods(tuple(own), tuple(departing), tuple(strangers))


def _makers(
    labelled: Mapping[Kind, Iterable[Manifest]], uid: str
) -> dict[str, tuple[Kind, Manifest]]:
    """Return the experiment's own objects that make pods, by the uid that their pods name."""
    makers = {
        item["metadata"]["uid"]: (kind, item)
        for kind in MAKER_KINDS
        for item in labelled[kind]
        if is_controlled_by(item, uid)
    }
    sets = {s["metadata"]["uid"]: controller_of(s).get("uid") for s in labelled[Kind.REPLICA_SET]}
    return makers | {own: makers[owner] for own, owner in sets.items() if owner in makers}


class _Owners:
    """Who controls the pods that nothing of the experiment's is known to control.

    Each is asked for once, and no more than `MOST_OWNERS` of them.
    """

    def __init__(self, cluster: Cluster, metadata: Metadata) -> None:
        self._cluster, self._metadata = cluster, metadata
        self._found: dict[tuple[Kind, str], Manifest | None] = {}

    async def are_gone(self, item: Manifest, allowed: Iterable[Kind] = tuple(Kind)) -> bool:
        """Whether the controller of a pod, or that of its ReplicaSet, is gone or not seen yet.

        What is gone must be of a kind that Kubernetes collects pods of: a pod that only says so
        is collected as well. A name that could not be any object's is not asked for, nor is
        anything above a ReplicaSet but a Deployment: somebody's may control itself.
        """
        controller = controller_of(item)
        kind = _CONTROLLERS.get((controller.get("apiVersion", ""), controller.get("kind", "")))
        name = controller.get("name", "")
        if kind is None or kind not in allowed or not _NAME.fullmatch(name):
            return False
        if (kind, name) not in self._found:
            if len(self._found) == MOST_OWNERS:
                return False
            found = await self._cluster.get(kind, self._metadata.namespace, name, bare=True)
            self._found[kind, name] = found and outline(found)
        found = self._found[kind, name]
        if found is None or found["metadata"].get("uid") != controller.get("uid"):
            return True
        if is_controlled_by(found, self._metadata.uid):
            return True
        return kind in _ABOVE and await self.are_gone(found, _ABOVE[kind])


def _is_only_kept(pod: Manifest) -> bool:
    """Whether a pod has ended and is still there only because somebody's finalizer keeps it."""
    others = set(pod["metadata"].get("finalizers") or ()) - {JOB_FINALIZER}
    return bool(others) and (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}


def _difference(pod: Manifest, kind: Kind, maker: Manifest) -> str:
    """Return in what a pod is not what its maker makes; empty for nothing."""
    for key in (COMPONENT_LABEL, RUN_LABEL):
        if label_of(pod, key) != label_of(maker, key):
            return f"its label {key} is not that of its controller"
    return _difference_from_job(pod, maker) if kind is Kind.JOB else ""


def _difference_from_job(pod: Manifest, job: Manifest) -> str:
    """Look closer where a pod's word is taken: for a result, or for data that were loaded."""
    component = label_of(job, COMPONENT_LABEL)
    template = job["spec"].get("template") or {}  # of one that is too large nothing is known
    asked_of_pod = template.get("spec") or {}
    asked, found = _container(asked_of_pod, component), _container(pod["spec"], component)
    around = surroundings_of(pod["spec"])
    if around != surroundings_of(asked_of_pod):
        added = ", ".join(around) or "nothing"
        return f"it shares or finds other things than its Job asks for: its pod sets {added}"
    if found.get("image") != asked.get("image"):
        return (
            f"its container {component} has the image {str(found.get('image'))[:200]} and not "
            f"{asked.get('image')}; if admission changes images, install LoadLab with that one"
        )
    if any(found.get(key) != asked.get(key) for key in _RUNS):
        return f"its container {component} runs another program than its Job asks for"
    variables = found.get("env") or ()
    if any(variable not in variables for variable in asked.get("env") or ()):
        return f"its container {component} has another environment than its Job asks for"
    return ""


def _container(spec: Manifest, name: str) -> Manifest:
    containers: Iterable[Manifest] = spec.get("containers") or ()
    return next((each for each in containers if each.get("name") == name), {})
