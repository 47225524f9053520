"""The verbs over HTTP, by the official client's transport. 404, 409 and 410 are handled here."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, ApiException
from kubernetes.aio.config.config_exception import ConfigException

from loadlab.cluster.api import Kind, Manifest, kind_of
from loadlab.cluster.errors import ClusterError, MalformedError, RefusedError, UnavailableError
from loadlab.model.names import FIELD_MANAGER

TIMEOUT = 20.0  # seconds for any answer
LOG_TIMEOUT = 60.0
FOLLOW_TIMEOUT = 6 * 3600.0  # longer than any load
LOG_LIMIT_BYTES = 64 * 1024 * 1024
MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
Query = list[tuple[str, str]]


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

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        text = await self._send("GET", kind.value.path(namespace, name), absent_ok=True)
        return None if text is None else dict(json.loads(text))

    async def list(
        self, kind: Kind, namespace: str | None, labels: dict[str, str]
    ) -> list[Manifest]:
        text = await self._send("GET", kind.value.path(namespace), query=_selector(labels))
        return list(json.loads(text or "{}").get("items") or [])

    async def apply(self, manifest: Manifest) -> None:
        query = [("fieldManager", FIELD_MANAGER), ("force", "true")]
        await self._send(
            "PATCH", _path(manifest), query=query, body=manifest, content_type=APPLY_PATCH
        )

    async def create(self, manifest: Manifest) -> bool:
        path = kind_of(manifest).value.path(manifest["metadata"]["namespace"])
        query = [("fieldManager", FIELD_MANAGER)]
        made = await self._send("POST", path, query=query, body=manifest, conflict_ok=True)
        return made is not None

    async def delete(self, kind: Kind, namespace: str, name: str) -> None:
        body = {"propagationPolicy": "Background"}
        path = kind.value.path(namespace, name)
        await self._send("DELETE", path, body=body, absent_ok=True)

    async def patch_status(self, kind: Kind, namespace: str, name: str, patch: Manifest) -> None:
        await self._send(
            "PATCH",
            kind.value.path(namespace, name, "status"),
            query=[("fieldManager", FIELD_MANAGER)],
            body={"status": patch},
            content_type=MERGE_PATCH,
            absent_ok=True,
        )

    async def logs(self, namespace: str, pod: str) -> str | None:
        query = [("limitBytes", str(LOG_LIMIT_BYTES))]
        path = Kind.POD.value.path(namespace, pod, "log")
        return await self._send("GET", path, query=query, absent_ok=True, seconds=LOG_TIMEOUT)

    async def version(self) -> str:
        text = await self._send("GET", "/version")
        return str(json.loads(text or "{}").get("gitVersion", ""))

    async def watch(
        self, kind: Kind, namespace: str | None, labels: dict[str, str], version: str
    ) -> AsyncIterator[Manifest]:
        """Yield watch events from a resource version until the server ends the stream."""
        query = [*_selector(labels), ("watch", "true"), ("resourceVersion", version)]
        query += [("timeoutSeconds", "240"), ("allowWatchBookmarks", "true")]
        response = await self._request("GET", kind.value.path(namespace), query, seconds=300.0)
        try:
            _raise_for(response.status, await _error_text(response), f"watch {kind.name}")
            async for line in response.content:
                yield dict(json.loads(line))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise UnavailableError(f"watch {kind.name}: {error}") from error
        finally:
            response.close()

    async def follow_log(self, namespace: str, pod: str) -> AsyncIterator[bytes]:
        """Yield pieces of a pod's log as it grows, until its container ends."""
        path = Kind.POD.value.path(namespace, pod, "log")
        response = await self._request("GET", path, [("follow", "true")], seconds=FOLLOW_TIMEOUT)
        try:
            _raise_for(response.status, await _error_text(response), f"follow the log of {pod}")
            async for piece in response.content.iter_any():
                yield piece
        except (aiohttp.ClientError, TimeoutError) as error:
            raise UnavailableError(f"follow the log of {pod}: {error}") from error
        finally:
            response.close()

    async def list_version(self, kind: Kind, namespace: str | None) -> str:
        """Return the resource version from which a watch sees everything that comes."""
        text = await self._send("GET", kind.value.path(namespace), query=[("limit", "1")])
        return str(json.loads(text or "{}")["metadata"]["resourceVersion"])

    async def _send(  # noqa: PLR0913 - the one place where a request is spelled out
        self,
        verb: str,
        path: str,
        *,
        query: Query | None = None,
        body: Manifest | None = None,
        content_type: str = "application/json",
        absent_ok: bool = False,
        conflict_ok: bool = False,
        seconds: float = TIMEOUT,
    ) -> str | None:
        """Return the answer's text; None where an allowed 404 or 409 came."""
        response = await self._request(
            verb, path, query or [], body=body, content_type=content_type, seconds=seconds
        )
        try:
            text = str(await response.text())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise UnavailableError(f"{verb} {path}: {error}") from error
        if (response.status == 404 and absent_ok) or (response.status == 409 and conflict_ok):
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
        content_type: str = "application/json",
        seconds: float,
    ) -> Any:
        try:
            request = await self._api.param_serialize(
                verb,
                path,
                query_params=query,
                header_params={"Accept": "application/json", "Content-Type": content_type},
                body=body,
                auth_settings=["BearerToken"],
            )
            answer = await self._api.call_api(*request, _request_timeout=seconds)
        except (aiohttp.ClientError, TimeoutError, OSError, ApiException) as error:
            raise UnavailableError(f"{verb} {path}: {error!r}") from error
        return answer.response


def _path(manifest: Manifest) -> str:
    metadata = manifest["metadata"]
    return kind_of(manifest).value.path(metadata["namespace"], metadata["name"])


def _selector(labels: dict[str, str]) -> Query:
    text = ",".join(f"{key}={value}" for key, value in labels.items())
    return [("labelSelector", text)] if text else []


async def _error_text(response: Any) -> str:
    return str(await response.text()) if response.status >= 300 else ""


def _raise_for(status: int, text: str, request: str) -> None:
    if status < 300:
        return
    try:
        message = json.loads(text).get("message", text)
    except ValueError:
        message = text[:300]
    if status in {400, 422}:
        raise MalformedError(f"{request}: {status} {message}")
    error: type[ClusterError] = UnavailableError if status == 429 or status >= 500 else RefusedError
    raise error(f"{request}: {status} {message}")
