"""A cluster in memory: the operator's verbs over a Kubernetes that moves on by `tick()`.

It refuses what a real API server refuses: a second create, a delete of another uid, a status
without an object. Any request may be told to fail, before or after it took effect.
"""

import pickle
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from loadlab.base.times import rfc3339
from loadlab.kube.api import Kind, Labels, Manifest, Page, Version, kind_of, version_of
from loadlab.kube.errors import ClusterError, ConflictError, UnavailableError
from loadlab.kube.lists import PAGE_OBJECTS
from tests.reconcile.fake_kubernetes import FakeKubernetes, copied

T = TypeVar("T")


class Crash(BaseException):
    """The operator dies here: not an error that anything may handle."""


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


def _bears(item: Manifest, labels: Labels) -> bool:
    """Whether an object has these labels; of several values any."""
    own = item["metadata"].get("labels") or {}
    several = {key: (value,) if isinstance(value, str) else value for key, value in labels.items()}
    return all(own.get(key) in values for key, values in several.items())


class FakeCluster(FakeKubernetes):
    """What the operator asks and is told; all of it is kept in `calls`."""

    def __init__(self, log_of: Callable[[Manifest], str]) -> None:
        super().__init__(log_of)
        self.logs_away = False
        self.last_words: dict[str, tuple[str, ...]] = {}
        self.calls: list[str] = []
        self.crash_at: int | None = None
        self.crash_after_effect = False
        self.events: list[Manifest] = []
        self.mounts_said: Callable[[Manifest], tuple[str, ...]] = lambda _: ()
        self.refusal_of: Callable[[Manifest], ClusterError | None] = lambda _: None

    def saved(self) -> bytes:
        """Return all that is there, as `resume` takes it; what tests make it do is left out."""
        return pickle.dumps({k: v for k, v in vars(self).items() if not callable(v)})

    def resume(self, state: bytes) -> None:
        """Go on from where another cluster was saved."""
        vars(self).update(pickle.loads(state))  # our own objects

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

    async def get(
        self, kind: Kind, namespace: str, name: str, *, bare: bool = False
    ) -> Manifest | None:
        found = self.objects.get((kind, namespace, name))
        if found is not None and bare:
            found = {"metadata": found["metadata"]}
        return await self._do(f"get {kind.name} {name}", lambda: copied(found))

    async def list(self, kind: Kind, namespace: str | None, labels: Labels) -> list[Manifest]:
        def matching() -> list[Manifest]:
            return [
                copied(item)
                for (k, ns, _), item in self.objects.items()
                if k is kind and namespace in {None, ns} and _bears(item, labels)
            ]

        return await self._do(f"list {kind.name}", matching)

    async def pages(self, kind: Kind, namespace: str | None, labels: Labels) -> AsyncIterator[Page]:
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
            return copied(self.objects[key])

        return await self._do(f"create {kind.name} {name}", write)

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
                raise ConflictError(f"patch_status {name}: 409 the object has been modified")
            item["status"] = merged(item.get("status") or {}, copied(patch))
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

    async def why_not_mounted(self, namespace: str, uid: str) -> tuple[str, ...]:
        pods = self.of_kind(Kind.POD).values()
        pod = next(pod for pod in pods if pod["metadata"]["uid"] == uid)
        return await self._do(f"list EVENT of {uid}", lambda: self.mounts_said(pod))

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
