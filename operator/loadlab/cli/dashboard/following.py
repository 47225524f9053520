"""Follows the logs of a run's generators while somebody looks at their experiment.

Of a log the lines count that begin with the run's token. Whose a pod is, is not proven here as the
operator does: who may make pods in the namespace can draw a false curve, and no result.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator

from loadlab.base.names import (
    COMPONENT_LABEL,
    RUN_LABEL,
    Component,
    experiment_selector,
    result_token,
)
from loadlab.base.text import fit
from loadlab.cli.dashboard.board import Board
from loadlab.cli.dashboard.curves import MOST_PODS, Curve, Pod
from loadlab.cli.dashboard.entries import LONGEST, Entry, Key
from loadlab.cli.dashboard.reading import Reads
from loadlab.kube.api import Kind, Manifest
from loadlab.kube.errors import ClusterError, MalformedError, RefusedError
from loadlab.kube.log_lines import lines_of, token_bytes
from loadlab.measurement.pod_log import read_progress

MOST_FOLLOWED = 4  # experiments at once, of at most MOST_PODS logs each
LOOKED_EVERY = 1.5  # seconds between two looks for the pods of a run
COUNTS_AT_END = "This generator tells how many requests there were at its end only."
TOO_MANY = "Curves are drawn for four experiments at once: close other pages."


class Followed:
    """The experiments that somebody looks at, and a task for each."""

    def __init__(self, cluster: Reads, board: Board, every: float = LOOKED_EVERY) -> None:
        self._cluster, self._board, self._every = cluster, board, every
        self._readers = Counter[Key]()
        self._tasks: dict[Key, asyncio.Task[None]] = {}

    @contextlib.contextmanager
    def while_looked_at(self, keys: tuple[Key, ...]) -> Iterator[None]:
        """Follow these as long as the block lasts."""
        self._readers.update(keys)
        for key in keys:
            self._begin(key)
        try:
            yield
        finally:
            self._readers.subtract(keys)
            for key in keys:
                self._end(key)

    def _begin(self, key: Key) -> None:
        if key in self._tasks:
            return
        if len(self._tasks) >= MOST_FOLLOWED:
            self._board.note(key, TOO_MANY)
        else:
            self._tasks[key] = asyncio.create_task(self._follow(key))

    def _end(self, key: Key) -> None:
        if self._readers[key] > 0:
            return
        del self._readers[key]
        self._board.notes.pop(key, None)
        self._board.curves.pop(key, None)
        if task := self._tasks.pop(key, None):
            task.cancel()
            for waiting in self._readers.keys() - self._tasks:
                self._board.note(waiting, "")
                self._begin(waiting)

    async def _follow(self, key: Key) -> None:
        """Look again and again for the pods of the run; each has a task that reads its log."""
        logs: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                entry = self._board.entries.get(key)
                if entry and entry.is_running:
                    await self._look(entry, logs)
                await asyncio.sleep(self._every)
        finally:
            for task in logs.values():
                task.cancel()

    async def _look(self, entry: Entry, logs: dict[str, asyncio.Task[None]]) -> None:
        try:
            pods = [pod async for pod in self._pods(entry)]
        except ClusterError as error:
            self._board.note(entry.key, _why_not(error))
            return
        if not pods:
            return
        curve = self._curve_of(entry.key, pods)
        mine = [pod for pod in pods if _label(pod, RUN_LABEL) == curve.run][:MOST_PODS]
        names = {pod["metadata"]["uid"]: pod["metadata"]["name"] for pod in mine}
        for uid in logs.keys() - names:
            logs.pop(uid).cancel()
        for uid in names.keys() - logs:
            logs[uid] = asyncio.create_task(self._read(entry, curve, names[uid]))

    def _curve_of(self, key: Key, pods: list[Manifest]) -> Curve:
        """Return the curve of the latest run; an earlier one gives way to it."""
        latest = max(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))
        run = _label(latest, RUN_LABEL)
        curve = self._board.curves.get(key)
        if curve is None or curve.run != run:
            curve = self._board.curves[key] = Curve(run)
            self._board.note(key, "")
            self._board.pulse()
        return curve

    async def _pods(self, entry: Entry) -> AsyncIterator[Manifest]:
        labels = experiment_selector(entry.name) | {COMPONENT_LABEL: Component.K6.value}
        async for page in self._cluster.outlines(Kind.POD, entry.namespace, labels):
            for pod in page:
                if entry.is_run_of_now(_label(pod, RUN_LABEL)):
                    yield pod

    async def _read(self, entry: Entry, curve: Curve, pod: str) -> None:
        """Read a log to its end; one that has not begun, or breaks off, is asked for again."""
        before = token_bytes(result_token(entry.uid, curve.run))
        while True:
            try:
                return await self._read_once(entry, curve, pod, before)
            except RefusedError as error:
                if not isinstance(error, MalformedError):  # that one: its container has not begun
                    return self._board.note(entry.key, _why_not(error))
            except ClusterError:
                pass  # whether the API server is away, others say
            await asyncio.sleep(self._every)

    async def _read_once(self, entry: Entry, curve: Curve, pod: str, before: bytes) -> None:
        said = Pod()
        pieces = self._cluster.follow_log(entry.namespace, pod, Component.K6.value)
        async for line in lines_of(pieces):
            if line.startswith(before):
                self._note(entry.key, curve, pod, line.removeprefix(before), said)

    def _note(self, key: Key, curve: Curve, pod: str, line: bytes, before: Pod) -> None:
        told = read_progress(line)
        if told is None or (said := before.take(told)) is None:
            return
        if said.rate is None:
            self._board.note(key, COUNTS_AT_END)
        changes = curve.changes
        curve.note(pod, told.seconds, said)
        if curve.changes != changes:
            self._board.pulse()


def _label(pod: Manifest, name: str) -> str:
    return str((pod["metadata"].get("labels") or {}).get(name, ""))


def _why_not(error: ClusterError) -> str:
    return fit(f"The generators' logs cannot be read: {error}", LONGEST)
