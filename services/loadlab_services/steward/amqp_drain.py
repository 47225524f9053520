"""Is a run's RabbitMQ queue empty, and in nobody's hands?

Called when all clients are done: nothing is published any more, so a queue that once holds nothing,
neither waiting nor with a consumer, holds nothing for good. It remains to see that moment.

A passive declare is exact and at once, but tells only what waits. What a killed worker held comes
back and waits again; what a living one holds is invisible. The queue's own report counts both (see
`broker.inspection`), but tells of the past: one of before the last message says "empty" too soon.
So
the first report that is read here only serves to know another: a later one, told by the work that
the queue's process has done in between, was made after the clients were done, whatever the interval
between reports is. Asking how many wait is such work, so another report always comes.

Drained is: nothing waits, and such a later report counts nothing. RabbitMQ's prefetch, a worker
that is killed and a task that is put back change nothing about it. The price is time:
`drainSeconds` is up to one interval too long.

The plugin tells of all queues of a virtual host at once. In one that others use, with thousands of
them, that is work of its own: the longer an answer took, the longer is the pause before the next.
"""

import asyncio
import time
from typing import Final

from loadlab_services.broker.inspection import Broker, QueueReport
from loadlab_services.broker.names import dead_letter_name
from loadlab_services.steward.leftover import Leftover

# Between two looks: a report comes once per interval, and the node is under test too.
PAUSE: Final = 0.1
MOST_PAUSE: Final = 1.0
PAUSES: Final = 9  # as long as an answer took: the broker works a tenth of the time for it


class AmqpDrain:
    """The queue of one run, and the queue of its dead letters."""

    def __init__(self, broker: Broker, *, queue: str) -> None:
        self._broker = broker
        self._queue = queue
        self._looked = False
        self._first: QueueReport | None = None
        self._pause = PAUSE

    async def observe(self) -> Leftover:
        """Ask how many wait, then read the report, then count the dead letters."""
        if self._looked:
            await asyncio.sleep(self._pause)
        waiting = await self._broker.waiting(self._queue)
        if waiting is None:
            return Leftover()
        began = time.monotonic()
        report = await self._broker.report(self._queue)
        self._pause = pause_after(time.monotonic() - began)
        pending = max(waiting, report.messages if report else 0)
        drained = self._is_later(report) and pending == 0
        dead = await self._broker.waiting(dead_letter_name(self._queue))
        return Leftover(pending, dead or 0, drained)

    def _is_later(self, report: QueueReport | None) -> bool:
        """Tell whether a report was made after the first look."""
        if not self._looked:
            self._looked, self._first = True, report
            return False
        first = self._first.reductions if self._first else None
        return report is not None and report.reductions != first


def pause_after(seconds: float) -> float:
    """Return how long to leave a broker alone that took so long for its figures."""
    return min(max(PAUSE, PAUSES * seconds), MOST_PAUSE)
