"""The verbs over HTTP, by the official client's transport. 404, 409 and 410 are handled here."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, ApiException
from kubernetes.aio.config.config_exception import ConfigException

from loadlab.base.names import FIELD_MANAGER
from loadlab.kube.api import Kind, Manifest, Page, kind_of
from loadlab.kube.errors import MalformedError, RefusedError, UnavailableError
from loadlab.kube.log_lines import read_back

LONGEST_MESSAGE = 1000  # characters of an answer that an error quotes
PAGE_OBJECTS = 10  # of a list: experiments may take 1.5 MB each, and three times as much once read
JSON = "application/json"
METADATA_ONLY = f"{JSON};as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
MERGE_PATCH = "application/merge-patch+json"
NO_ANSWER = (aiohttp.ClientError, aiohttp.http_exceptions.HttpProcessingError, TimeoutError)
Query = list[tuple[str, str]]
Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that each kind of request may take."""

    answer: float = 20.0
    log: float = 60.0
    watch: float = 300.0  # longer than the 240 s after which the server ends it
    follow: float = 6 * 3600.0  # longer than any load


@asynccontextmanager
async def connect() -> AsyncIterator["ApiCluster"]:
    """Yield the cluster that this process runs in, or else the kubeconfig's current one."""
    try:
        config.load_incluster_config()  # type: ignore[no-untyped-call]
    except ConfigException:
        await config.load_kube_config()  # type: ignore[no-untyped-call]
    async with ApiClient() as api:
        yield ApiCluster(api)


class ApiCluster:
    """A real cluster."""

    def __init__(self, api: ApiClient, timeouts: Timeouts = Timeouts()) -> None:
        self._api = api
        self._timeouts = timeouts

    async def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        path = kind.value.path(namespace, name)
        text = await self._send("GET", path, absent_ok=True)
        return None if text is None else _read_object(text, f"GET {path}")

    async def list(
        self, kind: Kind, namespace: str | None, labels: dict[str, str]
    ) -> list[Manifest]:
        pages = self.pages(kind, namespace, labels)
        return [item async for page in pages for item in page]

    async def pages(
        self, kind: Kind, namespace: str | None, labels: dict[str, str]
    ) -> AsyncIterator[Page]:
        path, rest = kind.value.path(namespace), ""
        while True:
            query = [*_selector(labels), ("limit", str(PAGE_OBJECTS))]
            found = await self._read(path, [*query, ("continue", rest)] if rest else query)
            rest = str((found.get("metadata") or {}).get("continue") or "")
            yield found.pop("items", None) or []  # not kept while the next page is read
            if not rest:
                return

    async def create(self, manifest: Manifest) -> bool:
        path = kind_of(manifest).value.path(manifest["metadata"]["namespace"])
        query = [("fieldManager", FIELD_MANAGER)]
        made = await self._send("POST", path, query=query, body=manifest, exists_ok=True)
        return made is not None

    async def delete(self, kind: Kind, namespace: str, name: str, uid: str) -> None:
        body = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
        path = kind.value.path(namespace, name)
        await self._send("DELETE", path, body=body, absent_ok=True, conflict_ok=True)

    async def patch_status(self, kind: Kind, namespace: str, name: str, patch: Manifest) -> None:
        await self._send(
            "PATCH",
            kind.value.path(namespace, name, "status"),
            query=[("fieldManager", FIELD_MANAGER)],
            body={"status": patch},
            content_type=MERGE_PATCH,
            absent_ok=True,
        )

    async def logs(self, namespace: str, pod: str, container: str, token: str) -> str | None:
        path, query = Kind.POD.value.path(namespace, pod, "log"), [("container", container)]
        response = await self._request("GET", path, query, seconds=self._timeouts.log)
        try:
            if response.status == 404:
                return None
            _raise_for(response.status, await _error_text(response), f"GET {path}")
            return await read_back(response.content.iter_any(), token)
        except NO_ANSWER as error:
            raise UnavailableError(f"GET {path}: {error!r}") from error
        finally:
            response.close()

    async def why_no_pod(self, namespace: str, uid: str) -> str:
        fields = f"involvedObject.uid={uid},reason=FailedCreate"
        query = [("fieldSelector", fields), ("limit", "50")]
        found = await self._read(Kind.EVENT.value.path(namespace), query)
        events = sorted(found.get("items") or [], key=lambda e: e.get("lastTimestamp") or "")
        return str(events[-1].get("message") or "") if events else ""

    async def version(self) -> str:
        return str((await self._read("/version")).get("gitVersion", ""))

    async def watch(
        self, kind: Kind, namespace: str | None, labels: dict[str, str], version: str
    ) -> AsyncIterator[Manifest]:
        """Yield watch events from a resource version until the server ends the stream."""
        query = [*_selector(labels), ("watch", "true"), ("resourceVersion", version)]
        query += [("timeoutSeconds", "240"), ("allowWatchBookmarks", "true")]
        path, request = kind.value.path(namespace), f"watch {kind.name}"
        # A trial's measurement takes 30 KB, and no event asks for it.
        headers = {"Accept": METADATA_ONLY} if kind is Kind.TRIAL else {}
        response = await self._request(
            "GET", path, query, headers=headers, seconds=self._timeouts.watch
        )
        try:
            _raise_for(response.status, await _error_text(response), request)
            async for line in response.content:
                yield _read_object(line, request)
        except NO_ANSWER as error:
            raise UnavailableError(f"{request}: {error!r}") from error
        finally:
            response.close()

    async def follow_log(self, namespace: str, pod: str, container: str) -> AsyncIterator[bytes]:
        """Yield pieces of a container's log as it grows, until it ends."""
        path, request = Kind.POD.value.path(namespace, pod, "log"), f"follow the log of {pod}"
        query, seconds = [("container", container), ("follow", "true")], self._timeouts.follow
        response = await self._request("GET", path, query, seconds=seconds)
        try:
            _raise_for(response.status, await _error_text(response), request)
            async for piece in response.content.iter_any():
                yield piece
        except NO_ANSWER as error:
            raise UnavailableError(f"{request}: {error!r}") from error
        finally:
            response.close()

    async def list_version(self, kind: Kind, namespace: str | None) -> str:
        """Return the resource version from which a watch sees everything that comes."""
        path = kind.value.path(namespace)
        found = await self._read(path, [("limit", "1")])
        try:
            return str(found["metadata"]["resourceVersion"])
        except (KeyError, TypeError) as error:
            raise UnavailableError(f"GET {path}: the list has no resourceVersion") from error

    async def _read(self, path: str, query: Query | None = None) -> Manifest:
        return _read_object(await self._send("GET", path, query=query) or "", f"GET {path}")

    async def _send(  # noqa: PLR0913 - the one place where a request is spelled out
        self,
        verb: str,
        path: str,
        *,
        query: Query | None = None,
        body: Manifest | None = None,
        content_type: str = JSON,
        absent_ok: bool = False,
        conflict_ok: bool = False,
        exists_ok: bool = False,
        seconds: float | None = None,
    ) -> str | None:
        """Return the answer's text; None where an allowed 404, Conflict or AlreadyExists came.

        A 409 has many reasons: a quota that was changed meanwhile is not an object that exists.
        """
        response = await self._request(
            verb,
            path,
            query or [],
            body=body,
            headers={"Content-Type": content_type},
            seconds=seconds or self._timeouts.answer,
        )
        try:
            text = str(await response.text(encoding="utf-8", errors="replace"))
        except NO_ANSWER as error:
            raise UnavailableError(f"{verb} {path}: {error!r}") from error
        reason = _reason(text) if response.status == 409 else ""
        expected = {("AlreadyExists", exists_ok), ("Conflict", conflict_ok)}
        if (response.status == 404 and absent_ok) or (reason, True) in expected:
            return None
        _raise_for(response.status, text, f"{verb} {path}")
        return text

    async def _request(
        self,
        verb: str,
        path: str,
        query: Query,
        *,
        body: Manifest | None = None,
        headers: Headers | None = None,
        seconds: float,
    ) -> Any:
        try:
            request = await self._api.param_serialize(
                verb,
                path,
                query_params=query,
                header_params={"Accept": JSON, "Content-Type": JSON} | (headers or {}),
                body=body,
                auth_settings=["BearerToken"],
            )
            answer = await self._api.call_api(*request, _request_timeout=seconds)
        except (*NO_ANSWER, OSError, ApiException) as error:
            raise UnavailableError(f"{verb} {path}: {error!r}") from error
        return answer.response


def _selector(labels: dict[str, str]) -> Query:
    text = ",".join(f"{key}={value}" for key, value in labels.items())
    return [("labelSelector", text)] if text else []


async def _error_text(response: Any) -> str:
    if response.status < 300:
        return ""
    return str(await response.text(encoding="utf-8", errors="replace"))


def _read_object(text: str | bytes, request: str) -> Manifest:
    """Parse what must be an object: anything else is no answer of an API server, or a part."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise UnavailableError(f"{request}: the answer is no JSON: {text[:100]!r}") from error
    if not isinstance(document, dict):
        raise UnavailableError(f"{request}: the answer is no object: {text[:100]!r}")
    return document


def _status_of(text: str) -> Manifest:
    """Return the Status object of a refusal, or an empty one where something else came."""
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _reason(text: str) -> str:
    return str(_status_of(text).get("reason", ""))


def _raise_for(status: int, text: str, request: str) -> None:
    if status < 300:
        return
    message = str(_status_of(text).get("message", text))
    said = f"{request}: {status} {message[:LONGEST_MESSAGE]}"
    if status in {400, 422}:
        raise MalformedError(said)
    # Somebody else wrote at the same moment; so does quota admission answer a create.
    is_contention = status == 409 and _reason(text) == "Conflict"
    is_of_this_object = status == 500 and request.startswith("POST")
    # 410: a list took so long that its next page is gone; it begins anew.
    is_for_now = status in {410, 429} or (status >= 500 and not is_of_this_object)
    later = is_contention or is_for_now
    raise UnavailableError(said) if later else RefusedError(said)
