"""Whether a pod's kernel answers all through a run: real sockets, a kernel that falls silent."""

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from loadlab_services.instruments.server import MOST_HELD, InstrumentsServer, start_server
from loadlab_services.steward import reach
from loadlab_services.steward.reach import ESTABLISHED, LAST_ACK, PodWatch, Reach, last_heard

RUN = "shop-001-a1"


class Source:
    """Instruments with nothing to tell."""

    def snapshot(self) -> dict[str, Any]:
        return {}

    def metrics(self) -> str:
        return ""

    def trace(self) -> None: ...


@pytest.fixture
def instruments() -> Iterator[InstrumentsServer]:
    with start_server(0, Source(), host="127.0.0.1") as server:
        yield server


def url_of(server: InstrumentsServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


@contextmanager
def kernel_silent(*, since: float, until: float) -> Iterator[None]:
    """TCP_INFO of a kernel that is silent between two moments, in seconds from now."""
    began = time.monotonic()

    def last(_: socket.socket) -> tuple[int, float]:
        passed = time.monotonic() - began
        return ESTABLISHED, passed - since if since < passed < until else 0.0

    patched = pytest.MonkeyPatch()
    patched.setattr(reach, "last_heard", last)
    patched.setattr(reach, "LOOKS_EVERY", 0.01)
    patched.setattr(reach, "TOLD_FROM", 0.2)
    try:
        yield
    finally:
        patched.undo()


async def told_after(server_url: str, seconds: float) -> dict[str, dict[str, float]]:
    listening = Reach()
    await listening.begin(RUN, {"service": server_url})
    await asyncio.sleep(seconds)
    told = listening.told(RUN)
    await listening.end(RUN)
    assert listening.told(RUN) == told  # what was told of a run stays
    await listening.close()
    return told


async def test_a_kernel_answers_though_no_process_does(instruments):
    """Who asks is the kernel, once a second: for three seconds nothing is read by the process."""
    watch = PodWatch(url_of(instruments))
    connection = await watch._hold()
    with closing(connection):
        await asyncio.sleep(3)
        state, ago = last_heard(connection)

    assert state == ESTABLISHED
    assert 0 <= ago < 1.5


async def test_the_server_answers_others_while_it_holds_connections(instruments):
    held = [await PodWatch(url_of(instruments))._hold() for _ in range(MOST_HELD + 1)]
    reader, writer = await asyncio.open_connection("127.0.0.1", instruments.server_port)
    writer.write(b"GET /snapshot HTTP/1.0\r\n\r\n")
    answer = await reader.read()
    writer.close()

    assert b"200 OK" in answer
    states = [last_heard(each)[0] for each in held]
    assert states[1:] == [ESTABLISHED] * MOST_HELD
    assert states[0] != ESTABLISHED  # the oldest of too many is let go
    for each in held:
        each.close()


async def test_a_silence_is_told_with_its_begin(instruments):
    before = time.time()
    with kernel_silent(since=0.3, until=0.8):
        told = await told_after(url_of(instruments), 1.0)

    assert told["service"]["seconds"] == pytest.approx(0.5, abs=0.1)
    assert told["service"]["since"] - before == pytest.approx(0.3, abs=0.1)


async def test_what_is_heard_all_along_is_not_told(instruments):
    with kernel_silent(since=0.3, until=0.45):
        assert await told_after(url_of(instruments), 0.8) == {}


async def test_a_watcher_that_did_not_look_accuses_nobody(instruments):
    """The steward's own process stood still, and the kernels spoke meanwhile."""
    with kernel_silent(since=0, until=0):
        listening = Reach()
        await listening.begin(RUN, {"service": url_of(instruments)})
        await asyncio.sleep(0.1)
        time.sleep(0.5)  # noqa: ASYNC251 (nothing runs in this loop: that is what is tested)
        await asyncio.sleep(0.1)
        told = listening.told(RUN)
        await listening.close()

    assert told == {}


async def test_older_instruments_are_asked_once_and_not_held_up():
    asked: list[bytes] = []

    def refuse(listener: socket.socket) -> None:
        with suppress_closed():
            while True:
                connection, _ = listener.accept()
                asked.append(connection.recv(1024))
                connection.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n")
                connection.close()

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        threading.Thread(target=refuse, args=(listener,), daemon=True).start()
        told = await told_after(f"http://127.0.0.1:{listener.getsockname()[1]}", 1.5)

    assert told == {}
    assert len(asked) == 1


@contextmanager
def suppress_closed() -> Iterator[None]:
    try:
        yield
    except OSError:
        return


async def test_a_name_that_is_nobodys_is_not_listened_to():
    assert await told_after("http://nobody.invalid:9000", 0.05) == {}


def test_the_last_answer_is_where_linux_puts_it():
    """struct tcp_info: eight bytes, then u32; last_ack_recv is the 13th."""
    info = bytes([ESTABLISHED]) + bytes(7) + struct.pack("13I", *range(12), 1500)

    class Connection:
        def getsockopt(self, *_: int) -> bytes:
            return info

    assert len(info) == LAST_ACK + 4
    assert last_heard(Connection()) == (ESTABLISHED, 1.5)  # type: ignore[arg-type]
