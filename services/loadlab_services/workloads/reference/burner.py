"""Burns CPU of the thread that calls, to the microsecond.

The thread's own CPU time is asked (CLOCK_THREAD_CPUTIME_ID), so that waiting for a CPU does not
count as burning. The last look at the clock comes too late, and its price is paid once more: both
are measured, once in a process, and left out of what is burnt.
"""

import time
from functools import cache
from statistics import median
from typing import Final

_SAMPLES: Final = 201
_TRIAL_NANOS: Final = 20_000


def burn(micros: int) -> None:
    """Use `micros` µs of this thread's CPU; none for 0."""
    if micros > 0:
        _burn_nanos(micros * 1000 - overshoot_nanos())


@cache
def overshoot_nanos() -> int:
    """Return how many ns more than asked for are burnt; the first call measures it, for 5 ms."""
    return max(0, round(median(_overshoot() for _ in range(_SAMPLES))))


def _overshoot() -> int:
    started = time.thread_time_ns()
    _burn_nanos(_TRIAL_NANOS)
    ended = time.thread_time_ns()
    return ended - started - _TRIAL_NANOS


def _burn_nanos(nanos: int) -> None:
    end = time.thread_time_ns() + nanos
    while time.thread_time_ns() < end:
        pass
