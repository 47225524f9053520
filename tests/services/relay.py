"""A relay to a store on loopback, which can lose what goes over it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.services.loopback_server import free_port


class Line:
    """A relay to a store on loopback that can lose what goes over it now, and not what comes."""

    def __init__(self, store_port: int) -> None:
        self.port = free_port()
        self._store_port = store_port
        self._ends: list[asyncio.Transport] = []

    async def serve(self) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(
            lambda: End(self._connect), "127.0.0.1", self.port
        )

    async def _connect(self, taken: "End") -> None:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(End, "127.0.0.1", self._store_port)
        taken.join(made)
        self._ends += [taken.transport, made.transport]

    def fall_silent(self) -> None:
        """As when a node is lost: nothing arrives any more, and nobody says so."""
        for end in self._ends:
            if not end.is_closing():
                end.pause_reading()

    def cut(self) -> None:
        """As when a process is killed: its kernel says so."""
        for end in self._ends:
            end.abort()


class End(asyncio.Protocol):
    """One of the two connections of a relay; what comes over it goes over the other."""

    transport: asyncio.Transport

    def __init__(self, taken: Callable[["End"], Awaitable[None]] | None = None) -> None:
        self._taken = taken
        self._other: asyncio.Transport | None = None
        self._early = bytearray()  # before the other connection was made

    def join(self, other: "End") -> None:
        self._other, other._other = other.transport, self.transport
        other.transport.write(bytes(self._early))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self._taken:
            self._task = asyncio.ensure_future(self._taken(self))

    def data_received(self, data: bytes) -> None:
        if self._other is None:
            self._early += data
        else:
            self._other.write(data)

    def connection_lost(self, _: Exception | None) -> None:
        if self._other is not None:
            self._other.close()


@asynccontextmanager
async def line_to(store_port: int) -> AsyncIterator[Line]:
    line = Line(store_port)
    async with await line.serve():
        yield line
        line.cut()
        await asyncio.sleep(0.1)  # for everybody to notice


def moved(url: str, port: int) -> str:
    """The URL of a store behind another port."""
    head, _, tail = url.rpartition("@127.0.0.1:") if "@" in url else url.rpartition("//127.0.0.1:")
    between = "@127.0.0.1:" if "@" in url else "//127.0.0.1:"
    return f"{head}{between}{port}/{tail.partition('/')[2]}"


def port_of(url: str) -> int:
    return int(url.rpartition("127.0.0.1:")[2].partition("/")[0])
