"""All pods of a run leave the gate together, with one answer, or are told who is missing."""

import asyncio

import pytest

from loadlab_services.steward.errors import PodsDifferError, PodsMissingError
from loadlab_services.steward.gate import Gate


class Preparation:
    """Counts how often the work behind the gate was done; the first `failures` times it fails."""

    def __init__(self, failures: int = 0) -> None:
        self.done = 0
        self.failures = failures

    async def __call__(self, everyone: asyncio.Event) -> int:
        self.done += 1
        if self.done <= self.failures:
            raise ConnectionError("the store is away")
        await everyone.wait()
        return self.done


def enter(gate: Gate[int], pod: int, *, pods: int = 2, timeout: float = 60) -> "asyncio.Task[int]":
    return asyncio.create_task(gate.enter(pod, pods=pods, timeout=timeout))


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_the_first_pod_waits_and_the_last_releases_all_at_once() -> None:
    gate = Gate(run="r", pods=2, work=Preparation())
    first = enter(gate, 0)
    await settle()
    assert not first.done()
    second = enter(gate, 1)
    await settle()
    assert (await first, await second) == (1, 1)


async def test_the_work_begins_with_the_first_pod_and_is_done_once() -> None:
    work = Preparation()
    gate = Gate(run="r", pods=3, work=work)
    tasks = [enter(gate, 0, pods=3)]
    await settle()
    assert work.done == 1
    tasks += [enter(gate, pod, pods=3) for pod in (1, 2)]
    assert await asyncio.gather(*tasks) == [1, 1, 1]


async def test_a_pod_that_asks_again_is_one_pod_and_gets_the_same_answer() -> None:
    gate = Gate(run="r", pods=2, work=Preparation())
    asked_twice = [enter(gate, 0), enter(gate, 0)]
    await settle()
    assert gate.missing == [1]
    await enter(gate, 1)
    assert await asyncio.gather(*asked_twice, enter(gate, 0)) == [1, 1, 1]


async def test_who_waited_in_vain_is_told_who_is_missing() -> None:
    gate = Gate(run="r", pods=3, work=Preparation())
    early = enter(gate, 0, pods=3)
    with pytest.raises(PodsMissingError, match=r"waited 0\.01 s in vain for pods 1"):
        await gate.enter(2, pods=3, timeout=0.01)
    early.cancel()
    await gate.close()


async def test_a_pod_that_gave_up_no_longer_counts_as_present() -> None:
    gate = Gate(run="r", pods=2, work=Preparation())
    with pytest.raises(PodsMissingError):
        await gate.enter(0, pods=2, timeout=0.001)
    late = enter(gate, 1)
    await settle()
    assert not late.done()
    assert (await enter(gate, 0), await late) == (1, 1)


async def test_failed_work_is_done_again_for_whoever_asks_again() -> None:
    work = Preparation(failures=1)
    gate = Gate(run="r", pods=1, work=work)
    with pytest.raises(ConnectionError):
        await gate.enter(0, pods=1, timeout=1)
    assert await gate.enter(0, pods=1, timeout=1) == 2


async def test_pods_that_disagree_about_their_number_are_refused() -> None:
    gate = Gate(run="r", pods=2, work=Preparation())
    with pytest.raises(PodsDifferError, match="run r has 2 pods, this caller says 3"):
        await gate.enter(0, pods=3, timeout=1)
