"""A cluster in memory: the operator's verbs, and just enough of Kubernetes to move experiments on.

It refuses what a real API server refuses (a second create, a delete of another uid, a status
without an object) and moves by `tick()`: controllers make pods, pods become ready, generators
finish and leave a log, what is deleted goes. Any request may be told to fail, before
or after it took effect.
"""

import itertools
import pickle
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from loadlab.base.names import COMPONENT_LABEL, RUN_LABEL
from loadlab.base.times import rfc3339
from loadlab.kube.api import Kind, Manifest, Page, Version, kind_of, version_of
from loadlab.kube.client import PAGE_OBJECTS
from loadlab.kube.errors import ClusterError, UnavailableError

Key = tuple[Kind, str, str]
T = TypeVar("T")


class Crash(BaseException):
    """The operator dies here: not an error that anything may handle."""


def _copy(item: T) -> T:
    """Several times faster than copy.deepcopy, and here it is called all the time."""
    copied: T = pickle.loads(pickle.dumps(item))  # our own objects, made a moment ago
    return copied


def merged(target: Manifest, patch: Manifest) -> Manifest:
    """RFC 7386."""
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = merged(result.get(key) or {}, value)
        else:
            result[key] = value
    return result


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


class FakeCluster:
    """Objects by kind, namespace and name."""

    def __init__(self, log_of: Callable[[Manifest], str]) -> None:
        self.objects: dict[Key, Manifest] = {}
        self.logs_by_pod: dict[str, str] = {}
        self.logs_away = False
        self.node = "node-1"  # where new pods run
        self.lost_nodes: set[str] = set()  # whose kubelets do not answer
        self.last_words: dict[str, tuple[str, ...]] = {}
        self.calls: list[str] = []
        self.crash_at: int | None = None
        self.crash_after_effect = False
        self.events: list[Manifest] = []
        self.finished_runs: list[str] = []
        self.fault_of: Callable[[Manifest], Manifest | None] = lambda _: None
        self.refusal_of: Callable[[Manifest], ClusterError | None] = lambda _: None
        self.never_goes: Callable[[str], bool] = lambda _: False  # a pod, by name
        self.pod_refusal_of: Callable[[Manifest], str] = lambda _: ""  # by what makes it
        self._failed_creations: dict[str, str] = {}  # by the uid of what makes the pod
        self._log_of = log_of
        self._made: set[str] = set()  # uids of all that was ever created
        self._ids = itertools.count(1)
        self._now = 1_800_000_000.0  # moves on by a second a tick

    async def _do(self, text: str, effect: Callable[[], T]) -> T:
        if self.crash_at == len(self.calls) and not self.crash_after_effect:
            self.crash_at = None
            raise Crash(text)
        dies_after = self.crash_at == len(self.calls)
        self.calls.append(text)
        result = effect()
        if dies_after:
            self.crash_at = None
            raise Crash(text)
        return result

    async def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        found = self.objects.get((kind, namespace, name))
        return await self._do(f"get {kind.name} {name}", lambda: _copy(found))

    async def list(
        self, kind: Kind, namespace: str | None, labels: dict[str, str]
    ) -> list[Manifest]:
        def matching() -> list[Manifest]:
            return [
                _copy(item)
                for (k, ns, _), item in self.objects.items()
                if k is kind
                and namespace in {None, ns}
                and labels.items() <= (item["metadata"].get("labels") or {}).items()
            ]

        return await self._do(f"list {kind.name}", matching)

    async def pages(
        self, kind: Kind, namespace: str | None, labels: dict[str, str]
    ) -> AsyncIterator[Page]:
        found = await self.list(kind, namespace, labels)
        for start in range(0, len(found), PAGE_OBJECTS):
            yield found[start : start + PAGE_OBJECTS]

    async def create(self, manifest: Manifest) -> Manifest | None:
        kind, metadata = kind_of(manifest), manifest["metadata"]
        name = metadata.get("name") or f"{metadata['generateName']}{next(self._ids)}"
        key = (kind, metadata["namespace"], name)

        def write() -> Manifest | None:
            if (refusal := self.refusal_of(manifest)) is not None:
                raise refusal
            if kind is Kind.EVENT:
                self.events.append(manifest)
                return manifest
            if key in self.objects:
                return None
            self._store(key, manifest)
            return _copy(self.objects[key])

        return await self._do(f"create {kind.name} {name}", write)

    def _store(self, key: Key, manifest: Manifest) -> None:
        item = _copy(manifest)
        item["metadata"]["uid"] = f"uid-{next(self._ids)}"
        item["metadata"]["resourceVersion"] = str(next(self._ids))
        item["metadata"]["creationTimestamp"] = rfc3339(self._now)
        item.pop("status", None)
        self._made.add(item["metadata"]["uid"])
        self.objects[key] = item

    async def delete(self, kind: Kind, namespace: str, name: str, uid: str) -> None:
        def mark() -> None:
            item = self.objects.get((kind, namespace, name))
            if item is not None and item["metadata"]["uid"] == uid:
                item["metadata"].setdefault("deletionTimestamp", rfc3339(self._now))

        await self._do(f"delete {kind.name} {name}", mark)

    async def patch_status(
        self, kind: Kind, namespace: str, name: str, patch: Manifest, version: Version
    ) -> Version:
        def write() -> Version:
            item = self.objects.get((kind, namespace, name))
            if item is None:
                return Version()
            if version.resource_version and version != version_of(item):
                raise UnavailableError(f"patch_status {name}: 409 the object has been modified")
            item["status"] = merged(item.get("status") or {}, _copy(patch))
            item["metadata"]["resourceVersion"] = str(next(self._ids))
            return version_of(item)

        return await self._do(f"patch_status {kind.name} {name}", write)

    async def logs(self, namespace: str, pod: str, container: str, token: str) -> str | None:
        assert container == "k6"
        if (Kind.POD, namespace, pod) not in self.objects:
            raise UnavailableError(f"logs {pod}: gone")
        return await self._do(f"logs {pod}", lambda: self.logs_by_pod.get(pod))

    async def why_no_pod(self, namespace: str, uid: str) -> str:
        said = self._failed_creations.get(uid, "")
        return await self._do(f"list EVENT of {uid}", lambda: said)

    async def last_lines(
        self, namespace: str, pod: str, container: str, *, previous: bool
    ) -> tuple[str, ...]:
        """A former container's words are those that `last_words` has under its pod and `-p`."""
        if self.logs_away or (Kind.POD, namespace, pod) not in self.objects:
            raise UnavailableError(f"last lines of {pod}: gone")
        said = self.last_words.get(f"{pod} -p" if previous else pod, ())
        return await self._do(f"last_lines {pod} {container}", lambda: said)

    async def version(self) -> str:
        return await self._do("version", lambda: "v1.34.4")

    # --- the world moves on ---

    def tick(self) -> None:
        """Let Kubernetes do one round of its work."""
        self._now += 1
        self._collect_garbage()
        self._advance_pods()
        for (kind, namespace, name), item in list(self.objects.items()):
            if item["metadata"].get("deletionTimestamp") or "template" not in item.get("spec", {}):
                continue  # an application's object of which nothing matters but that it stays
            if kind is Kind.DEPLOYMENT:
                self._ensure_pod(namespace, name, self._replica_set(namespace, name, item))
            elif kind is Kind.STATEFUL_SET:
                self._ensure_pod(namespace, name, item)
            elif kind is Kind.JOB:
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
        return not lives

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
            "spec": _copy(template["spec"]) | {"nodeName": self.node},
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
            if "status" not in pod:  # an application's, see above
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
                    "containerStatuses": running,
                }
            elif self._has_ended(pod, component):
                end = {"exitCode": 0, "finishedAt": rfc3339(self._now)}
                ended = {"name": component, "state": {"terminated": end}}
                pod["status"] = {"phase": "Succeeded", "containerStatuses": [ended]}
                if component == "k6":
                    self.logs_by_pod[name] = with_token(pod, self._log_of(pod))
                    self.finished_runs.append(pod["metadata"]["labels"][RUN_LABEL])
            elif pod["status"]["phase"] == "Succeeded":
                self._finish_job(pod)  # which takes the Job controller a while

    def _has_ended(self, pod: Manifest, component: str) -> bool:
        """The data set is loaded at once; a generator waits for its service first."""
        if pod["status"]["phase"] != "Running" or component not in {"k6", "dataset"}:
            return False
        run = pod["metadata"]["labels"].get(RUN_LABEL)
        return component == "dataset" or any(
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

    def of_kind(self, kind: Kind) -> dict[str, Manifest]:
        """Objects of a kind by name."""
        return {name: item for (k, _, name), item in self.objects.items() if k is kind}
