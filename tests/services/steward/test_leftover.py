"""Waiting for several queues at once: the last one counts, and what is left is added up."""

import time

import pytest

from loadlab_services.steward.leftover import Leftover, wait_for_drain

DRAINED = Leftover(dead_lettered=2)
WAITING = Leftover(pending=3, dead_lettered=1, drained=False)


class Queue:
    """A drain that gives these answers, and the last of them for ever."""

    def __init__(self, *answers: Leftover) -> None:
        self._answers = list(answers)

    async def observe(self) -> Leftover:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest.mark.parametrize(
    ("queues", "left"),
    [
        pytest.param([], Leftover(), id="no queue at all"),
        pytest.param([Queue(DRAINED), Queue(DRAINED)], Leftover(0, 4), id="all drained at once"),
        pytest.param([Queue(WAITING, DRAINED), Queue(DRAINED)], Leftover(0, 4), id="one is later"),
        pytest.param(
            [Queue(WAITING), Queue(WAITING)], Leftover(6, 2, drained=False), id="none in time"
        ),
    ],
)
async def test_the_wait_ends_when_all_are_drained_or_the_time_is_up(
    queues: list[Queue], left: Leftover
) -> None:
    assert await wait_for_drain(queues, until=time.monotonic() + 0.05) == left
