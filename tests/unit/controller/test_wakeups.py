"""The queue of looks: each key once, at its earliest due time; time is the test's."""

import asyncio

from loadlab.controller.wakeups import Wakeups

A, B = ("lab", "a"), ("lab", "b")


async def test_a_key_woken_twice_is_looked_at_once():
    wakeups = Wakeups(clock=lambda: 0.0)
    wakeups.wake(*A)
    wakeups.wake(*A)
    wakeups.wake(*B)

    assert {await wakeups.next(), await wakeups.next()} == {A, B}


async def test_the_earliest_due_time_wins():
    now = 0.0
    wakeups = Wakeups(clock=lambda: now)
    wakeups.wake(*A, after=60)
    wakeups.wake(*B, after=30)
    wakeups.wake(*A, after=5)

    now = 100.0
    assert [await wakeups.next(), await wakeups.next()] == [A, B]


async def test_a_wake_interrupts_the_wait_for_a_later_one():
    wakeups = Wakeups()
    wakeups.wake(*A, after=3600)
    waiting = asyncio.create_task(wakeups.next())
    await asyncio.sleep(0)
    wakeups.wake(*B)

    assert await waiting == B


async def test_hurry_makes_everything_due():
    wakeups = Wakeups(clock=lambda: 0.0)
    wakeups.wake(*A, after=3600)
    wakeups.hurry()

    assert await wakeups.next() == A


async def test_a_key_that_was_taken_when_hurry_came_is_due_again_at_once():
    """Its pass may have read what stood in its way just before that ended."""
    wakeups = Wakeups(clock=lambda: 0.0)
    wakeups.wake(*A)
    await wakeups.next()
    wakeups.hurry()
    wakeups.wake_again(*A, after=300)

    assert await asyncio.wait_for(wakeups.next(), timeout=1) == A


async def test_a_key_that_missed_nothing_comes_when_it_asked_to():
    now = 0.0
    wakeups = Wakeups(clock=lambda: now)
    wakeups.hurry()
    wakeups.wake(*A)
    await wakeups.next()
    wakeups.wake_again(*A, after=300)
    wakeups.wake(*B, after=200)

    now = 400.0
    assert [await wakeups.next(), await wakeups.next()] == [B, A]
