"""What a run's queues still hold, and the wait until they hold nothing. Knows no store."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

POLL: Final = 0.02


@dataclass(frozen=True, slots=True)
class Leftover:
    """What was accepted and has not become a row, at one moment."""

    pending: int = 0  # accepted, and not persisted yet
    dead_lettered: int = 0  # given up on; it will not be persisted any more
    drained: bool = True  # nothing waits and nothing is in a worker's hands


class Drain(Protocol):
    """One queue between the service and its table."""

    async def observe(self) -> Leftover:
        """Ask the queue's store; a store that is away raises one of `stores.STORE_ERRORS`."""


async def wait_for_drain(drains: Sequence[Drain], *, until: float) -> Leftover:
    """Ask until all are drained or the clock says `until`, and give the last answer."""
    while True:
        found = _add_up([await drain.observe() for drain in drains])
        if found.drained or time.monotonic() >= until:
            return found
        await asyncio.sleep(POLL)


def _add_up(found: Sequence[Leftover]) -> Leftover:
    return Leftover(
        pending=sum(one.pending for one in found),
        dead_lettered=sum(one.dead_lettered for one in found),
        drained=all(one.drained for one in found),
    )
