"""How far data sets are loaded, as their Jobs' logs say it: read, and published with measure."""

import asyncio
from collections.abc import Callable

from pydantic import ValidationError

from loadlab.model.status import Preparation

# What the data set's Job writes: `dataset: progress {"step": "load orders", "percent": 40}`.
PROGRESS_LINE = b"dataset: progress "
INTERVAL = 2.0  # seconds between two changes that become a write of the status


class PreparationNotes:
    """The last word about each data set; published at most once in an interval, the last always."""

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._latest: dict[str, Preparation] = {}
        self._pauses: dict[str, asyncio.TimerHandle] = {}
        self.published: dict[str, Preparation] = {}

    def note(self, uid: str, preparation: Preparation, requeue: Callable[[], None]) -> None:
        """Remember it; publish it and `requeue`, now or when the interval is over."""
        self._latest[uid] = preparation
        if uid not in self._pauses:
            self._publish(uid, requeue)

    def forget(self, uid: str) -> None:
        """Forget a pod that is gone."""
        self._latest.pop(uid, None)
        self.published.pop(uid, None)
        if pause := self._pauses.pop(uid, None):
            pause.cancel()

    def _publish(self, uid: str, requeue: Callable[[], None]) -> None:
        self.published[uid] = self._latest[uid]
        loop = asyncio.get_running_loop()
        self._pauses[uid] = loop.call_later(self._interval, self._go_on, uid, requeue)
        requeue()

    def _go_on(self, uid: str, requeue: Callable[[], None]) -> None:
        del self._pauses[uid]
        if self._latest[uid] != self.published[uid]:
            self._publish(uid, requeue)


def read_preparation(line: bytes) -> Preparation | None:
    """Return what a line of the log says about the loading; None where it is about other things."""
    if not line.startswith(PROGRESS_LINE):
        return None
    try:
        return Preparation.model_validate_json(line.removeprefix(PROGRESS_LINE))
    except ValidationError:
        return None  # of another release's image: the loading goes on without being shown
