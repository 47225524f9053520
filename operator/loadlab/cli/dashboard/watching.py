"""Keeps the board in step with the API server, also after that was away."""

import asyncio
from collections.abc import Awaitable, Callable

from loadlab.base.text import fit
from loadlab.cli.dashboard.board import Board
from loadlab.cli.dashboard.entries import LONGEST, Key, entry_of
from loadlab.cli.dashboard.reading import Reads
from loadlab.kube.api import Kind, Manifest
from loadlab.kube.errors import ClusterError, RefusedError

ASKED_EVERY = 10.0  # seconds: a connection that broke in silence is noticed by then
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0  # seconds before an API server that is away is asked again
Sleep = Callable[[float], Awaitable[None]]


class Watcher:
    """Watches the experiments of a namespace, or of all."""

    def __init__(
        self, cluster: Reads, namespace: str | None, board: Board, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._cluster, self._namespace, self._board = cluster, namespace, board
        self._sleep = sleep
        self._changed: dict[Key, None] = {}
        self._wake = asyncio.Event()
        self._pause = FIRST_PAUSE

    async def keep(self) -> None:
        """Watch until cancelled; what stands in the way is on the board."""
        while True:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._watch())
                    group.create_task(self._read_changed())
                    group.create_task(self._ask())
            except* ClusterError as errors:
                why = fit(f"The API server cannot be read: {errors.exceptions[0]}", LONGEST)
                self._board.answers(away=f"{why}; {_remedy(errors)}")
            await self._sleep(self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE)

    async def _watch(self) -> None:
        while True:
            version = await self._cluster.list_version(Kind.EXPERIMENT, self._namespace)
            await self._list()
            events = self._cluster.watch(Kind.EXPERIMENT, self._namespace, {}, version)
            async for event in events:
                if event.get("type") == "ERROR":  # the version is too old: all is read anew
                    break
                self._take(event)
            await self._sleep(FIRST_PAUSE)  # a server that cuts watches short is not hammered

    async def _list(self) -> None:
        found = set[Key]()
        self._board.left_out = 0
        async for page in self._cluster.pages(Kind.EXPERIMENT, self._namespace, {}):
            for item in page:
                entry = entry_of(item)
                found.add(entry.key)
                self._board.put(entry)
        self._board.keep(found)
        self._board.answers()
        self._pause = FIRST_PAUSE

    def _take(self, event: Manifest) -> None:
        metadata = (event.get("object") or {}).get("metadata") or {}
        if event.get("type") == "BOOKMARK" or not metadata.get("name"):
            return
        key = str(metadata.get("namespace")), str(metadata["name"])
        if event.get("type") == "DELETED":
            self._changed.pop(key, None)
            self._board.remove(key)
        else:
            self._changed[key] = None
            self._wake.set()

    async def _read_changed(self) -> None:
        """Read what has changed, one at a time: of ten changes meanwhile the last one counts."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._changed:
                key = next(iter(self._changed))
                del self._changed[key]
                found = await self._cluster.get(Kind.EXPERIMENT, *key)
                if found is None:
                    self._board.remove(key)
                else:
                    self._board.put(entry_of(found))

    async def _ask(self) -> None:
        while True:
            await self._sleep(ASKED_EVERY)
            await self._cluster.list_version(Kind.EXPERIMENT, self._namespace)


def _remedy(errors: ExceptionGroup[ClusterError]) -> str:
    if errors.subgroup(RefusedError):
        return "log in anew, or name a namespace (-n) where you may list LoadExperiments"
    return "is the cluster up, and the kubeconfig's context the right one?"
