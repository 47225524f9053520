"""Logs in bounded memory: what a pod prints without end is passed over, and costs no more."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Callable

import pytest

from loadlab.kube.log_lines import (
    KEPT_LINES,
    LAST_LINES,
    LINE_LIMIT_BYTES,
    RESULT_LIMIT_BYTES,
    RESULT_START,
    last_of,
    lines_of,
    read_back,
)

PIECE = 64 * 1024
RESULT = b'{"loadlab_result":{"version":1}}'
ACCOUNT = b'{"loadlab_account":{"drained":true}}'


async def repeated(
    first: bytes, piece: bytes, count: int, last: bytes = b""
) -> AsyncIterator[bytes]:
    yield first
    for _ in range(count):
        yield piece
    yield last


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def count_lines(log: AsyncIterator[bytes]) -> int:
    count = 0
    async for _ in lines_of(log):
        count += 1
    return count


HOSTILE: dict[str, Callable[[], AsyncIterator[bytes]]] = {
    "a result that never ends": lambda: repeated(RESULT_START, b"x" * PIECE, 1000),
    "a line that never ends": lambda: repeated(b"", b"x" * PIECE, 1000),
    "empty lines": lambda: repeated(b"", b"\n" * 1000, 100),
    "a byte at a time": lambda: repeated(RESULT_START, b"x", 40_000),
    "results without number": lambda: repeated(b"", RESULT + b"\n", 20_000),
    "accounts without number": lambda: repeated(b"", ACCOUNT + b"\n", 20_000),
}


@pytest.mark.parametrize("log", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    ("reader", "most"),
    [
        (read_back, 4 * RESULT_LIMIT_BYTES),
        (count_lines, 16 * LINE_LIMIT_BYTES),
        (last_of, 3 * LAST_LINES * LINE_LIMIT_BYTES),
    ],
    ids=["read back", "followed", "last lines"],
)
def test_a_hostile_log_is_read_in_bounded_memory(log, reader, most):
    tracemalloc.start()
    asyncio.run(reader(log()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < most


async def test_each_line_is_cut_at_its_limit_and_the_next_one_is_whole():
    long = b"x" * (3 * LINE_LIMIT_BYTES)
    found = [line async for line in lines_of(pieces(long[:PIECE], long[PIECE:] + b"\n", b"next\n"))]

    assert [len(line) for line in found] == [LINE_LIMIT_BYTES, 4]


async def test_the_middle_of_a_long_line_is_no_line_of_its_own():
    log = pieces(b"x" * LINE_LIMIT_BYTES, RESULT_START, b"x\n")

    assert await count_lines(log) == 1
    assert await read_back(pieces(b"x" * LINE_LIMIT_BYTES, RESULT, b"\n")) == ""


async def test_of_a_log_read_back_the_last_result_and_the_other_lines_of_ours_are_kept():
    checkpoint = b'{"loadlab_result":{"complete":false}}'
    progress = b'{"loadlab_progress":{"seconds":1}}'
    lines = [b"level=info", progress, checkpoint, ACCOUNT, b"{}", RESULT, b"", progress]

    assert (await read_back(pieces(b"\n".join(lines)))).splitlines() == [
        ACCOUNT.decode(),
        RESULT.decode(),
    ]


async def test_the_last_lines_of_ours_are_kept_where_there_are_too_many():
    log = [b'{"loadlab_snapshot":{"number":%d}}\n' % n for n in range(3 * KEPT_LINES)]

    kept = (await read_back(pieces(*log))).splitlines()

    assert len(kept) == KEPT_LINES
    assert kept[-1] == log[-1].decode().strip()


async def test_a_result_cut_off_while_it_was_written_is_handed_on_to_be_named():
    assert await read_back(pieces(RESULT[:25])) == RESULT[:25].decode()


async def test_a_long_result_is_whole_when_read_back():
    result = RESULT_START + b'"' + b"x" * (20 * LINE_LIMIT_BYTES) + b'"}'
    parts = [result[i : i + PIECE] for i in range(0, len(result), PIECE)]

    assert await read_back(pieces(*parts, b"\n")) == result.decode()


async def test_only_lines_with_the_runs_token_are_ours():
    """An answer of the service that the script quotes may begin a line with whatever it likes."""
    log = [RESULT, ACCOUNT, b"t-2 " + RESULT, b"t-1" + RESULT, b"t-1 " + ACCOUNT, b"t-1  " + RESULT]

    assert await read_back(pieces(b"\n".join(log)), "t-1") == f"t-1 {ACCOUNT.decode()}"


async def test_a_long_result_with_a_token_is_whole_and_one_without_it_is_not_kept():
    result = RESULT_START + b'"' + b"x" * (20 * LINE_LIMIT_BYTES) + b'"}'
    log = b"t-1 " + result + b"\n" + result + b"\n"
    parts = [log[i : i + PIECE] for i in range(0, len(log), PIECE)]

    assert await read_back(pieces(*parts), "t-1") == "t-1 " + result.decode()


async def test_the_last_lines_leave_out_what_a_generator_reports():
    progress = b'{"loadlab_progress":{"seconds":1}}'
    said = [f"line {number}".encode() for number in range(LAST_LINES + 1)]
    lines = [*said[:-1], RESULT, *[b"t-1 " + progress] * 100, said[-1], b"", ACCOUNT]

    found = await last_of(pieces(b"\n".join(lines)))

    assert found == tuple(line.decode() for line in said[1:])
