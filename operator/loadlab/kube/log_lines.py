"""Logs as lines, in bounded memory: whoever writes one, in whatever pieces it comes.

A pod may print what it likes, without a newline and without end. Every line is kept up to a limit
and passed over from there on; each byte is looked at once.
"""

import re
from collections import deque
from collections.abc import AsyncIterator, Iterator

from loadlab.measurement.documents import RESULT_KEY

LINE_LIMIT_BYTES = 64 * 1024
"""Of any line but a result: a snapshot of 64 workers and two stores is 12 KB long."""
RESULT_LIMIT_BYTES = 8 * 1024 * 1024
"""Of a result: a scenario's 200 names and classes with two histograms of 8 KB each are 3.2 MB, and
the 70 bytes a second of its series, for six hours, 1.5 MB more."""
KEPT_LINES = 64
"""Of a log read back: two snapshots, freshness and an account for a pod, with room for checkpoints
and for what a script prints."""

TAIL_LINES = 200
"""Asked for when a pod's last words are wanted: a generator reports its progress between them, and
a line a second for the usual graceful stop and drain is 150."""
TAIL_BYTES = 1024 * 1024
"""Of those lines in all."""
LAST_LINES = 40
"""Kept of them: a traceback has some twenty."""
TAIL = (("tailLines", str(TAIL_LINES)), ("limitBytes", str(TAIL_BYTES)))

RESULT_START = f'{{"{RESULT_KEY}":'.encode()
_REPORT = re.compile(rb'^(?:\S+ )?\{"loadlab_\w+":')  # with or without a run's token
_OURS = re.compile(rb'\{"loadlab_(?!progress")\w+":')


class LineSplitter:
    """Puts lines together from pieces; of each as much as its limit allows."""

    def __init__(
        self, result_start: bytes = RESULT_START, result_limit: int = LINE_LIMIT_BYTES
    ) -> None:
        self._result_start, self._result_limit = result_start, result_limit
        self._line = bytearray()

    @property
    def rest(self) -> bytes:
        """What came of a line that has not ended."""
        return bytes(self._line)

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield the lines that a piece completes."""
        *ends, rest = piece.split(b"\n")
        for end in ends:
            self._keep(end)
            yield bytes(self._line)
            self._line.clear()
        self._keep(rest)

    def _keep(self, part: bytes) -> None:
        length = len(self._result_start)
        start = bytes(self._line[:length]) + part[:length]
        limit = self._result_limit if start.startswith(self._result_start) else LINE_LIMIT_BYTES
        self._line += part[: max(limit - len(self._line), 0)]


async def lines_of(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the complete lines of a log as they come, each cut at LINE_LIMIT_BYTES."""
    splitter = LineSplitter()
    async for piece in pieces:
        for line in splitter.feed(piece):
            yield line


async def read_back(pieces: AsyncIterator[bytes], token: str = "") -> str:
    """Return what a generator's log holds for us: the last result and the last other lines.

    Ours begin with the run's token. Progress is left out, and so is what others print between.
    """
    before = token_bytes(token)
    splitter, result = LineSplitter(before + RESULT_START, RESULT_LIMIT_BYTES), b""
    others: deque[bytes] = deque(maxlen=KEPT_LINES)
    async for piece in pieces:
        for line in splitter.feed(piece):
            result = _kept(line, before, others) or result
    result = _kept(splitter.rest, before, others) or result  # of one who was stopped while it wrote
    return b"\n".join([*others, *filter(None, [result])]).decode(errors="replace")


async def last_of(pieces: AsyncIterator[bytes]) -> tuple[str, ...]:
    """Return the last lines of a log but for those by which a generator reports to us."""
    splitter, lines = LineSplitter(), deque[bytes](maxlen=LAST_LINES)
    async for piece in pieces:
        lines.extend(filter(_is_said, splitter.feed(piece)))
    lines.extend(filter(_is_said, (splitter.rest,)))
    return tuple(line.decode(errors="replace") for line in lines)


def _is_said(line: bytes) -> bool:
    return bool(line.strip()) and not _REPORT.match(line)


def token_bytes(token: str) -> bytes:
    """Return what comes before the object in each line of a run's generator."""
    return f"{token} ".encode() if token else b""


def _kept(line: bytes, before: bytes, others: deque[bytes]) -> bytes:
    """Return a result; put another line of ours to the others."""
    if line.startswith(before + RESULT_START):
        return line
    if line.startswith(before) and _OURS.match(line, len(before)):
        others.append(line)
    return b""
