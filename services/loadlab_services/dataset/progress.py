"""Tells how far the loading is, line by line, for whoever reads the Job's log.

`progress {"step": "load orders", "percent": 40, "message": "..."}`: the operator shows the last of
these lines in the experiment's status.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

Say = Callable[[str], None]

KEYS: Final = "create keys and indexes"
CHECK: Final = "check the rows"
VACUUM: Final = "vacuum, analyze and checkpoint"
# Shares of the time that a large data set takes, roughly, so that percent moves evenly.
_FILLING: Final = 46
_AFTERWARDS: Final = {KEYS: 44, CHECK: 5, VACUUM: 5}


class Progress:
    """Says where the loading of tables with so many rows stands."""

    def __init__(self, say: Say, rows: dict[str, int]) -> None:
        self._say = say
        shares = {
            f"load {table}": _FILLING * count / sum(rows.values()) for table, count in rows.items()
        }
        self._shares = shares | _AFTERWARDS
        self._started = time.perf_counter()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Say that a step begins, and how long it took."""
        self.reached(name, 0, 1)
        with step(name, self._say):
            yield

    def reached(self, name: str, done: int, of: int, *, what: str = "") -> None:
        """Say how much of a step is done; `what` are the things counted, where they matter."""
        steps = list(self._shares)
        before = sum(self._shares[step] for step in steps[: steps.index(name)])
        percent = int(before + self._shares[name] * done / of)
        message = f"{done:,} of {of:,} {what}" if what else ""
        self._publish(name, percent, message)

    def finished(self, what: str) -> None:
        """Say that everything is there, and how long it took."""
        self._publish("ready", 100, f"{what} in {time.perf_counter() - self._started:.1f} s")

    def _publish(self, name: str, percent: int, message: str) -> None:
        stand = {"step": name, "percent": percent, "message": message}
        self._say(f"progress {json.dumps(stand)}")


@contextmanager
def step(name: str, say: Say) -> Iterator[None]:
    """Say how long a step took."""
    started = time.perf_counter()
    yield
    say(f"{name}: {time.perf_counter() - started:.2f} s")
