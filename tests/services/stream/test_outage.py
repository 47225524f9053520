"""Either store is killed with -9 under load and comes back: nothing is lost, nothing is doubled."""

import asyncio
import importlib.resources
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from loadlab_services.delivery.errors import StoreUnavailableError
from loadlab_services.stores.connect import CONNECTION_ERRORS, connect_redis
from loadlab_services.stream.consumer import Consumer, Pace
from loadlab_services.stream.entry import dead_letter_key, stream_key
from loadlab_services.stream.producer import Producer
from loadlab_services.stream.stream import Stream
from loadlab_services.stream.table import Table
from loadlab_services.workloads.ingest.writers import copy_many
from tests.services.postgres_server import POSTGRES_BIN

pytestmark = pytest.mark.integration

RUN = "ingest-000-a1"
KEY = stream_key("loadlab:ingest:", RUN)
SCHEMA = importlib.resources.files("loadlab_services") / "workloads/ingest/schema.sql"
SERVER_USER = "postgres" if os.geteuid() == 0 else None
PACE = Pace(batch_size=50, flush_after=0.02, idle_block=0.02)


class Server:
    """A store that can be killed and started again on the same data and port."""

    def __init__(self, command: list[str], folder: str, url: str) -> None:
        self.command, self.folder, self.url = command, folder, url
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            cwd=self.folder,
            user=SERVER_USER,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="loadlab-outage-", ignore_cleanup_errors=True) as made:
        if SERVER_USER:
            shutil.chown(made, SERVER_USER, SERVER_USER)
        yield made


@pytest.fixture
def redis_server(folder: str, unused_port: Callable[[], int]) -> Iterator[Server]:
    """With appendfsync always: the class of durability that promises to lose nothing."""
    port = str(unused_port())
    durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
    command = [str(shutil.which("redis-server")), "--port", port, "--bind", "127.0.0.1", *durable]
    server = Server(command, folder, f"redis://127.0.0.1:{port}/0")
    yield server
    server.kill()


@pytest.fixture
def postgres_server(folder: str, unused_port: Callable[[], int]) -> Iterator[Server]:
    """With commits that survive the server: the session's one trades that for speed."""
    initdb = [f"{POSTGRES_BIN}/initdb", "-D", "data", "-U", "loadlab", "-A", "trust", "--no-sync"]
    subprocess.run(initdb, cwd=folder, user=SERVER_USER, check=True, capture_output=True)
    port = str(unused_port())
    command = [f"{POSTGRES_BIN}/postgres", "-D", "data", "-p", port, "-k", folder]
    server = Server(command, folder, f"postgresql://loadlab@127.0.0.1:{port}/postgres")
    yield server
    server.kill()


async def connect_postgres(url: str) -> asyncpg.Connection:
    async with asyncio.timeout(15):
        while True:
            try:
                return await asyncpg.connect(url)
            except (asyncpg.PostgresError, *CONNECTION_ERRORS):
                await asyncio.sleep(0.05)


@asynccontextmanager
async def consuming(redis_url: str, postgres_url: str) -> AsyncIterator[None]:
    class Nobody:
        def add(self, extra: str, amount: int) -> None:
            """Nobody counts here."""

    stop = asyncio.Event()
    async with connect_redis(redis_url) as client, asyncio.TaskGroup() as group:
        table = Table(postgres_url, writer=copy_many)
        stream = Stream(
            client, key=KEY, dead_key=dead_letter_key("loadlab:ingest:", RUN), consumer="a"
        )
        group.create_task(Consumer(stream, table, pace=PACE, counter=Nobody()).run(stop))
        try:
            yield
        finally:
            stop.set()
    await table.close()


@asynccontextmanager
async def producing(redis_url: str) -> AsyncIterator[list[int]]:
    """Append one numbered payload after the other; the list holds those that were accepted."""
    accepted: list[int] = []
    over = asyncio.Event()

    async def produce(producer: Producer) -> None:
        for number in itertools.count():
            if over.is_set():
                return
            try:
                await producer.append(b'{"request_id": %d}' % number)
                accepted.append(number)
            except StoreUnavailableError:
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.001)

    async with (
        connect_redis(redis_url) as client,
        Producer(client, key=KEY, limit=10**6) as producer,
    ):
        task = asyncio.create_task(produce(producer))
        try:
            yield accepted
        finally:
            # Not cancelled: an append in mid-air would be in the stream and in no list.
            over.set()
            await task


async def all_persisted(redis_url: str) -> None:
    async with asyncio.timeout(15), connect_redis(redis_url) as client:
        while await client.xlen(KEY):  # noqa: ASYNC110 (Redis has to be asked)
            await asyncio.sleep(0.02)


async def stored(postgres: asyncpg.Connection) -> list[int]:
    rows = await postgres.fetch(
        "select (payload->>'request_id')::int as n from messages order by n"
    )
    return [row["n"] for row in rows]


async def more(accepted: list[int], count: int) -> None:
    """Wait until so many more were accepted."""
    goal = len(accepted) + count
    async with asyncio.timeout(15):
        while len(accepted) < goal:  # noqa: ASYNC110 (a list has to be looked at)
            await asyncio.sleep(0.01)


async def test_redis_killed_under_load(redis_server: Server, messages_url: str) -> None:
    async with (
        consuming(redis_server.url, messages_url),
        producing(redis_server.url) as accepted,
    ):
        for _ in range(2):
            await more(accepted, 40)
            redis_server.kill()
            await asyncio.sleep(0.2)
            redis_server.start()
        await more(accepted, 40)
    async with consuming(redis_server.url, messages_url):
        await all_persisted(redis_server.url)
    postgres = await asyncpg.connect(messages_url)
    numbers = await stored(postgres)
    await postgres.close()
    assert len(set(numbers)) == len(numbers)
    # An answer that was lost with the connection may stand for an entry that was kept.
    unanswered = set(numbers) - set(accepted)
    assert set(accepted) <= set(numbers)
    assert len(unanswered) <= 2


async def test_postgres_killed_under_load(postgres_server: Server, stream_url: str) -> None:
    first = await connect_postgres(postgres_server.url)
    await first.execute(SCHEMA.read_text())
    await first.close()
    async with consuming(stream_url, postgres_server.url):
        async with producing(stream_url) as accepted:
            await more(accepted, 100)
            postgres_server.kill()
            await more(accepted, 100)
            # The children of a killed server hold its shared memory until they have noticed.
            await asyncio.sleep(0.5)
            postgres_server.start()
            (await connect_postgres(postgres_server.url)).terminate()
            await more(accepted, 100)
        await all_persisted(stream_url)
    postgres = await connect_postgres(postgres_server.url)
    numbers = await stored(postgres)
    await postgres.close()
    assert numbers == accepted
