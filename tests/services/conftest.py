"""Real stores on loopback for integration tests: Postgres 15 and Redis 7 from Debian's packages."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from itertools import count
from pathlib import Path

import psycopg
import pytest
import redis

MESSAGES_SCHEMA = files("loadlab_services") / "workloads" / "ingest" / "schema.sql"
STREAM_DATABASE = 7
POSTGRES_BIN = Path("/usr/lib/postgresql/15/bin")
POSTGRES_USER = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "300",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
}


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A Postgres server of this session; the URL is that of its maintenance database."""
    require(POSTGRES_BIN / "postgres", package="postgresql-15")
    with tempfile.TemporaryDirectory(prefix="loadlab-postgres-") as folder:
        if POSTGRES_USER:
            shutil.chown(folder, "postgres", "postgres")
        data = f"{folder}/data"
        initdb = [
            f"{POSTGRES_BIN}/initdb",
            "-D",
            data,
            "-U",
            "loadlab",
            "-A",
            "trust",
            "-E",
            "UTF8",
        ]
        run_once([*initdb, "--locale=C", "--no-sync"], folder, user=POSTGRES_USER)
        port = free_port()
        options = [f"-c{name}={value}" for name, value in POSTGRES_SETTINGS.items()]
        command = [f"{POSTGRES_BIN}/postgres", "-D", data, "-p", str(port), "-k", folder, *options]
        url = f"postgresql://loadlab@127.0.0.1:{port}/postgres"
        with running(command, folder, user=POSTGRES_USER):
            wait_for(lambda: psycopg.connect(url, connect_timeout=2).close(), psycopg.Error)
            yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis server of this session, with nothing in it."""
    server = shutil.which("redis-server")
    require(Path(server or "/usr/bin/redis-server"), package="redis-server")
    with tempfile.TemporaryDirectory(prefix="loadlab-redis-") as folder:
        port = free_port()
        command = [str(server), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        url = f"redis://127.0.0.1:{port}/0"
        with running([*command, "--dir", folder], folder):
            with redis.Redis.from_url(url) as client:
                wait_for(client.ping, redis.RedisError)
            yield url


@pytest.fixture(scope="session")
def new_database(database_url: str) -> Callable[[], str]:
    """Makes an empty database on the session's server and gives its URL."""
    numbers = count(1)

    def create() -> str:
        name = f"test_{next(numbers)}"
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return database_url.rsplit("/", 1)[0] + f"/{name}"

    return create


@pytest.fixture
def unused_port() -> Callable[[], int]:
    """Finds a free TCP port of loopback."""
    return free_port


@pytest.fixture
def messages_url(new_database: Callable[[], str]) -> str:
    """A database with the empty table of the ingest workload."""
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(MESSAGES_SCHEMA.read_bytes())
    return url


@pytest.fixture
def stream_url(redis_url: str) -> Iterator[str]:
    """An empty Redis database of the test's own."""
    url = f"{redis_url.rpartition('/')[0]}/{STREAM_DATABASE}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        yield url
        client.flushdb()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require(program: Path, *, package: str) -> None:
    if not program.exists():
        pytest.fail(f"{program} is missing: apt-get install {package}")


def run_once(command: list[str], folder: str, *, user: str | None) -> None:
    subprocess.run(command, check=True, capture_output=True, cwd=folder, user=user, timeout=60)


@contextmanager
def running(command: list[str], folder: str, *, user: str | None = None) -> Iterator[None]:
    """Run a server until the block ends; its log is shown where it fails to start."""
    log = Path(folder) / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder, user=user)
    try:
        yield
    except TimeoutError as error:
        raise TimeoutError(f"{error}; its log:\n{log.read_text()}") from error
    finally:
        process.send_signal(signal.SIGINT)  # Postgres' fast shutdown: waits for no client
        process.wait(timeout=30)


def wait_for(answers: Callable[[], object], not_yet: type[Exception]) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            answers()
        except not_yet as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the server did not answer within 30 s: {error}") from error
            time.sleep(0.05)
        else:
            return
