"""Follow logs as they grow: a generator's result is seen when it is written, and so is how far
the data set has been loaded, or a load has come.

A kubelet tells of a container's end up to a second late; the log's last line comes at once. What
is remembered here is only a hint: without it (after a restart) the log is read again from its
beginning, and a pass that knows nothing waits for the pods' phase.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from loadlab.base.names import (
    COMPONENT_LABEL,
    EXPERIMENT_LABEL,
    EXPERIMENT_UID_LABEL,
    RUN_LABEL,
    Component,
    result_token,
)
from loadlab.kube.api import Manifest
from loadlab.kube.errors import ClusterError, MalformedError
from loadlab.kube.log_lines import RESULT_START, lines_of, token_bytes
from loadlab.kube.preparations import PreparationNotes, read_preparation
from loadlab.measurement.documents import Progress
from loadlab.measurement.pod_log import read_progress
from loadlab.model.status import Preparation

# Logs at once: anybody's pods may bear our labels, and each holds a connection.
MOST_FOLLOWED = 60
MOST_OF_NAMESPACE = 20
FOLLOWED = {Component.K6.value, Component.DATASET.value}
log = structlog.get_logger()


class LogSource(Protocol):
    """What gives a pod's log as it grows."""

    def follow_log(self, namespace: str, pod: str, container: str) -> AsyncIterator[bytes]:
        """Yield pieces of a container's log until it ends."""
        ...


class LogFollower:
    """One task for each running pod of a generator or of a data set's Job."""

    def __init__(self, source: LogSource, requeue: Callable[[str, str], None]) -> None:
        self._source = source
        self._requeue = requeue
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._changed: set[str] = set()  # pods that have changed since their log was asked for
        self._places = asyncio.Semaphore(MOST_FOLLOWED)
        # A namespace is forgotten with the last of its pods that follows or waits.
        self._places_of = WeakValueDictionary[str, asyncio.Semaphore]()
        self._notes = PreparationNotes()
        self.reported: set[str] = set()  # uids of pods whose result line is complete
        self.progress: dict[str, Progress] = {}  # what each generator said last, by uid

    @property
    def preparations(self) -> dict[str, Preparation]:
        """What the pods of data sets' Jobs said last, by uid."""
        return self._notes.published

    def handle_event(self, event: Manifest) -> None:
        """Take note of a pod's watch event: begin to follow it, or forget it.

        An event has the pod's metadata alone: whether there is a log, asking for it tells.
        """
        pod = event.get("object") or {}
        metadata = pod.get("metadata") or {}
        labels = metadata.get("labels") or {}
        if labels.get(COMPONENT_LABEL) not in FOLLOWED:
            return
        uid = metadata["uid"]
        if event.get("type") == "DELETED":
            self._forget(uid)
        elif uid in self._tasks:
            self._changed.add(uid)
        else:
            self._tasks[uid] = asyncio.create_task(self._follow_in_turn(metadata))

    def _forget(self, uid: str) -> None:
        self.reported.discard(uid)
        self._changed.discard(uid)
        self.progress.pop(uid, None)
        self._notes.forget(uid)
        if task := self._tasks.pop(uid, None):
            task.cancel()

    async def _follow_in_turn(self, metadata: Manifest) -> None:
        """Wait while there are many: whose log is not followed is found by its pod's phase.

        A pod without a log yet is asked again once it has changed.
        """
        uid, namespace = metadata["uid"], metadata["namespace"]
        of_namespace = self._places_of.setdefault(namespace, asyncio.Semaphore(MOST_OF_NAMESPACE))
        async with of_namespace, self._places:
            while not await self._follow(metadata):
                if uid not in self._changed:
                    del self._tasks[uid]
                    return
                self._changed.discard(uid)

    async def _follow(self, metadata: Manifest) -> bool:
        """Follow a log to its end; False where there is none yet."""
        namespace, name, labels = metadata["namespace"], metadata["name"], metadata["labels"]
        pieces = self._source.follow_log(namespace, name, labels[COMPONENT_LABEL])

        def requeue() -> None:
            self._requeue(namespace, labels[EXPERIMENT_LABEL])

        try:
            if labels[COMPONENT_LABEL] == Component.DATASET:
                await self._note_preparation(metadata["uid"], pieces, requeue)
            elif await self._comes_to_result(metadata["uid"], pieces, _token_of(labels)):
                self.reported.add(metadata["uid"])
                requeue()
        except MalformedError:  # its container has not begun
            return False
        except ClusterError as error:  # the pod's phase says so, a little later
            log.info("log not followed", pod=name, error=str(error))
        return True

    async def _note_preparation(
        self, uid: str, pieces: AsyncIterator[bytes], requeue: Callable[[], None]
    ) -> None:
        async for line in lines_of(pieces):
            if (preparation := read_preparation(line)) is not None:
                self._notes.note(uid, preparation, requeue)

    async def _comes_to_result(self, uid: str, pieces: AsyncIterator[bytes], before: bytes) -> bool:
        """Whether a log comes to a complete result line; its progress is noted on the way.

        Progress requeues nothing: it is asked for when a run comes to no result in time.
        """
        async for line in lines_of(pieces):
            if not line.startswith(before):
                continue
            if line.startswith(RESULT_START, len(before)):
                return True
            if (progress := read_progress(line.removeprefix(before))) is not None:
                self.progress[uid] = progress
        return False


def _token_of(labels: Mapping[str, str]) -> bytes:
    """Return what a run's lines begin with; whether a pod is the run's own, its owners say."""
    uid, run = labels.get(EXPERIMENT_UID_LABEL, ""), labels.get(RUN_LABEL, "")
    return token_bytes(result_token(uid, run))
