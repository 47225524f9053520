"""What Kopf asks the API server for: it runs for real, against a fake one on loopback."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import kopf
import pytest
from aiohttp import web

from loadlab.controller import handlers
from loadlab.controller.handlers import Operator, register
from loadlab.controller.settings import Settings, from_environment
from tests.manifests import Json
from tests.packaging.permissions import CRDS, LOADLAB, OF_KOPF, Permission, permissions


class FakeServer:
    """As much of an API server as Kopf needs to start: discovery, empty lists, silent watches."""

    def __init__(self, *, forbidden: frozenset[str] = frozenset()) -> None:
        self.asked: set[Permission] = set()
        self.paths: set[str] = set()
        self.forbidden = forbidden
        self.refused = 0
        self.closing = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield "http://{}:{}".format(*runner.addresses[0][:2])
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path, query = request.path, dict(request.query)
        if path in DISCOVERY:
            return web.json_response(DISCOVERY[path])
        self.paths.add(path)
        self.asked |= permissions(request.method, path, query)
        if self.forbidden & {path.rsplit("/", 1)[-1], namespace_of(path)}:
            self.refused += 1
            return web.json_response({"code": 403, "message": "forbidden"}, status=403)
        if "watch" in query:
            stream = web.StreamResponse()
            await stream.prepare(request)
            await self.closing.wait()
            return stream
        return web.json_response({"metadata": {"resourceVersion": "1"}, "items": []})


def namespace_of(path: str) -> str:
    return path.partition("/namespaces/")[2].partition("/")[0]


def _served(*names: str) -> Json:
    verbs = ["get", "list", "watch", "patch", "create", "delete"]
    resources = [
        {"name": n, "kind": n.title(), "singularName": n[:-1], "namespaced": True, "verbs": verbs}
        for n in names
    ]
    return {"resources": resources}


def _group(name: str, version: str) -> Json:
    versions = {"version": version, "groupVersion": f"{name}/{version}"}
    return {"name": name, "versions": [versions], "preferredVersion": versions}


DISCOVERY = {
    "/api": {"versions": ["v1"]},
    "/api/v1": _served("namespaces", "events", "pods"),
    "/apis": {"groups": [_group(CRDS[0], "v1"), _group(LOADLAB, "v1alpha1")]},
    f"/apis/{CRDS[0]}/v1": _served(CRDS[1]),
    f"/apis/{LOADLAB}/v1alpha1": _served("loadexperiments", "loadtrials"),
    "/version": {"major": "1", "minor": "34"},
}


class Idle(Operator):
    """The operator without its loop: what is left is Kopf's own."""

    async def _run(self) -> None:
        await asyncio.Event().wait()


async def run_kopf(server: FakeServer, settings: Settings, seconds: float) -> None:
    registry = kopf.OperatorRegistry()
    kopf.set_default_registry(registry)
    register(Idle(settings))
    async with server.running() as address:

        @kopf.on.login(registry=registry)
        def login(**_: object) -> kopf.ConnectionInfo:
            return kopf.ConnectionInfo(server=address)

        stop = asyncio.Event()
        running = asyncio.create_task(
            kopf.operator(
                registry=registry,
                standalone=True,
                clusterwide=not settings.namespaces,
                namespaces=settings.namespaces,
                stop_flag=stop,
            )
        )
        await asyncio.sleep(seconds)
        server.closing.set()  # Kopf would wait 5 s for tasks that are not its own
        stop.set()
        await running


@pytest.fixture
def settings() -> Settings:
    return from_environment({})


async def test_kopf_on_the_whole_cluster_needs_the_crds_and_no_namespaces(settings):
    server = FakeServer()

    await run_kopf(server, settings, seconds=1.0)

    assert server.asked == OF_KOPF


async def test_kopf_in_given_namespaces_asks_for_nothing_beyond_them():
    server = FakeServer(forbidden=frozenset({"namespaces", "customresourcedefinitions"}))
    settings = from_environment({"LOADLAB_WATCH_NAMESPACES": "team-a"})

    await run_kopf(server, settings, seconds=0.7)

    assert server.paths == {f"/apis/{LOADLAB}/v1alpha1/namespaces/team-a/loadexperiments"}


async def test_a_namespace_that_is_deleted_and_took_its_role_along_stops_no_other(monkeypatch):
    """Kopf gives up after eight tries, and with it went the whole process."""
    tries = len(handlers.BACKOFFS) + 1
    monkeypatch.setattr(handlers, "BACKOFFS", (0.01,) * len(handlers.BACKOFFS))
    monkeypatch.setattr(handlers, "LONGEST_BACKOFF", 0.02)
    server = FakeServer(forbidden=frozenset({"team-b"}))
    settings = from_environment({"LOADLAB_WATCH_NAMESPACES": "team-a,team-b"})

    await run_kopf(server, settings, seconds=1.0)

    assert server.refused > tries
    assert f"/apis/{LOADLAB}/v1alpha1/namespaces/team-a/loadexperiments" in server.paths
