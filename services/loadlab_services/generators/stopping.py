"""SIGTERM as an exception, but never while a process is being started: nobody would know it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StoppedError(Exception):
    """The pod was told to go."""


class _Stopping:
    """Whether the exception has to wait, and one does."""

    def __init__(self) -> None:
        self.is_held = self.is_due = False

    def on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        self.is_due = self.is_held
        if not self.is_held:
            raise StoppedError


_STOPPING = _Stopping()


def stop_at_sigterm() -> None:
    """From now on the main thread's work is broken off by StoppedError."""
    signal.signal(signal.SIGTERM, _STOPPING.on_signal)


@contextmanager
def held() -> Iterator[None]:
    """Keep the exception until the block has ended.

    Raises:
        StoppedError: the pod was told to go meanwhile.
    """
    _STOPPING.is_held = True
    try:
        yield
    finally:
        _STOPPING.is_held = False
    if _STOPPING.is_due:
        raise StoppedError
