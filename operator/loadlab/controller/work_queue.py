"""Which experiments to reconcile, and when: each key once, at its earliest due time."""

import asyncio
from collections.abc import Callable

Key = tuple[str, str]  # namespace, name


class WorkQueue:
    """A set of keys with due times, on the event loop's own clock."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._due: dict[Key, float] = {}
        self._changed = asyncio.Event()
        self._all_requeued = False  # since the last key was taken
        self._clock = clock or (lambda: asyncio.get_running_loop().time())

    def add(self, namespace: str, name: str, after: float = 0.0) -> None:
        """Make an experiment due, now or in so many seconds; an earlier due time wins."""
        key, due = (namespace, name), self._clock() + after
        if due < self._due.get(key, float("inf")):
            self._due[key] = due
            self._changed.set()

    def requeue(self, namespace: str, name: str, after: float) -> None:
        """Put back the key taken last; it is due at once where it missed a `requeue_all`."""
        self.add(namespace, name, 0.0 if self._all_requeued else after)

    def requeue_all(self) -> None:
        """Make every key due now: something happened that others wait for."""
        self._all_requeued = True
        self._due = dict.fromkeys(self._due, self._clock())
        self._changed.set()

    async def get(self) -> Key:
        """Wait for the next key that is due, and take it."""
        while True:
            self._changed.clear()
            key = min(self._due, key=lambda k: self._due[k], default=None)
            left = self._due[key] - self._clock() if key else None
            if key is not None and left is not None and left <= 0:
                del self._due[key]
                self._all_requeued = False
                return key
            try:
                await asyncio.wait_for(self._changed.wait(), timeout=left)
            except TimeoutError:
                continue
