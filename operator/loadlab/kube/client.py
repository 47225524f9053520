"""The verbs as requests to the API server: path, query and body of each, and what they answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config.config_exception import ConfigException

from loadlab.base.names import FIELD_MANAGER
from loadlab.kube.answers import read_object
from loadlab.kube.api import Kind, Labels, Manifest, Page, Version, kind_of, version_of
from loadlab.kube.counted import Asked, CountedClient
from loadlab.kube.errors import MalformedError, UnavailableError
from loadlab.kube.lists import (
    JSON,
    LIST_OF_METADATA,
    METADATA_ONLY,
    MOST_READS,
    OWN_CONTENT,
    PAGE_BYTES,
    WHOLE_WEIGHT,
    Query,
    keep,
    outline,
    outlines_of,
    pages_of,
    selector,
    versions_of,
    weight,
)
from loadlab.kube.log_lines import TAIL, last_of, read_back
from loadlab.kube.requests import Requests
from loadlab.kube.retries import ReadRetries
from loadlab.kube.timeouts import USUAL, Timeouts

MERGE_PATCH = "application/merge-patch+json"


@asynccontextmanager
async def connect(asked: Asked = lambda _verb, _code: None) -> AsyncIterator["ApiCluster"]:
    """Yield the cluster that this process runs in, or else the kubeconfig's current one."""
    try:
        config.load_incluster_config()  # type: ignore[no-untyped-call]
    except ConfigException:
        await config.load_kube_config()  # type: ignore[no-untyped-call]
    configuration = Configuration.get_default_copy()
    configuration.retries = ReadRetries()
    async with CountedClient(configuration, asked) as api:
        yield ApiCluster(api)


class ApiCluster:
    """A real cluster. Before each write `permit` is asked, with the seconds that it may take."""

    def __init__(
        self,
        api: ApiClient,
        timeouts: Timeouts = USUAL,
        permit: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._api = api
        self._timeouts = timeouts
        self._requests = Requests(api, timeouts, permit)
        self._large = asyncio.Lock()  # one object that is too large is looked at at a time

    def written_by(self, permit: Callable[[float], None]) -> "ApiCluster":
        """Return the same cluster for a writer that needs a permit."""
        return ApiCluster(self._api, self._timeouts, permit)

    async def get(
        self, kind: Kind, namespace: str, name: str, *, bare: bool = False
    ) -> Manifest | None:
        path = kind.value.path(namespace, name)
        accept = METADATA_ONLY if bare else JSON
        text = await self._requests.send("GET", path, accept=accept, absent_ok=True)
        if text is None:
            return None
        if kind in OWN_CONTENT or weight(text.encode()) <= WHOLE_WEIGHT:
            return read_object(text, f"GET {path}")
        async with self._large:
            return outline(read_object(text, f"GET {path}"))

    async def list(self, kind: Kind, namespace: str | None, labels: Labels) -> list[Manifest]:
        ask, query = self._requests.ask, selector(labels)
        return await keep(pages_of(ask, kind, namespace, query, self._large, most_reads=MOST_READS))

    async def pages(self, kind: Kind, namespace: str | None, labels: Labels) -> AsyncIterator[Page]:
        found = pages_of(self._requests.ask, kind, namespace, selector(labels), self._large)
        async for page, _ in found:
            yield page

    async def outlines(
        self, kind: Kind, namespace: str | None, labels: Labels
    ) -> AsyncIterator[Page]:
        """Yield who and whose the objects with these labels are, many at a time."""
        async for page in outlines_of(self._requests.ask, kind, namespace, selector(labels)):
            yield page

    async def versions(self, kind: Kind, namespace: str | None) -> dict[tuple[str, str], str]:
        """Return the resource version of each object, by namespace and name."""
        return await versions_of(self.outlines(kind, namespace, {}))

    async def create(self, manifest: Manifest) -> Manifest | None:
        path = kind_of(manifest).value.path(manifest["metadata"]["namespace"])
        query = [("fieldManager", FIELD_MANAGER)]
        made = await self._requests.send("POST", path, query=query, body=manifest, exists_ok=True)
        return None if made is None else read_object(made, f"POST {path}")

    async def replace(self, manifest: Manifest) -> bool:
        """Write an object in the version that it carries; False where that is no longer there."""
        metadata = manifest["metadata"]
        path = kind_of(manifest).value.path(metadata["namespace"], metadata["name"])
        query = [("fieldManager", FIELD_MANAGER)]
        done = await self._requests.send(
            "PUT", path, query=query, body=manifest, absent_ok=True, conflict_ok=True
        )
        return done is not None

    async def delete(self, kind: Kind, namespace: str, name: str, uid: str) -> None:
        body = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
        path = kind.value.path(namespace, name)
        await self._requests.send("DELETE", path, body=body, absent_ok=True, conflict_ok=True)

    async def patch_status(
        self, kind: Kind, namespace: str, name: str, patch: Manifest, version: Version
    ) -> Version:
        path, seen = kind.value.path(namespace, name, "status"), version.dump()
        text = await self._requests.send(
            "PATCH",
            path,
            query=[("fieldManager", FIELD_MANAGER)],
            body={"status": patch} | ({"metadata": seen} if seen else {}),
            content_type=MERGE_PATCH,
            absent_ok=True,
        )
        return Version() if text is None else version_of(read_object(text, f"PATCH {path}"))

    async def logs(self, namespace: str, pod: str, container: str, token: str) -> str | None:
        path, query = Kind.POD.value.path(namespace, pod, "log"), [("container", container)]
        asked, seconds = f"GET {path}", self._timeouts.log
        opened = self._requests.open(path, query, asked, seconds=seconds, absent_ok=True)
        try:
            async with opened as log:
                return None if log.status == 404 else await read_back(log.content.iter_any(), token)
        except MalformedError:  # 400: its container never began, as its node turned the pod away
            return None

    async def why_no_pod(self, namespace: str, uid: str) -> str:
        said = await self._events(namespace, uid, "FailedCreate")
        return said[0] if said else ""

    async def why_not_mounted(self, namespace: str, uid: str) -> tuple[str, ...]:
        return await self._events(namespace, uid, "FailedMount")

    async def _events(self, namespace: str, uid: str, reason: str) -> tuple[str, ...]:
        fields = f"involvedObject.uid={uid},reason={reason}"
        query = [("fieldSelector", fields), ("limit", "50")]
        path = Kind.EVENT.value.path(namespace)
        # Anybody may write some: no more is read than of a page.
        text = await self._requests.ask(path, query, accept=JSON, most=PAGE_BYTES)
        found = read_object(text or b"{}", f"GET {path}")
        events = sorted(found.get("items") or [], key=lambda e: e.get("lastTimestamp") or "")
        return tuple(str(event.get("message") or "") for event in reversed(events))

    async def version(self) -> str:
        return str((await self._requests.read("/version")).get("gitVersion", ""))

    async def watch(
        self, kind: Kind, namespace: str | None, labels: Labels, version: str
    ) -> AsyncIterator[Manifest]:
        """Yield watch events from a resource version until the server ends the stream."""
        query = [*selector(labels), ("watch", "true"), ("resourceVersion", version)]
        query += [("timeoutSeconds", "240"), ("allowWatchBookmarks", "true")]
        path, request = kind.value.path(namespace), f"watch {kind.name}"
        seconds = self._timeouts.watch
        # An event says which experiment to look at; what is in the object nobody asks it for.
        opened = self._requests.open(path, query, request, accept=METADATA_ONLY, seconds=seconds)
        async with opened as response:
            async for line in response.content:
                yield read_object(line, request)

    async def follow_log(self, namespace: str, pod: str, container: str) -> AsyncIterator[bytes]:
        """Yield pieces of a container's log as it grows, until it ends."""
        query, request = [("container", container), ("follow", "true")], f"follow the log of {pod}"
        async for piece in self._log(namespace, pod, query, request, self._timeouts.follow):
            yield piece

    async def last_lines(
        self, namespace: str, pod: str, container: str, *, previous: bool
    ) -> tuple[str, ...]:
        query = [("container", container), ("previous", str(previous).lower()), *TAIL]
        request, seconds = f"read the last lines of {pod}", self._timeouts.last_lines
        return await last_of(self._log(namespace, pod, query, request, seconds))

    async def _log(
        self, namespace: str, pod: str, query: Query, request: str, seconds: float
    ) -> AsyncIterator[bytes]:
        path = Kind.POD.value.path(namespace, pod, "log")
        async with self._requests.open(path, query, request, seconds=seconds) as response:
            async for piece in response.content.iter_any():
                yield piece

    async def list_version(self, kind: Kind, namespace: str | None) -> str:
        """Return the resource version from which a watch sees everything that comes."""
        path = kind.value.path(namespace)
        found = await self._requests.read(path, [("limit", "1")], accept=LIST_OF_METADATA)
        try:
            return str(found["metadata"]["resourceVersion"])
        except (KeyError, TypeError) as error:
            raise UnavailableError(f"GET {path}: the list has no resourceVersion") from error
