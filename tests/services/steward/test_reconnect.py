"""The steward comes back to its stores whatever became of its connections."""

import asyncio
import shutil
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from loadlab_services.settings import StewardSettings
from loadlab_services.steward.stores import STORE_ERRORS, Stores, open_stores
from tests.services.conftest import free_port, running, wait_for
from tests.services.stewards import access

pytestmark = pytest.mark.integration
RUN = "ingest-1a2b3c-001-a1"


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


async def seconds_until_back(stores: Stores, patience: float = 30.0) -> float:
    """Ask as the kubelet does, until the stores answer; then they must go on answering."""
    started = time.monotonic()
    while True:
        try:
            await stores.check()
            break
        except STORE_ERRORS:
            assert time.monotonic() - started < patience
            await asyncio.sleep(0.1)
    took = time.monotonic() - started
    await asyncio.gather(*(stores.check() for _ in range(3)))
    return took


@pytest.fixture(params=["postgres", "redis", "rabbitmq"])
def store_url(request: pytest.FixtureRequest) -> str:
    fixtures = {"postgres": "messages_url", "redis": "stream_url", "rabbitmq": "amqp_url"}
    return str(request.getfixturevalue(fixtures[request.param]))


def settings_of(url: str) -> StewardSettings:
    field = {"postgresql": "database_url", "redis": "redis_url", "amqp": "amqp_url"}
    settings: dict[str, Any] = {"workload": "ingest", field[url.partition(":")[0]]: url}
    return StewardSettings.model_validate(settings | access(RUN))


@pytest.mark.parametrize("loss", [Line.cut, Line.fall_silent], ids=["cut", "silent"])
async def test_it_comes_back_after_all_its_connections_were_lost(
    store_url: str, loss: Callable[[Line], None]
) -> None:
    async with line_to(port_of(store_url)) as line:
        settings = settings_of(moved(store_url, line.port))
        async with open_stores(settings) as stores:
            await asyncio.gather(*(stores.check() for _ in range(4)))
            loss(line)

            took = await seconds_until_back(stores)

    print(f"{store_url.partition(':')[0]}: back after {took:.1f} s")
    assert took < 10


async def test_it_comes_back_to_a_redis_that_was_killed_and_started_again(tmp_path: Path) -> None:
    port = free_port()
    command = [str(shutil.which("redis-server")), "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--save", "", "--dir", str(tmp_path)]
    url = f"redis://127.0.0.1:{port}/0"

    def answers() -> None:
        with redis.Redis.from_url(url) as client:
            client.ping()

    async with open_stores(settings_of(url)) as stores:
        with running(command, str(tmp_path), end=signal.SIGKILL):
            wait_for(answers, redis.RedisError)
            await asyncio.gather(*(stores.check() for _ in range(4)))
        with pytest.raises(STORE_ERRORS):
            await stores.check()
        with running(command, str(tmp_path), end=signal.SIGKILL):
            wait_for(answers, redis.RedisError)

            assert await seconds_until_back(stores) < 1
