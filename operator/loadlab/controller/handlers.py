"""Kopf handlers: they start and stop the operator and say which experiment to reconcile.

Only event handlers are registered: no finalizer is needed, so an experiment or its namespace can
be deleted at any moment, even while the operator is away. Children go by their ownerReferences.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Set
from itertools import chain, repeat
from typing import Any

import kopf

from loadlab.base.names import GROUP, VERSION
from loadlab.controller.experiment_index import ExperimentIndex, waits_as_reported
from loadlab.controller.metrics import Metrics
from loadlab.controller.missed_events import watch_for_missed
from loadlab.controller.no_state import NothingKept
from loadlab.controller.passes import STUCK, Passes
from loadlab.controller.reconcile import Reconciler
from loadlab.controller.settings import Settings
from loadlab.controller.unwritten import Unwritten
from loadlab.controller.work_queue import Key, WorkQueue
from loadlab.kube.api import Kind, Manifest
from loadlab.kube.client import ApiCluster, connect
from loadlab.kube.follow import LogFollower
from loadlab.kube.lease import Lease
from loadlab.kube.lists import PAGE_EXPERIMENTS
from loadlab.kube.watch import experiment_of, watch_children

BACKOFFS = (1.0, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0)  # seconds; Kopf's own
LONGEST_BACKOFF = 30.0
KEPT_BY_KOPF = 0.2  # seconds for which an experiment is held after an event


class Endless:
    """Seconds between the tries of a request of Kopf's, which never gives up.

    It would end the whole process where one namespace of several is deleted and takes our Role
    along, or where its owners take that away.
    """

    def __iter__(self) -> Iterator[float]:
        """Yield them, as often as it is asked."""
        return chain(BACKOFFS, repeat(LONGEST_BACKOFF))


class Operator:
    """The running operator: a queue, the watches and the passes."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.index = ExperimentIndex()
        self.work_queue = WorkQueue(first=self._front)
        self.metrics = Metrics(self.index.phases)
        self.unwritten = Unwritten()
        self.passes = Passes(self.work_queue, self.index, self.metrics, self.unwritten)
        self._task: asyncio.Task[None] | None = None

    def _front(self) -> Set[Key]:
        return self.index.front(self.unwritten.set_aside(time.time()))

    def start(self) -> None:
        """Begin to work in the background."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop at once: whatever is under way is taken up by the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def handle_event(
        self, key: Key, body: Mapping[str, Any] | None, *, changed: bool = False
    ) -> None:
        """Take note of an experiment that is there or has changed, or that is gone (None)."""
        held_up_others = body is None or self.index.holds_up_others(key)
        if body is None:
            self.index.forget(key)
            self.work_queue.add(*key)  # for what it may have left
        else:
            self.index.note(key, body)
            if not (changed and waits_as_reported(body)):
                self.work_queue.add(*key)
        if held_up_others and not self.index.holds_up_others(key):
            # The next in the queue need not wait until it is due.
            self.work_queue.requeue_all(but=self.unwritten.keys_set_aside(time.time()))

    def handle_difference(self, key: Key, body: Mapping[str, Any] | None) -> None:
        """Take note of an experiment as it is: what was reported of it last is another state."""
        self.handle_event(key, body, changed=self.index.knows(key))

    def check(self) -> str:
        """Return how the loop is doing.

        Raises:
            RuntimeError: a pass hangs or the loop has ended.
        """
        if self._task is None or self._task.done():
            raise RuntimeError("the reconcile loop has ended")
        if (busy := self.passes.longest) > STUCK:
            msg = f"a pass has been under way for {busy:.0f} s"
            raise RuntimeError(msg)
        return "working"

    async def _run(self) -> None:
        async with connect(self.metrics.asked) as cluster:
            lease = Lease(cluster, self.settings.lease, time.monotonic, time.time)
            try:
                await self._work(cluster.written_by(lease.require), lease)
            finally:
                await lease.give_back()  # now that nothing is written any more

    async def _work(self, cluster: ApiCluster, lease: Lease) -> None:
        async with asyncio.TaskGroup() as group:
            images, watched = self.settings.images, self.settings.watched
            reconciler = Reconciler(
                cluster, images, watched, metrics=self.metrics, unwritten=self.unwritten
            )
            follower = LogFollower(cluster, self.work_queue.add)

            def handle(kind: Kind, event: Manifest) -> None:
                if kind is Kind.TRIAL and not reconciler.finished.handle_event(event):
                    return
                if kind is Kind.POD:
                    follower.handle_event(event)
                if (experiment := experiment_of(event)) is not None:
                    self.work_queue.add(*experiment)

            def restarted(kind: Kind) -> None:
                if kind is Kind.TRIAL:
                    reconciler.finished.forget()

            namespaces = self.settings.watched
            group.create_task(watch_children(cluster, namespaces, handle, restarted))
            group.create_task(
                watch_for_missed(cluster, namespaces, self.index, self.handle_difference)
            )
            group.create_task(lease.keep())
            group.create_task(self.passes.run(reconciler, follower, lease.held))


def register(operator: Operator) -> None:
    """Register the handlers with Kopf."""

    @kopf.on.startup()
    async def on_startup(settings: kopf.OperatorSettings, **_: Any) -> None:
        # With a Role only, looking for kinds and namespaces would be refused, and retried for long.
        settings.scanning.disabled = bool(operator.settings.namespaces)
        settings.posting.enabled = False  # our events are decisions, not log lines
        # A watch may fall silent: the one after it tells what was missed meanwhile.
        settings.watching.server_timeout = 45
        settings.watching.client_timeout = 90
        settings.networking.request_timeout = 30
        # Kopf holds what it has listed until it was handled, and what came last until it is idle.
        settings.watching.chunk_size = PAGE_EXPERIMENTS
        settings.queueing.idle_timeout = KEPT_BY_KOPF
        settings.persistence.diffbase_storage = NothingKept()
        if operator.settings.namespaces:
            settings.networking.error_backoffs = Endless()
        operator.start()

    @kopf.on.cleanup()
    async def on_cleanup(**_: Any) -> None:
        await operator.stop()

    @kopf.on.event(GROUP, VERSION, "loadexperiments")
    async def on_experiment(
        namespace: str | None,
        name: str,
        type: str,  # noqa: A002 - Kopf's word
        body: kopf.Body,
        **_: Any,
    ) -> None:
        if namespace is not None:
            gone, changed = type == "DELETED", type == "MODIFIED"
            operator.handle_event((namespace, name), None if gone else body, changed=changed)

    @kopf.on.probe(id="passes", errors=kopf.ErrorsMode.PERMANENT)
    async def on_probe(**_: Any) -> str:
        return operator.check()
