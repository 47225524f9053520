"""What the operator asks the API server for is what the roles grant: no less, and no more.

The operator's own client, actor, observer and watches run over a transport that only takes notes.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import yaml

from loadlab.base.names import MAY_BE_USED_LABEL
from loadlab.controller.settings import from_environment
from loadlab.kube.act import Actor
from loadlab.kube.api import Kind, Version
from loadlab.kube.client import ApiCluster
from loadlab.kube.finished import FinishedTrials
from loadlab.kube.lease import Lease
from loadlab.kube.nodes import read_nodes
from loadlab.kube.observe import observe
from loadlab.kube.requests import Requests
from loadlab.kube.timeouts import Timeouts
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
from tests.packaging.permissions import OF_KOPF, Permission, granted, permissions

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "manifests" / "samples"
SAMPLES = sorted([*FOLDER.glob("*.yaml"), *FOLDER.glob("own/*.yaml")])
UID = "uid-of-the-experiment"
PLACELESS = PodView(
    reference=Reference("Pod", "x", "uid"),
    component=None,
    run="",
    phase="Pending",
    unschedulable="no room",
)


class TakesNotes(ApiCluster):
    """The real client over a transport that writes down what is asked.

    It finds nothing at first, and then everything that it would create, its own.
    """

    def __init__(self) -> None:
        self.asked: set[Permission] = set()
        self.is_there = False
        self._timeouts = Timeouts()
        self._requests = NotedRequests(self)
        self._large = asyncio.Lock()


class NotedRequests(Requests):
    """Requests that reach nobody."""

    def __init__(self, cluster: TakesNotes) -> None:
        self._cluster = cluster
        self._timeouts = Timeouts()
        self._permit = lambda _: None

    async def _request(self, verb, path, query, **_):
        self._cluster.asked |= permissions(verb, path, dict(query))
        await asyncio.sleep(0)
        refused = self._cluster.is_there and verb == "POST"
        missing = not self._cluster.is_there and verb == "GET" and "/leases/" in path
        return SimpleNamespace(
            status=409 if refused else 404 if missing else 200,
            text=self._answer,
            content=Silence(await self._answer()),
            close=lambda: None,
        )

    async def _answer(self, **_) -> str:
        owners = [{"uid": UID, "controller": True}] if self._cluster.is_there else []
        labels = {MAY_BE_USED_LABEL: "true"}
        metadata: dict[str, object] = {"name": "x", "uid": "uid", "resourceVersion": "1"}
        metadata |= {"ownerReferences": owners, "labels": labels}
        spec = {"selector": {"app": "shop"}}  # of a Service that an experiment asks
        answer = {"metadata": metadata, "spec": spec, "items": [], "reason": "AlreadyExists"}
        return json.dumps(answer)


class Silence:
    """A stream: as lines one that never brings any, in pieces an answer."""

    def __init__(self, answer: str) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    async def iter_any(self) -> AsyncIterator[bytes]:
        yield self._answer.encode()


def plan_of(sample: Path) -> Plan:
    documents = yaml.safe_load_all(sample.read_text())
    body = next(each for each in documents if each["kind"] == "LoadExperiment")
    body["metadata"] |= {"namespace": "default", "uid": UID}
    return make_plan(Experiment.model_validate(body), from_environment({}).images)


async def live_through(cluster: TakesNotes, plan: Plan) -> None:
    """Do everything that an experiment may need: create, observe, record, read, remove."""
    experiment = plan.context.experiment
    actor = Actor(cluster, experiment, now=0.0)
    trial = plan.trials[0]
    children = (*plan.store_manifests(), *plan.preparation_manifests())
    children += (*plan.own_preparation_manifests(), *plan.run_manifests(trial, attempt=1))
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
    await cluster.get(Kind.POD, "default", "x")  # that was there, and is in no list
    await cluster.patch_status(Kind.EXPERIMENT, "default", "x", {}, Version())
    await cluster.logs("default", "a-pod", "k6", "t-1")
    await cluster.why_no_pod("default", "uid")
    await cluster.why_not_mounted("default", "uid")
    await cluster.last_lines("default", "a-pod", "service", previous=True)
    await cluster.version()
    await cluster.versions(Kind.EXPERIMENT, None)
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


async def test_roles_grant_what_the_operator_does_and_nothing_else(installed):
    cluster = TakesNotes()
    for sample in SAMPLES:
        await live_through(cluster, plan_of(sample))

    assert cluster.asked | OF_KOPF == granted(installed)
