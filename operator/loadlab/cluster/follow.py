"""Follow the generators' logs, so that a result is seen when it is written.

A kubelet tells of a container's end up to a second late; the log's last line comes at once. What
is remembered here is only a hint which pods have reported: without it (after a restart) the pass
waits for the pods' phase and collects the same logs.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Protocol

import structlog

from loadlab.cluster.api import Manifest
from loadlab.cluster.errors import ClusterError
from loadlab.model.names import COMPONENT_LABEL, EXPERIMENT_LABEL, Component

RESULT_LINE = b'{"k6_histogram":'
log = structlog.get_logger()


class LogSource(Protocol):
    """What gives a pod's log as it grows."""

    def follow_log(self, namespace: str, pod: str) -> AsyncIterator[bytes]:
        """Yield pieces of the log until the container ends."""
        ...


class LogFollower:
    """One task for each running generator pod."""

    def __init__(self, source: LogSource, wake: Callable[[str, str], None]) -> None:
        self._source = source
        self._wake = wake
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.reported: set[str] = set()  # uids of pods whose result line is complete

    def notice(self, event: Manifest) -> None:
        """Take note of a pod's watch event: begin to follow it, or forget it."""
        pod = event.get("object") or {}
        metadata = pod.get("metadata") or {}
        labels = metadata.get("labels") or {}
        if labels.get(COMPONENT_LABEL) != Component.K6:
            return
        uid = metadata["uid"]
        if event.get("type") == "DELETED":
            self.reported.discard(uid)
            if task := self._tasks.pop(uid, None):
                task.cancel()
        elif (pod.get("status") or {}).get("phase") == "Running" and uid not in self._tasks:
            following = self._follow(metadata, labels[EXPERIMENT_LABEL])
            self._tasks[uid] = asyncio.create_task(following)

    async def _follow(self, metadata: Manifest, experiment: str) -> None:
        namespace, name = metadata["namespace"], metadata["name"]
        try:
            if await ends_in_result(self._source.follow_log(namespace, name)):
                self.reported.add(metadata["uid"])
                self._wake(namespace, experiment)
        except ClusterError as error:  # the pod's phase will tell, a little later
            log.info("log not followed", pod=name, error=str(error))


async def ends_in_result(pieces: AsyncIterator[bytes]) -> bool:
    """Whether a log, read piece by piece, comes to a complete result line."""
    seen = b""
    async for piece in pieces:
        seen += piece
        start = seen.rfind(RESULT_LINE)
        if start >= 0 and b"\n" in seen[start:]:
            return True
        # Before the result line only its beginning can matter, cut in two by the pieces.
        seen = seen[start:] if start >= 0 else seen[-len(RESULT_LINE) :]
    return False
