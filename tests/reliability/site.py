"""A control plane without a node, an operator before a fault proxy, and experiments on both.

What is compared after whatever was done to the operator is the outcome: the state in which an
undisturbed run ends.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from loadlab.base.names import EXPERIMENT_UID_LABEL
from tests.reconcile.laboratory import SMALL
from tests.reliability.control_plane import ADMIN, OPERATOR, ControlPlane
from tests.reliability.fake_kubelet import FakeKubelet
from tests.reliability.operator_process import OperatorProcess
from tests.reliability.proxy import FaultProxy

Json = dict[str, Any]
GROUP = "/apis/loadlab.dev/v1alpha1/namespaces"
NAMESPACE = "default"
ANSWER_SECONDS = 60
SIX_TRIALS: Json = SMALL | {"replicates": 3}
# What goes with an experiment; its trials and its Secret stay as long as it does.
CHILDREN = (
    "/api/v1/namespaces/{}/pods",
    "/api/v1/namespaces/{}/services",
    "/apis/apps/v1/namespaces/{}/deployments",
    "/apis/apps/v1/namespaces/{}/replicasets",
    "/apis/apps/v1/namespaces/{}/statefulsets",
    "/apis/batch/v1/namespaces/{}/jobs",
)
TERMINAL = {"Succeeded", "Failed", "Terminated"}


class RefusedError(Exception):
    """The API server said no."""


class Site:
    """One operator behind one proxy; further ones may be added beside it."""

    def __init__(self, plane: ControlPlane, folder: Path, *, seed: int) -> None:
        self.folder = folder
        self.plane = plane
        self.kubelet = FakeKubelet(plane.url, plane.tls)
        self.proxy = self.add_proxy(seed)
        self._session: aiohttp.ClientSession
        self.operator: OperatorProcess

    def add_proxy(self, seed: int = 0) -> FaultProxy:
        """Return another proxy to the same API server."""
        plane = self.plane
        return FaultProxy(
            plane.url, token=OPERATOR, tls=plane.tls, seed=seed, logs=self.kubelet.logs
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Site"]:
        """Run kubelet, proxy and operator; end with no experiment left."""
        headers = {"Authorization": f"Bearer {ADMIN}"}
        connector = aiohttp.TCPConnector(ssl=self.plane.tls)
        limit = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with (
            aiohttp.ClientSession(
                self.plane.url, headers=headers, connector=connector, timeout=limit
            ) as session,
            self.kubelet.running(),
            self.proxy.running(),
        ):
            self._session = session
            self.operator = OperatorProcess(self.proxy.address, self.folder)
            self.operator.start()
            try:
                yield self
                await self.clear()
            finally:
                self.operator.kill()

    async def ask(self, verb: str, path: str, body: Json | None = None, kind: str = "") -> Json:
        """Send a request as the administrator, past the proxy.

        Raises:
            RefusedError: the API server refused.
        """
        headers = {"Content-Type": kind} if kind else {}
        try:
            async with self._session.request(verb, path, json=body, headers=headers) as answer:
                found, status = json.loads(await answer.read()), answer.status
        except TimeoutError as error:
            raise RefusedError(f"{verb} {path}: no answer within {ANSWER_SECONDS} s") from error
        if status >= 300:
            raise RefusedError(f"{verb} {path}: {status} {found.get('message')}")
        return dict(found)

    async def submit(
        self, name: str, spec: Json = SIX_TRIALS, *, namespace: str = NAMESPACE
    ) -> None:
        metadata = {"name": name, "namespace": namespace}
        api = {"apiVersion": "loadlab.dev/v1alpha1", "kind": "LoadExperiment"}
        body = {**api, "metadata": metadata, "spec": spec}
        place = f"{GROUP}/{namespace}/loadexperiments?fieldValidation=Strict"  # no misspelt field
        await self.ask("POST", place, body)

    async def experiment(self, name: str, *, namespace: str = NAMESPACE) -> Json:
        return await self.ask("GET", f"{GROUP}/{namespace}/loadexperiments/{name}")

    async def status(self, name: str, *, namespace: str = NAMESPACE) -> Json:
        return dict((await self.experiment(name, namespace=namespace)).get("status") or {})

    async def finished(self, name: str, seconds: float, *, namespace: str = NAMESPACE) -> Json:
        """Wait for an experiment's end and return its status."""

        async def over() -> Json | None:
            status = await self.status(name, namespace=namespace)
            return status if status.get("phase") in TERMINAL else None

        found: Json = await eventually(over, seconds, f"the end of {name}")
        return found

    async def trials(self, name: str, *, namespace: str = NAMESPACE) -> list[Json]:
        path = f"{GROUP}/{namespace}/loadtrials?labelSelector=loadlab.dev/experiment={name}"
        return list((await self.ask("GET", path))["items"])

    async def leftovers(self, uid: str, *, namespace: str = NAMESPACE) -> list[str]:
        """What is there of an experiment's children, whoever owns it."""
        found = []
        for place in CHILDREN:
            query = f"?labelSelector={EXPERIMENT_UID_LABEL}={uid}"
            items = (await self.ask("GET", place.format(namespace) + query))["items"]
            kind = place.rsplit("/", 1)[1]
            found += [f"{kind}/{item['metadata']['name']}" for item in items]
        return found

    async def outcome(self, name: str, *, namespace: str = NAMESPACE) -> Json:
        """What must be the same however often the operator died, and with it what is left over."""
        body = await self.experiment(name, namespace=namespace)
        status, uid = body["status"], body["metadata"]["uid"]
        trials = await self.trials(name, namespace=namespace)
        return {
            "phase": status["phase"],
            "verdict": status["verdict"],
            "progress": status["progress"],
            "results": status["results"],
            "trials": sorted(
                (trial["spec"]["position"], trial["status"]["phase"], trial["status"]["attempt"])
                for trial in trials
            ),
            "leftovers": await self.leftovers(uid, namespace=namespace),
        }

    def runs(self, name: str) -> list[str]:
        """The runs of an experiment that came to their end, without what its uid adds to them."""
        parts = [run.split("-") for run in self.kubelet.finished_runs]
        return sorted("-".join(part[-2:]) for part in parts if "-".join(part[:-3]) == name)

    async def delete(
        self, name: str, policy: str = "Background", *, namespace: str = NAMESPACE
    ) -> None:
        path = f"{GROUP}/{namespace}/loadexperiments/{name}"
        await self.ask("DELETE", path, {"propagationPolicy": policy})

    async def clear(self) -> None:
        """Delete every experiment."""
        await self.ask("DELETE", f"{GROUP}/{NAMESPACE}/loadexperiments")


async def eventually(
    check: Callable[[], Awaitable[Any]], seconds: float, what: str, every: float = 0.1
) -> Any:
    """Return the first truthy answer; a refusal is no answer yet."""
    loop, last = asyncio.get_running_loop(), "nothing"
    deadline = loop.time() + seconds
    while loop.time() < deadline:
        try:
            if found := await check():
                return found
        except RefusedError as error:
            last = str(error)
        await asyncio.sleep(every)
    raise AssertionError(f"{what}: not within {seconds:.0f} s; last: {last}")
