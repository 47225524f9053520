"""Just enough of Kubernetes to move experiments on, a round at a time.

Controllers make pods, pods become ready, generators finish and leave a log, what is deleted goes.
"""

import itertools
import pickle
from collections.abc import Callable
from typing import TypeVar

from loadlab.base.names import COMPONENT_LABEL, RUN_LABEL
from loadlab.base.times import rfc3339
from loadlab.kube.api import Kind, Manifest, kind_of

Key = tuple[Kind, str, str]
T = TypeVar("T")


def copied(item: T) -> T:
    """Several times faster than copy.deepcopy, and here it is called all the time."""
    same: T = pickle.loads(pickle.dumps(item))  # our own objects, made a moment ago
    return same


def _maker(item: Manifest) -> tuple[str, str]:
    """Return version and kind of what makes pods."""
    return kind_of(item).value.api_version, item["kind"]


def _controller(api_version: str, kind: str, owner: Manifest) -> Manifest:
    metadata = owner["metadata"]
    reference = {"apiVersion": api_version, "kind": kind, "controller": True}
    return reference | {"name": metadata["name"], "uid": metadata["uid"]}


def with_token(pod: Manifest, text: str) -> str:
    """Return a log as our generator writes it: each line begins with the token it was given."""
    variables = pod["spec"]["containers"][-1]["env"]
    token = next(each["value"] for each in variables if each["name"] == "LOADLAB_TOKEN")
    return "\n".join(f"{token} {line}" for line in text.split("\n"))


def _named(status: Manifest, component: str) -> Manifest:
    """Return a status in which a container without a name is the one the pod was made for."""
    statuses = [{"name": component} | each for each in status.get("containerStatuses", ())]
    return status | {"containerStatuses": statuses}


class FakeKubernetes:
    """Objects by kind, namespace and name, and what becomes of them."""

    def __init__(self, log_of: Callable[[Manifest], str]) -> None:
        self.objects: dict[Key, Manifest] = {}
        self.logs_by_pod: dict[str, str] = {}
        self.node = "node-1"  # where new pods run
        self.lost_nodes: set[str] = set()  # whose kubelets do not answer
        self.finished_runs: list[str] = []
        self.service_runs_already = False  # then no generator waits for one of its run
        self.fault_of: Callable[[Manifest], Manifest | None] = lambda _: None
        self.never_goes: Callable[[str], bool] = lambda _: False  # a pod, by name
        self.pod_refusal_of: Callable[[Manifest], str] = lambda _: ""  # by what makes it
        self.digest_of: Callable[[Manifest, str], str] = lambda *_: "0" * 18
        self._failed_creations: dict[str, str] = {}  # by the uid of what makes the pod
        self._log_of = log_of
        self._made: set[str] = set()  # uids of all that was ever created
        self._ids = itertools.count(1)
        self._now = 1_800_000_000.0  # moves on by a second a tick
        self.node_clock = 0  # seconds by which the nodes differ from the API server

    def of_kind(self, kind: Kind) -> dict[str, Manifest]:
        """Objects of a kind by name."""
        return {name: item for (k, _, name), item in self.objects.items() if k is kind}

    def _store(self, key: Key, manifest: Manifest) -> None:
        item = copied(manifest)
        item["metadata"]["uid"] = f"uid-{next(self._ids)}"
        item["metadata"]["resourceVersion"] = str(next(self._ids))
        item["metadata"]["creationTimestamp"] = rfc3339(self._now)
        if key[0] is not Kind.SERVICE:
            item["metadata"]["generation"] = 1
        item.pop("status", None)
        self._made.add(item["metadata"]["uid"])
        self.objects[key] = item

    def tick(self) -> None:
        """Let Kubernetes do one round of its work."""
        self._now += 1
        self._collect_garbage()
        self._advance_pods()
        for (kind, namespace, name), item in list(self.objects.items()):
            if item["metadata"].get("deletionTimestamp") or "template" not in item.get("spec", {}):
                continue  # an application's object of which nothing matters but that it stays
            if kind is Kind.DEPLOYMENT:
                made_by = self._replica_set(namespace, name, item)
                self._ensure_pod(namespace, name, made_by)
                for number in range(1, item["spec"].get("replicas", 1)):
                    self._ensure_pod(namespace, f"{name}-{number}", made_by)
            elif kind is Kind.STATEFUL_SET:
                self._ensure_pod(namespace, name, item)
            elif kind is Kind.JOB and not item["spec"].get("suspend"):
                for index in range(item["spec"].get("completions", 1)):
                    self._ensure_pod(namespace, f"{name}-{index}", item)

    def _collect_garbage(self) -> None:
        doomed = {k for k, v in self.objects.items() if self._can_go(k[0], v)}
        uids = {self.objects[key]["metadata"]["uid"] for key in doomed}
        for key in doomed:
            del self.objects[key]
        there = {item["metadata"]["uid"] for item in self.objects.values()}
        for (kind, _, _), item in self.objects.items():
            owners = item["metadata"].get("ownerReferences") or []
            missing = {owner["uid"] for owner in owners} - there
            if any(owner["uid"] in uids for owner in owners) or (
                kind is Kind.POD and missing & self._made
            ):
                item["metadata"].setdefault("deletionTimestamp", rfc3339(self._now))

    def _can_go(self, kind: Kind, item: Manifest) -> bool:
        """A deleted pod's processes end first; it is gone a moment after, if its node is there."""
        metadata = item["metadata"]
        if not metadata.get("deletionTimestamp") or self.never_goes(metadata["name"]):
            return False
        if kind is Kind.POD and item["spec"].get("nodeName") in self.lost_nodes:
            return False
        lives = kind is Kind.POD and item["status"]["phase"] in {"Pending", "Running"}
        if lives:
            item["status"] = {"phase": "Failed"}
        return not lives and not metadata.get("finalizers")

    def _replica_set(self, namespace: str, name: str, owner: Manifest) -> Manifest:
        key = (Kind.REPLICA_SET, namespace, f"{name}-7d4b")
        if key not in self.objects:
            template = owner["spec"]["template"]
            metadata = {
                "name": key[2],
                "namespace": namespace,
                "labels": dict(template["metadata"]["labels"]),
                "ownerReferences": [_controller("apps/v1", "Deployment", owner)],
            }
            spec = {"template": template}
            self._store(key, {"kind": "ReplicaSet", "metadata": metadata, "spec": spec})
        return self.objects[key]

    def _ensure_pod(self, namespace: str, name: str, owner: Manifest) -> None:
        key = (Kind.POD, namespace, f"{name}-pod")
        if key in self.objects:
            return
        if said := self.pod_refusal_of(owner):
            self._refuse_pod(owner, said)
            return
        template = owner["spec"]["template"]
        self.objects[key] = {
            "kind": "Pod",
            "metadata": {
                "name": f"{name}-pod",
                "namespace": namespace,
                "labels": dict(template["metadata"]["labels"]),
                "uid": f"uid-{next(self._ids)}",
                "creationTimestamp": rfc3339(self._now),
                "ownerReferences": [_controller(*_maker(owner), owner)],
            },
            "spec": copied(template["spec"]) | {"nodeName": self.node},
            "status": {"phase": "Pending"},
        }

    def _refuse_pod(self, owner: Manifest, said: str) -> None:
        """Of the three kinds that we make only a Deployment says so in its status."""
        self._failed_creations[owner["metadata"]["uid"]] = f"Error creating: {said}"
        failure = {"type": "ReplicaFailure", "status": "True", "message": said}
        for deployment in self.of_kind(Kind.DEPLOYMENT).values():
            if owner["metadata"]["ownerReferences"][0]["uid"] == deployment["metadata"]["uid"]:
                deployment["status"] = {"conditions": [failure]}

    def _advance_pods(self) -> None:
        for (kind, _, name), pod in self.objects.items():
            if kind is not Kind.POD or pod["metadata"].get("deletionTimestamp"):
                continue
            if pod["spec"].get("nodeName") in self.lost_nodes:
                continue
            if "status" not in pod or COMPONENT_LABEL not in pod["metadata"]["labels"]:
                # An application's, see above.
                continue
            component = pod["metadata"]["labels"][COMPONENT_LABEL]
            if (fault := self.fault_of(pod)) is not None:
                pod["status"] = _named(fault, component)
                continue
            if pod["status"]["phase"] == "Pending":
                ready = {"type": "Ready", "status": "True"}
                running = [
                    {"name": each["name"], "ready": True, "state": {"running": {}}}
                    for each in pod["spec"]["containers"]
                ]
                pod["status"] = {
                    "phase": "Running",
                    "conditions": [ready],
                    "initContainerStatuses": self._noted(pod),
                    "containerStatuses": running,
                }
            elif self._has_ended(pod, component):
                end = {"exitCode": 0, "finishedAt": rfc3339(self._now + self.node_clock)}
                ended = {"name": component, "state": {"terminated": end}}
                pod["status"] = {
                    "phase": "Succeeded",
                    "initContainerStatuses": pod["status"].get("initContainerStatuses") or [],
                    "containerStatuses": [ended],
                }
                if component == "k6":
                    self.logs_by_pod[name] = with_token(pod, self._log_of(pod))
                    self.finished_runs.append(pod["metadata"]["labels"][RUN_LABEL])
            elif pod["status"]["phase"] == "Succeeded":
                self._finish_job(pod)  # which takes the Job controller a while

    def _noted(self, pod: Manifest) -> list[Manifest]:
        """What a pod's first container says of the Secrets that it is given."""
        volumes = (v for v in pod["spec"].get("volumes", ()) if v["name"].startswith("noted-"))
        said = ",".join(self.digest_of(pod, v["secret"]["secretName"]) for v in volumes)
        end = {"exitCode": 0, "message": said}
        return [
            {"name": each["name"], "ready": True, "state": {"terminated": end}}
            for each in pod["spec"].get("initContainers", ())
        ]

    def _has_ended(self, pod: Manifest, component: str) -> bool:
        """The data set is loaded at once; a generator waits for its service first."""
        if pod["status"]["phase"] != "Running" or component not in {"k6", "dataset", "preparation"}:
            return False
        run = pod["metadata"]["labels"].get(RUN_LABEL)
        if self.service_runs_already and component == "k6":
            return True
        return component in {"dataset", "preparation"} or any(
            "status" in other
            and other["metadata"]["labels"].get(RUN_LABEL) == run
            and other["metadata"]["labels"][COMPONENT_LABEL] == "service"
            and any(c["type"] == "Ready" for c in other["status"].get("conditions", ()))
            for other in self.of_kind(Kind.POD).values()
        )

    def _finish_job(self, pod: Manifest) -> None:
        owner = pod["metadata"]["ownerReferences"][0]["uid"]
        for item in self.objects.values():
            if item["metadata"]["uid"] == owner:
                complete = {"type": "Complete", "status": "True"}
                item["status"] = {
                    "conditions": [complete],
                    "completionTime": rfc3339(self._now),
                }
