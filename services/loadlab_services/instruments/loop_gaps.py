"""When the event loop did not come round: its own timer tells, as it fires that late."""

import asyncio
import heapq
import time
from typing import Final

GAP_PERIOD: Final = 0.002  # s
NOTED_FROM: Final = 0.005  # s of lateness: a shorter one is a turn of the loop like any other
MOST_GAPS: Final = 50


class LoopGaps:
    """The times in which callbacks kept a loop from all others, for as long as it is watched."""

    def __init__(self) -> None:
        self._until = 0.0
        self._due = 0.0
        self._found: list[tuple[float, float]] = []  # begin and length

    def watch(self, seconds: float) -> None:
        """Watch the running loop for so long."""
        self._until = time.monotonic() + seconds
        self._next(time.monotonic())

    def longest(self) -> list[tuple[float, float]]:
        """Return the longest ones, in their order."""
        return sorted(heapq.nlargest(MOST_GAPS, self._found, key=lambda gap: gap[1]))

    def _next(self, moment: float) -> None:
        self._due = moment + GAP_PERIOD
        asyncio.get_running_loop().call_later(GAP_PERIOD, self._tick)

    def _tick(self) -> None:
        moment = time.monotonic()
        if moment - self._due > NOTED_FROM:
            self._found.append((self._due, moment - self._due))
        if moment < self._until:
            self._next(moment)
