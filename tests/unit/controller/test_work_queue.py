"""The queue of looks: each key once, at its earliest due time; time is the test's."""

import asyncio

import pytest

from loadlab.controller.work_queue import WorkQueue

A, B = ("lab", "a"), ("lab", "b")


async def test_a_key_woken_twice_is_looked_at_once():
    work_queue = WorkQueue(clock=lambda: 0.0)
    work_queue.add(*A)
    work_queue.add(*A)
    work_queue.add(*B)

    assert {await work_queue.get(), await work_queue.get()} == {A, B}


async def test_the_earliest_due_time_wins():
    now = 0.0
    work_queue = WorkQueue(clock=lambda: now)
    work_queue.add(*A, after=60)
    work_queue.add(*B, after=30)
    work_queue.add(*A, after=5)

    now = 100.0
    assert [await work_queue.get(), await work_queue.get()] == [A, B]


async def test_a_wake_interrupts_the_wait_for_a_later_one():
    work_queue = WorkQueue()
    work_queue.add(*A, after=3600)
    waiting = asyncio.create_task(work_queue.get())
    await asyncio.sleep(0)
    work_queue.add(*B)

    assert await waiting == B


async def test_requeue_all_makes_everything_due():
    work_queue = WorkQueue(clock=lambda: 0.0)
    work_queue.add(*A, after=3600)
    work_queue.requeue_all()

    assert await work_queue.get() == A


async def test_who_waits_for_nobody_is_left_out_of_a_requeue_of_all():
    now = 0.0
    work_queue = WorkQueue(clock=lambda: now)
    work_queue.add(*A, after=60)
    work_queue.add(*B, after=90)
    work_queue.requeue_all(but={A})
    assert await work_queue.get() == B
    work_queue.done(B, after=90)

    now = 60.0
    assert await work_queue.get() == A
    work_queue.requeue_all(but={A})
    work_queue.done(A, after=60)
    assert await work_queue.get() == B
    work_queue.done(B, after=3600)
    now = 119.0
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(work_queue.get(), timeout=0.01)


async def test_a_key_that_was_taken_at_a_requeue_of_all_is_due_again_at_once():
    """Its pass may have read what stood in its way just before that ended."""
    work_queue = WorkQueue(clock=lambda: 0.0)
    work_queue.add(*A)
    await work_queue.get()
    work_queue.requeue_all()
    work_queue.done(A, after=300)

    assert await asyncio.wait_for(work_queue.get(), timeout=1) == A


async def test_a_key_that_missed_nothing_comes_when_it_asked_to():
    now = 0.0
    work_queue = WorkQueue(clock=lambda: now)
    work_queue.requeue_all()
    work_queue.add(*A)
    await work_queue.get()
    work_queue.done(A, after=300)
    work_queue.add(*B, after=200)

    now = 400.0
    assert [await work_queue.get(), await work_queue.get()] == [B, A]


async def test_a_key_is_taken_once_until_it_is_done():
    work_queue = WorkQueue(clock=lambda: 0.0)
    work_queue.add(*A)
    await work_queue.get()
    work_queue.add(*A)
    work_queue.add(*B)

    assert await work_queue.get() == B
    again = asyncio.create_task(work_queue.get())
    await asyncio.sleep(0)
    assert not again.done()
    work_queue.done(A, after=None)
    assert await asyncio.wait_for(again, timeout=1) == A


async def test_all_that_were_taken_at_a_requeue_of_all_are_due_again():
    work_queue = WorkQueue(clock=lambda: 0.0)
    for key in (A, B):
        work_queue.add(*key)
        await work_queue.get()
    work_queue.requeue_all()
    for key in (A, B):
        work_queue.done(key, after=300)

    assert {await work_queue.get(), await work_queue.get()} == {A, B}


async def test_whoever_is_at_the_front_comes_before_all_that_are_due():
    """Two hundred that wait say anew how many are ahead, while the next one could begin."""
    now = 0.0
    first = {B}
    work_queue = WorkQueue(clock=lambda: now, first=lambda: first)
    work_queue.add(*A)
    work_queue.add(*B, after=5)
    assert await work_queue.get() == A  # the other is not due yet
    work_queue.done(A, after=0)

    now = 6.0
    assert [await work_queue.get(), await work_queue.get()] == [B, A]
