"""Plays the pods of a control plane without a node: they run, are ready, end, and leave a log.

It does to a pod what a scheduler and a kubelet do, by the API: binds it, reports its phase and its
container, removes it once it is deleted. A generator ends well a while after its service is ready;
its log is the one of tests/reconcile, with the run's own name.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from loadlab.base.names import COMPONENT_LABEL, RUN_LABEL
from loadlab.base.times import rfc3339
from tests.reconcile.fake_kubernetes import with_token
from tests.reconcile.generator_log import generator_log
from tests.reliability.control_plane import ADMIN

Json = dict[str, Any]
LOOK_SECONDS = 0.1
MERGE_PATCH = "application/merge-patch+json"
ENDING = ("k6", "dataset")


class FakeKubelet:
    """All pods of the cluster, looked at ten times a second."""

    def __init__(self, url: str, tls: ssl.SSLContext, *, load_seconds: float = 0.3) -> None:
        self.load_seconds = load_seconds
        self.finished_runs: list[str] = []  # one entry for every generator that came to its end
        self.paused = False
        self._url, self._tls = url, tls
        self._logs: dict[tuple[str, str], str] = {}
        self._began: dict[str, float] = {}  # when a generator's service was ready, by pod uid
        self._session: aiohttp.ClientSession

    @asynccontextmanager
    async def running(self) -> AsyncIterator["FakeKubelet"]:
        headers = {"Authorization": f"Bearer {ADMIN}"}
        connector = aiohttp.TCPConnector(ssl=self._tls)
        async with aiohttp.ClientSession(
            self._url, headers=headers, connector=connector
        ) as session:
            self._session = session
            task = asyncio.create_task(self._run())
            try:
                yield self
            finally:
                if task.done():
                    task.result()  # it never ends by itself: a test without pods proves nothing
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def logs(self, namespace: str, pod: str, follow: bool) -> AsyncIterator[bytes]:
        """Yield a pod's log; one that is followed comes when the pod ends."""
        while follow and (namespace, pod) not in self._logs:  # noqa: ASYNC110 - most are never asked
            await asyncio.sleep(0.05)
        yield self._logs.get((namespace, pod), "").encode()

    async def _run(self) -> None:
        while True:
            if not self.paused:
                async with self._session.get("/api/v1/pods") as answer:
                    pods = (await answer.json())["items"]
                await asyncio.gather(*(self._advance(pod, pods) for pod in pods))
            await asyncio.sleep(LOOK_SECONDS)

    async def _advance(self, pod: Json, pods: list[Json]) -> None:
        metadata, phase = pod["metadata"], (pod.get("status") or {}).get("phase")
        if metadata.get("deletionTimestamp"):
            await self._remove(pod)
        elif not pod["spec"].get("nodeName"):
            await self._bind(metadata)
        elif phase == "Pending":
            await self._report(pod, "Running", {"running": {"startedAt": rfc3339(time.time())}})
        elif phase == "Running" and self._has_ended(pod, pods):
            await self._end(pod)

    async def _remove(self, pod: Json) -> None:
        now = {"gracePeriodSeconds": 0, "preconditions": {"uid": pod["metadata"]["uid"]}}
        await self._send("DELETE", _path(pod["metadata"]), now)

    async def _bind(self, metadata: Json) -> None:
        target = {"apiVersion": "v1", "kind": "Node", "name": "played"}
        named = {"name": metadata["name"], "namespace": metadata["namespace"]}
        body = {"apiVersion": "v1", "kind": "Binding", "metadata": named, "target": target}
        await self._send("POST", f"{_path(metadata)}/binding", body)

    async def _end(self, pod: Json) -> None:
        metadata, now = pod["metadata"], rfc3339(time.time())
        labels = metadata["labels"]
        if labels[COMPONENT_LABEL] == "k6":
            key = (metadata["namespace"], metadata["name"])
            self._logs[key] = with_token(pod, generator_log(run=labels[RUN_LABEL])) + "\n"
            self.finished_runs.append(labels[RUN_LABEL])
        await self._report(pod, "Succeeded", {"terminated": {"exitCode": 0, "finishedAt": now}})

    def _has_ended(self, pod: Json, pods: list[Json]) -> bool:
        labels, uid = pod["metadata"].get("labels") or {}, pod["metadata"]["uid"]
        component = labels.get(COMPONENT_LABEL)
        if component != "k6":
            return component == "dataset"
        run = labels[RUN_LABEL]
        if any(_is_ready_service(other, run) for other in pods):
            began = self._began.setdefault(uid, time.monotonic())
            return time.monotonic() - began >= self.load_seconds
        return False

    async def _report(self, pod: Json, phase: str, state: Json) -> None:
        ready = "True" if phase == "Running" else "False"
        now = rfc3339(time.time())
        containers = [
            {
                "name": each["name"],
                "image": each["image"],
                "imageID": f"played/{each['image']}",
                "ready": phase == "Running",
                "started": phase == "Running",
                "restartCount": 0,
                "state": state,
            }
            for each in pod["spec"]["containers"]
        ]
        conditions = [
            {"type": type_, "status": status, "lastTransitionTime": now}
            for type_, status in (("PodScheduled", "True"), ("Ready", ready))
        ]
        status = {
            "phase": phase,
            "startTime": now,
            "conditions": conditions,
            "containerStatuses": containers,
            "podIP": "192.0.2.7",
        }
        await self._send("PATCH", f"{_path(pod['metadata'])}/status", {"status": status})

    async def _send(self, verb: str, path: str, body: Json) -> None:
        """Send a request; a pod that has changed or goes meanwhile is looked at again."""
        kind = MERGE_PATCH if verb == "PATCH" else "application/json"
        headers = {"Content-Type": kind}
        async with self._session.request(verb, path, json=body, headers=headers) as answer:
            text = await answer.text()
            if answer.status >= 300 and answer.status not in {403, 404, 409, 422}:
                raise AssertionError(f"{verb} {path}: {answer.status} {text}")


def _path(metadata: Json) -> str:
    return f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"


def _is_ready_service(pod: Json, run: str) -> bool:
    labels = pod["metadata"].get("labels") or {}
    conditions = (pod.get("status") or {}).get("conditions") or []
    return (
        labels.get(RUN_LABEL) == run
        and labels.get(COMPONENT_LABEL) == "service"
        and not pod["metadata"].get("deletionTimestamp")
        and any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
    )
