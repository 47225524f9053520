"""An app of a variant, in process, with its resources open; a way to a store that can be cut."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from urllib.parse import urlsplit

import httpx
import pytest

from loadlab_services.apps import create_app
from loadlab_services.settings import ServiceSettings

OpenApp = Callable[[ServiceSettings], AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def open_app() -> OpenApp:
    """Opens an app and gives a client of it; a handler's exception becomes a 500."""

    @asynccontextmanager
    async def opened(settings: ServiceSettings) -> AsyncIterator[httpx.AsyncClient]:
        app = create_app(settings)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://service") as client,
        ):
            yield client

    return opened


class Wire:
    """A port of loopback that leads to a store until it is cut."""

    def __init__(self, target: str) -> None:
        self._host, self._port = urlsplit(target).hostname, urlsplit(target).port
        self._target = target
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = self._target.replace(f"{self._host}:{self._port}", f"127.0.0.1:{port}")

    async def cut(self) -> None:
        """Drop all connections and refuse new ones."""
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        near, far = (reader, writer), await asyncio.open_connection(self._host, self._port)
        self._writers += [near[1], far[1]]
        with suppress(ConnectionError):
            async with asyncio.TaskGroup() as both:
                both.create_task(_copy(near[0], far[1]))
                both.create_task(_copy(far[0], near[1]))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    writer.close()


@pytest.fixture
def lay_wire() -> Callable[[str], AbstractAsyncContextManager[Wire]]:
    """Lays a wire to the store of a URL."""

    @asynccontextmanager
    async def lay(target: str) -> AsyncIterator[Wire]:
        wire = Wire(target)
        await wire.start()
        try:
            yield wire
        finally:
            await wire.cut()

    return lay
