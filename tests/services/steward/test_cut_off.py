"""Instruments that are not reached: what the kernel does for a process tells the two apart."""

import errno
import socket
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from loadlab_services.steward.snapshot import CUT_OFF, GONE, ask_instruments


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A process that stands still: it never takes what the kernel has taken for it."""
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        yield one


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()
    return f"http://{host}:{port}"


async def said_of(url: str, transport: httpx.AsyncBaseTransport | None = None) -> str:
    async with httpx.AsyncClient(transport=transport, trust_env=False) as http:
        said = await ask_instruments(http, url, 1)
    assert isinstance(said, str)
    return said


async def test_a_process_that_stands_still_is_not_cut_off(listener):
    listener.listen()

    assert await said_of(url_of(listener)) == "no answer within 1.8 s"


async def test_a_port_where_nothing_listens_is_gone_and_not_cut_off(listener):
    assert (await said_of(url_of(listener))).startswith(GONE)


async def test_where_no_connection_is_taken_in_time_it_is_cut_off(listener):
    """As from a node that drops what it is sent: here the place for connections is full."""
    listener.listen(0)
    waiting = [socket.socket() for _ in range(4)]
    for each in waiting:
        each.setblocking(False)
        each.connect_ex(listener.getsockname())

    said = await said_of(url_of(listener))

    for each in waiting:
        each.close()
    assert said.startswith(CUT_OFF)
    assert said.endswith("no connection within 1.5 s")


@pytest.mark.parametrize(
    ("code", "begin"),
    [(errno.EHOSTUNREACH, CUT_OFF), (errno.ENETUNREACH, CUT_OFF), (errno.ECONNREFUSED, GONE)],
)
async def test_a_network_without_a_way_there_is_told_from_who_refuses(code, begin):
    def fail(request: httpx.Request) -> httpx.Response:
        cause = OSError(code, "as the kernel says it")
        raise httpx.ConnectError("All connection attempts failed", request=request) from cause

    assert (await said_of("http://s:9000", httpx.MockTransport(fail))).startswith(begin)


async def test_each_look_makes_a_connection_of_its_own():
    """One that is kept looks alive where the node behind it is cut off."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["Connection"])
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        await ask_instruments(http, "http://s:9000", 1)

    assert asked == ["close"]
