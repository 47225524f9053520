"""A board for processes without a common launcher: a file, and in it a place for each.

`uvicorn --workers 4` starts four interpreters that know nothing of one another. Each takes a place
of the file by a lock, which the kernel takes back when the process ends: its replacement goes on
counting in the same cells. Whoever comes while nobody else lives wipes what an earlier container
left in /tmp.
"""

import fcntl
import mmap
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from loadlab_services.instruments.cells import Board, Meter, row_bytes
from loadlab_services.instruments.trace_slots import SLOT_BYTES, TraceSlot, slots_of

PLACES: Final = 64


class BoardFullError(RuntimeError):
    """More processes than a board has places."""


def join_board(path: Path, *, traced: bool = False) -> tuple[Board, Meter]:
    """Give this process its place on the board in `path`, for as long as it lives."""
    # By process: a fork inherits the module's memory, but not the lock.
    return _join(path, os.getpid(), traced=traced)


@cache
def _join(path: Path, _pid: int, *, traced: bool) -> tuple[Board, Meter]:
    size = PLACES * row_bytes()
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.lockf(file, fcntl.LOCK_EX, 1, size)  # one at a time: a byte behind the places
        os.ftruncate(file, size)
        memory = mmap.mmap(file, size)
        place = _take_place(file, memory)
        fcntl.lockf(file, fcntl.LOCK_UN, 1, size)
    except BaseException:
        os.close(file)
        raise
    # The file stays open: closing it would give the place back.
    traces = _trace_slots(path.with_name(f"{path.name}-traces")) if traced else ()
    board = Board(processes=PLACES, memory=memory, traces=traces)
    return board, board.meter(place)


def _trace_slots(path: Path) -> Sequence[TraceSlot]:
    """Lay out the traces in a file of their own; who takes a place writes over what is there."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.ftruncate(file, PLACES * SLOT_BYTES)
        return slots_of(PLACES, mmap.mmap(file, PLACES * SLOT_BYTES))
    finally:
        os.close(file)


def _take_place(file: int, memory: mmap.mmap) -> int:
    row, size = row_bytes(), len(memory)
    if _lock(file, start=0, length=size):
        memory[:] = bytes(size)
        fcntl.lockf(file, fcntl.LOCK_UN, size - row, row)
        return 0
    for place in range(PLACES):
        if _lock(file, start=place * row, length=row):
            return place
    raise BoardFullError(
        f"{PLACES} processes count on this board already: start fewer workers, or give each "
        "service an INSTRUMENTS_PORT of its own"
    )


def _lock(file: int, *, start: int, length: int) -> bool:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)
    except OSError:
        return False
    return True
