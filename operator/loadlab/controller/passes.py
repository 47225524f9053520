"""The passes: several at a time of experiments that only wait, one at a time of all others.

Five hundred that are created at once are accepted while one of them runs: each needs two requests,
and none of them waits for the answers to another's, nor for an analysis. What begins, runs or
ends is looked at alone, so that who is next is decided from what the one before has written.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from loadlab.controller.experiment_index import ExperimentIndex
from loadlab.controller.metrics import Metrics
from loadlab.controller.reconcile import Reconciler
from loadlab.controller.unwritten import Unwritten
from loadlab.controller.work_queue import Key, WorkQueue
from loadlab.kube.errors import ClusterError, RefusedError
from loadlab.kube.follow import LogFollower
from loadlab.kube.hints import Hints
from loadlab.progress.failed_pass import RETRY

AT_A_TIME = 4  # passes; each may hold an experiment of 1.5 MB and its plan
AFTER_BREAKDOWN = 30.0  # seconds after an error that could not be answered in the status
STUCK = 120.0  # seconds that one pass may take before the liveness probe fails
Held = Callable[[], Coroutine[Any, Any, None]]
log = structlog.get_logger()


class Passes:
    """Takes keys from the queue and reconciles them until cancelled."""

    def __init__(
        self,
        queue: WorkQueue,
        index: ExperimentIndex,
        metrics: Metrics | None = None,
        unwritten: Unwritten | None = None,
    ) -> None:
        self._unwritten = unwritten or Unwritten()
        self._metrics = metrics or Metrics()
        self._queue = queue
        self._index = index
        self._alone = asyncio.Lock()
        self._began: dict[Key, float] = {}

    @property
    def longest(self) -> float:
        """Seconds for which the oldest of the passes has been under way."""
        return time.monotonic() - min(self._began.values(), default=time.monotonic())

    async def run(self, reconciler: Reconciler, follower: LogFollower, held: Held) -> None:
        """Do passes while `held` returns."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_A_TIME):
                group.create_task(self._work(reconciler, follower, held))

    async def _work(self, reconciler: Reconciler, follower: LogFollower, held: Held) -> None:
        while True:
            await held()  # before a key is taken: what has changed by then is not missed
            key = await self._queue.get()
            after: float | None = AFTER_BREAKDOWN
            try:
                after = await self._pass(key, reconciler, follower)
            except ClusterError as error:
                log.warning("no pass", experiment=key, error=str(error))
                self._metrics.failed()
                after = self._again(key, error)
            except Exception:  # not even the status could say so
                log.exception("pass broke", experiment=key)
                self._metrics.failed()
            finally:
                self._queue.done(key, after)

    def _again(self, key: Key, error: ClusterError) -> float | None:
        """Return when to look again at one of which no pass could be made."""
        if isinstance(error, RefusedError) and not self._index.knows(key):
            return None  # its namespace was deleted, maybe: an event would tell of it
        return self._unwritten.retry(key, time.time(), RETRY)

    async def _pass(self, key: Key, reconciler: Reconciler, follower: LogFollower) -> float | None:
        hints = self._hints(key, follower, alone=False)
        if self._index.only_waits(key, hints.place, hints.set_aside):
            return await self._timed(key, reconciler, hints)
        async with self._alone:
            hints = self._hints(key, follower, alone=True)  # the passes before may have changed it
            return await self._timed(key, reconciler, hints)

    async def _timed(self, key: Key, reconciler: Reconciler, hints: Hints) -> float | None:
        self._began[key] = time.monotonic()
        try:
            return await reconciler.reconcile(key, time.time(), hints)
        finally:
            self._metrics.passed(time.monotonic() - self._began.pop(key))
            now = time.time()
            if self._unwritten.set_aside(now) != hints.set_aside:
                # Whoever waited for one of them need not any more; they themselves are many, maybe.
                self._queue.requeue_all(but=self._unwritten.keys_set_aside(now))

    def _hints(self, key: Key, follower: LogFollower, *, alone: bool) -> Hints:
        """Return what is known now."""
        set_aside = self._unwritten.set_aside(time.time())
        return Hints(
            reported=follower.reported,
            preparations=follower.preparations,
            progress=follower.progress,
            place=self._index.place_of(key, set_aside),
            former=self._index.former,
            set_aside=set_aside,
            standing=self._index.standing(key),
            alone=alone,
        )
