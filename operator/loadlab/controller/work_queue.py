"""Which experiments to reconcile, and when: each key once, at its earliest due time.

A key that was taken is not handed out again until it is done: however many passes there are at a
time, no two are of the same experiment.
"""

import asyncio
from collections.abc import Callable, Set

Key = tuple[str, str]  # namespace, name


class WorkQueue:
    """A set of keys with due times, on the event loop's own clock."""

    def __init__(
        self,
        clock: Callable[[], float] | None = None,
        first: Callable[[], Set[Key]] = frozenset,
    ) -> None:
        self._first = first  # of those that are due, these come before the others
        self._due: dict[Key, float] = {}
        self._taken: dict[Key, bool] = {}  # whether a `requeue_all` came since
        self._changed = asyncio.Event()
        self._clock = clock or (lambda: asyncio.get_running_loop().time())

    def add(self, namespace: str, name: str, after: float = 0.0) -> None:
        """Make an experiment due, now or in so many seconds; an earlier due time wins."""
        key, due = (namespace, name), self._clock() + after
        if due < self._due.get(key, float("inf")):
            self._due[key] = due
            self._changed.set()

    def done(self, key: Key, after: float | None) -> None:
        """End what `get` began; the key is due again in so many seconds, or only when added.

        It is due at once where it missed a `requeue_all`.
        """
        missed = self._taken.pop(key)
        if after is not None:
            self.add(*key, 0.0 if missed else after)
        self._changed.set()

    def requeue_all(self, but: Set[Key] = frozenset()) -> None:
        """Make every key due now: something happened that others wait for.

        `but` are those for which it changes nothing, as they wait for nobody.
        """
        now = self._clock()
        self._taken = {key: missed or key not in but for key, missed in self._taken.items()}
        self._due = {key: due if key in but else now for key, due in self._due.items()}
        self._changed.set()

    def _next(self) -> Key | None:
        """Return who is due first, or due and before all others."""
        free, now = [key for key in self._due if key not in self._taken], self._clock()
        before = (key for key in self._first() if self._due.get(key, now + 1) <= now)
        urgent = next((key for key in before if key not in self._taken), None)
        return urgent or min(free, key=lambda key: self._due[key], default=None)

    async def get(self) -> Key:
        """Wait for the next key that is due, and take it until it is done."""
        while True:
            self._changed.clear()
            key = self._next()
            left = self._due[key] - self._clock() if key else None
            if key is not None and left is not None and left <= 0:
                del self._due[key]
                self._taken[key] = False
                self._changed.set()  # others who wait may have slept through what came with it
                return key
            try:
                await asyncio.wait_for(self._changed.wait(), timeout=left)
            except TimeoutError:
                continue
