"""An API server on loopback whose experiments, pods and logs move, for those who watch them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

Resource = dict[str, Any]
GROUP = "/apis/loadlab.dev/v1alpha1"
METADATA = "PartialObjectMetadata"


@dataclass
class LiveApi:
    """Experiments by namespace and name, trials and pods by namespace, logs by pod."""

    experiments: dict[tuple[str, str], Resource] = field(default_factory=dict)
    trials: list[Resource] = field(default_factory=list)
    pods: list[Resource] = field(default_factory=list)
    logs: dict[str, list[bytes]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)  # pods whose logs are complete
    refused: dict[str, int] = field(default_factory=dict)  # last part of a path -> status
    seen: list[tuple[str, str]] = field(default_factory=list)
    selectors: set[str] = field(default_factory=set)
    url: str = ""
    is_down: bool = False
    version: int = 10
    events: list[tuple[int, str, Resource]] = field(default_factory=list)
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, experiment: Resource) -> None:
        metadata = experiment["metadata"]
        key = metadata["namespace"], metadata["name"]
        self.version += 1
        kind = "MODIFIED" if key in self.experiments else "ADDED"
        metadata["resourceVersion"] = str(self.version)
        self.experiments[key] = json.loads(json.dumps(experiment))
        self._tell(kind, experiment)

    def delete(self, namespace: str, name: str) -> None:
        self.version += 1
        self._tell("DELETED", self.experiments.pop((namespace, name)))

    def say(self, pod: str, *lines: bytes) -> None:
        self.logs.setdefault(pod, []).extend(line + b"\n" for line in lines)
        self._move()

    def end(self, pod: str) -> None:
        self.ended.add(pod)
        self._move()

    def go_down(self) -> None:
        """Break all connections, and answer none until it is up again."""
        self.is_down = True
        self._move()

    def cut_watches(self) -> None:
        """Say that the versions that are watched from are too old."""
        self._tell("ERROR", {"kind": "Status", "code": 410})

    def _tell(self, kind: str, what: Resource) -> None:
        self.events.append((self.version, kind, what))
        self._move()

    def _move(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.method, request.path))
        self.selectors.add(request.query.get("labelSelector", ""))
        if self.is_down:
            assert request.transport
            request.transport.close()
            return web.Response()
        *_, last = request.path.split("/")
        if last in self.refused:
            return _status(self.refused[last])
        if last == "log":
            return await self._log(request)
        if "watch" in request.query:
            return await self._watch(request)
        return self._read(request)

    def _read(self, request: web.Request) -> web.Response:
        parts = request.path.strip("/").split("/")
        namespace = parts[parts.index("namespaces") + 1] if "namespaces" in parts else None
        if parts[-1] == "loadexperiments":
            found = [
                it for (place, _), it in self.experiments.items() if namespace in {None, place}
            ]
        elif parts[-1] == "loadtrials":
            found = self.trials
        elif parts[-1] == "pods":
            found = [{"metadata": pod["metadata"]} for pod in self.pods]
        else:
            one = self.experiments.get((str(namespace), parts[-1]))
            return web.json_response(one) if one else _status(404)
        return web.json_response(
            {"metadata": {"resourceVersion": str(self.version)}, "items": found}
        )

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        at, is_bare = len(self._since(request)), METADATA in request.headers["Accept"]
        told = len(self.events) - at
        while not self.is_down:
            moved = self._moved
            for _, kind, what in self.events[told:]:
                body = {"metadata": what["metadata"]} if is_bare and kind != "ERROR" else what
                line = json.dumps({"type": kind, "object": body}) + "\n"
                await response.write(line.encode())
            told = len(self.events)
            await moved.wait()
        assert request.transport
        request.transport.close()
        return response

    def _since(self, request: web.Request) -> list[tuple[int, str, Resource]]:
        version = int(request.query["resourceVersion"])
        return [event for event in self.events if event[0] > version and event[1] != "ERROR"]

    async def _log(self, request: web.Request) -> web.StreamResponse:
        pod, told = request.path.split("/")[-2], 0
        if pod not in self.logs:
            return _status(400)  # as of a container that has not begun
        response = web.StreamResponse()
        await response.prepare(request)
        while not self.is_down:
            moved = self._moved
            for piece in self.logs[pod][told:]:
                await response.write(piece)
            told = len(self.logs[pod])
            if pod in self.ended:
                return response
            await moved.wait()
        assert request.transport
        request.transport.close()
        return response


@asynccontextmanager
async def serve_live() -> AsyncIterator[LiveApi]:
    """Yield a server that listens until the block ends."""
    server = LiveApi()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.handle)
    async with TestServer(application, host="127.0.0.1") as listening:
        server.url = str(listening.make_url("")).rstrip("/")
        yield server
        server.go_down()  # so that nobody waits for what is still open


def _status(code: int) -> web.Response:
    words = {400: "BadRequest", 403: "Forbidden", 404: "NotFound"}
    document = {"kind": "Status", "code": code, "reason": words[code], "message": words[code]}
    return web.json_response(document, status=code)
