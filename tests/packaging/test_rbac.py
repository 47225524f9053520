"""What the operator asks the API server for is what the roles grant: no less, and no more.

The operator's own client, actor, observer and watches run over a transport that only takes notes.
Kopf runs for real, against a fake API server on loopback.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import kopf
import pytest
import yaml
from aiohttp import web

from loadlab.controller.handlers import Operator, register
from loadlab.controller.settings import Settings, from_environment
from loadlab.kube.act import Actor
from loadlab.kube.api import Kind, Version
from loadlab.kube.client import ApiCluster, Timeouts
from loadlab.kube.finished import FinishedTrials
from loadlab.kube.lease import Lease
from loadlab.kube.nodes import read_nodes
from loadlab.kube.observe import observe
from loadlab.kube.watch import watch_children
from loadlab.model.resources import Experiment
from loadlab.model.status import LoadExperimentStatus, LoadTrialStatus, Phase
from loadlab.model.status.conditions import Reason
from loadlab.plan import Plan, make_plan
from loadlab.progress.decision import (
    Announce,
    DeleteExperiment,
    Ensure,
    EnsureCredentials,
    RecordTrial,
    Remove,
)
from loadlab.progress.observed import PodView, Reference
from tests.manifests import Json

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLES = sorted((REPOSITORY / "manifests/samples").glob("*.yaml"))
LOADLAB = "loadlab.dev"
CRDS = ("apiextensions.k8s.io", "customresourcedefinitions")
UID = "uid-of-the-experiment"
PLACELESS = PodView(
    reference=Reference("Pod", "x", "uid"),
    component=None,
    run="",
    phase="Pending",
    unschedulable="no room",
)
Permission = tuple[str, str, str]  # group, resource with its subresource, verb
VERBS = {"POST": {"create"}, "PUT": {"update"}, "PATCH": {"patch"}, "DELETE": {"delete"}}


def permissions(verb: str, path: str, query: dict[str, str]) -> set[Permission]:
    """Return what a request needs; nothing for what everybody may ask, such as /version."""
    match path.strip("/").split("/"):
        case ["api", _, first, *more]:
            group, rest = "", [first, *more]
        case ["apis", group, _, first, *more]:
            rest = [first, *more]
        case _:
            return set()
    if rest[0] == "namespaces" and len(rest) > 2:
        rest = rest[2:]
    resource = "/".join([rest[0], *rest[2:]])
    if verb == "GET":
        found = {"get"} if len(rest) > 1 else {"watch" if query.get("watch") else "list"}
    else:
        found = VERBS[verb]
    return {(group, resource, one) for one in found}


class TakesNotes(ApiCluster):
    """The real client over a transport that writes down what is asked.

    It finds nothing at first, and then everything that it would create, its own.
    """

    def __init__(self) -> None:
        self.asked: set[Permission] = set()
        self.is_there = False
        self._timeouts = Timeouts()
        self._permit = lambda _: None

    async def _request(self, verb, path, query, **_):
        self.asked |= permissions(verb, path, dict(query))
        await asyncio.sleep(0)
        refused = self.is_there and verb == "POST"
        missing = not self.is_there and verb == "GET" and "/leases/" in path
        return SimpleNamespace(
            status=409 if refused else 404 if missing else 200,
            text=self._answer,
            content=Silence(),
            close=lambda: None,
        )

    async def _answer(self, **_) -> str:
        owners = [{"uid": UID, "controller": True}] if self.is_there else []
        metadata = {"resourceVersion": "1", "ownerReferences": owners}
        return json.dumps({"metadata": metadata, "items": [], "reason": "AlreadyExists"})


class Silence:
    """A stream: as lines one that never brings any, in pieces one that is over."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    async def iter_any(self) -> AsyncIterator[bytes]:
        nothing: tuple[bytes, ...] = ()
        for piece in nothing:
            yield piece


def plan_of(sample: Path) -> Plan:
    body = yaml.safe_load(sample.read_text())
    body["metadata"] |= {"namespace": "default", "uid": UID}
    return make_plan(Experiment.model_validate(body), from_environment({}).images)


async def live_through(cluster: TakesNotes, plan: Plan) -> None:
    """Do everything that an experiment may need: create, observe, record, read, remove."""
    experiment = plan.context.experiment
    actor = Actor(cluster, experiment, now=0.0)
    trial = plan.trials[0]
    children = (*plan.store_manifests(), *plan.preparation_manifests())
    children += tuple(plan.run_manifests(trial, attempt=1))
    gone_with_it = {"NetworkPolicy"}
    seen = {manifest["kind"] for manifest in children} - gone_with_it | {"Pod"}
    for action in (
        EnsureCredentials("x-credentials"),
        Ensure((plan.trial_manifest(trial), *children)),
        RecordTrial(trial.name, LoadTrialStatus()),
        Announce(Reason.RUNNING, "a message", warning=False),
        Remove(tuple(Reference(kind, "x", "uid") for kind in seen)),
        DeleteExperiment(),
    ):
        for cluster.is_there in (False, True):
            await actor.act(action)
    cluster.is_there = False
    finished = FinishedTrials()
    for phase in (Phase.PENDING, Phase.RUNNING, Phase.RUNNING):
        status = LoadExperimentStatus(phase=phase)
        await observe(cluster, experiment.model_copy(update={"status": status}), finished)
    await cluster.get(Kind.EXPERIMENT, "default", "x")
    await cluster.get(Kind.REPLICA_SET, "default", "x")  # of a pod whose Deployment is gone
    await cluster.patch_status(Kind.EXPERIMENT, "default", "x", {}, Version())
    await cluster.logs("default", "a-pod", "k6", "t-1")
    await cluster.why_no_pod("default", "uid")
    await cluster.last_lines("default", "a-pod", "service", previous=True)
    await cluster.version()
    await read_nodes(cluster, [PLACELESS])
    for cluster.is_there in (False, True):
        lease = Lease(cluster, from_environment({}).lease, time.monotonic, time.time)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await lease.keep()
        await lease.give_back()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.1):
            await watch_children(cluster, (None,), lambda *_: None, lambda _: None)


def granted(installed: list[Json]) -> set[Permission]:
    mine = {("ClusterRole", "loadlab"), ("Role", "loadlab-lease")}
    roles = [i for i in installed if (i["kind"], i["metadata"]["name"]) in mine]
    assert len(roles) == len(mine)
    return {
        (group, resource, verb)
        for role in roles
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


# What Kopf asks for in our stead; the tests below hold it to that.
OF_KOPF = {
    (LOADLAB, "loadexperiments", "list"),
    (LOADLAB, "loadexperiments", "watch"),
    (*CRDS, "list"),
    (*CRDS, "watch"),
}


async def test_roles_grant_what_the_operator_does_and_nothing_else(installed):
    cluster = TakesNotes()
    for sample in SAMPLES:
        await live_through(cluster, plan_of(sample))

    assert cluster.asked | OF_KOPF == granted(installed)


class FakeServer:
    """As much of an API server as Kopf needs to start: discovery, empty lists, silent watches."""

    def __init__(self, *, forbidden: frozenset[str] = frozenset()) -> None:
        self.asked: set[Permission] = set()
        self.paths: set[str] = set()
        self.forbidden = forbidden
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
        if path.rsplit("/", 1)[-1] in self.forbidden:
            return web.json_response({"code": 403, "message": "forbidden"}, status=403)
        if "watch" in query:
            stream = web.StreamResponse()
            await stream.prepare(request)
            await self.closing.wait()
            return stream
        return web.json_response({"metadata": {"resourceVersion": "1"}, "items": []})


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
