"""Which passes are under way together."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from loadlab.controller import passes as passes_module
from loadlab.controller.experiment_index import ExperimentIndex
from loadlab.controller.passes import AT_A_TIME, Passes
from loadlab.controller.reconcile import Reconciler
from loadlab.controller.unwritten import AHEAD_FOR, Unwritten
from loadlab.controller.work_queue import Key, WorkQueue
from loadlab.kube.errors import UnavailableError
from loadlab.kube.follow import LogFollower
from loadlab.kube.hints import Hints

RUNNING = ("lab", "running")


class Recorder:
    """A reconciler whose passes last until they are let go."""

    def __init__(self) -> None:
        self.under_way: dict[Key, Hints] = {}
        self.seen: list[Key] = []
        self.held_up: set[Key] = set()
        self.let_go = asyncio.Event()
        self.raises: Exception | None = None

    async def reconcile(self, key: Key, now: float, hints: Hints) -> None:
        self.under_way[key] = hints
        self.seen.append(key)
        if self.raises is not None:
            error, self.raises = self.raises, None
            raise error
        if key in self.held_up:
            await self.let_go.wait()
        del self.under_way[key]


class Desk:
    """A queue, an index and the passes of a recorder."""

    def __init__(self) -> None:
        self.queue, self.index, self.recorder = WorkQueue(), ExperimentIndex(), Recorder()
        self.unwritten = Unwritten()
        self.passes = Passes(self.queue, self.index, unwritten=self.unwritten)

    def add(self, name: str, *, phase: str = "Pending", suspend: bool = False) -> Key:
        key = ("lab", name)
        metadata = {"namespace": "lab", "name": name, "uid": name, "creationTimestamp": name}
        body = {"metadata": metadata, "spec": {"suspend": suspend}, "status": {"phase": phase}}
        self.index.note(key, body)
        self.queue.add(*key)
        return key

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        follower = LogFollower(cast("Any", None), self.queue.add)
        reconciler = cast("Reconciler", self.recorder)
        task = asyncio.create_task(self.passes.run(reconciler, follower, _at_once))
        await _turns()
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _at_once() -> None:
    return None


async def _turns() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


@pytest.mark.parametrize("suspend", [False, True])
async def test_those_that_wait_are_accepted_while_another_pass_lasts(suspend):
    desk = Desk()
    desk.recorder.held_up = {desk.add("running", phase="Running")}
    waiting = [desk.add(f"waiting-{n}", suspend=suspend) for n in range(20)]

    async with desk.working():
        assert sorted(desk.recorder.seen) == sorted([RUNNING, *waiting])
        assert list(desk.recorder.under_way) == [RUNNING]


async def test_what_runs_or_may_begin_is_looked_at_alone():
    desk = Desk()
    first = desk.add("a", phase="Running")
    others = {desk.add("b", phase="Running"), desk.add("c", phase="Succeeded")}
    desk.recorder.held_up = {first}

    async with desk.working():
        assert list(desk.recorder.under_way) == [first]
        assert desk.recorder.under_way[first].alone
        desk.recorder.let_go.set()
        await _turns()
        assert set(desk.recorder.seen) == {first} | others


async def test_so_many_passes_at_a_time_and_no_more():
    desk = Desk()
    desk.index.note(RUNNING, {"metadata": {"uid": "r"}, "status": {"phase": "Running"}})
    desk.recorder.held_up = {desk.add(f"waiting-{n}") for n in range(20)}

    async with desk.working():
        assert len(desk.recorder.under_way) == AT_A_TIME
        assert not any(hints.alone for hints in desk.recorder.under_way.values())


async def test_those_that_are_set_aside_leave_the_others_their_passes():
    """Fifteen experiments as large as etcd allows stood in the way of everybody's."""
    desk = Desk()
    large = {desk.add(f"large-{n:02}") for n in range(15)}
    for key in large:
        desk.unwritten.refused(key, key[1], "500 too large", 0.0, waits=True)
    running = desk.add("running", phase="Running")
    desk.recorder.held_up = {running, *sorted(large)[:1]}

    async with desk.working():
        assert set(desk.recorder.seen) == {running, *large}
        assert {hints.alone for key, hints in desk.recorder.under_way.items() if key in large} == {
            False
        }


async def test_each_that_is_set_aside_does_not_wake_those_that_are():
    """Fifteen that were set aside one after the other were each tried fifteen times."""
    desk = Desk()
    aside = [desk.add(f"large-{n:02}") for n in range(15)]
    now = time.time()
    for key in aside:
        desk.unwritten.refused(key, key[1], "500", now - AHEAD_FOR - 1, waits=True)

    class Forgets(Recorder):
        async def reconcile(self, key: Key, now: float, hints: Hints) -> float:  # type: ignore[override]
            await super().reconcile(key, now, hints)
            if key not in aside:
                desk.unwritten.refused(key, key[1], "500", now - AHEAD_FOR - 1, waits=True)
            return 3600.0

    desk.recorder = Forgets()
    others = [desk.add(f"other-{n}") for n in range(3)]

    async with desk.working():
        assert sorted(desk.recorder.seen) == sorted([*aside, *others])


@pytest.mark.parametrize(
    ("error", "seconds"), [(UnavailableError("away"), "RETRY"), (ValueError(), "AFTER_BREAKDOWN")]
)
async def test_a_pass_that_fails_is_tried_again(error, seconds, monkeypatch):
    monkeypatch.setattr(passes_module, seconds, 0.0)
    desk = Desk()
    desk.recorder.raises = error
    key = desk.add("a")

    async with desk.working():
        assert desk.recorder.seen == [key, key]


async def test_the_longest_pass_is_known():
    desk = Desk()
    assert desk.passes.longest == pytest.approx(0.0, abs=0.1)
    desk.recorder.held_up = {desk.add("a", phase="Running")}

    async with desk.working():
        await asyncio.sleep(0.2)
        assert desk.passes.longest >= 0.2
