"""Real stores on loopback for integration tests: Postgres 15, Redis 7 and RabbitMQ 3.10 from
Debian's packages.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from itertools import count, cycle
from pathlib import Path

import asyncpg
import psycopg
import pytest
import redis
from redis.asyncio import Redis

from loadlab_services.dataset.load import ensure_loaded
from loadlab_services.orders.dataset import orders_at
from loadlab_services.stores.connect import connect_redis

MESSAGES_SCHEMA = files("loadlab_services") / "workloads" / "ingest" / "schema.sql"
STREAM_DATABASE = 7
PATIENCE_SECONDS = 180  # RabbitMQ starts in 6 s, and in 40 s beside eight busy processes
# The newest that is installed; Debian and Ubuntu keep every major version in a folder of its own.
POSTGRES_BIN = max(
    Path("/usr/lib/postgresql").glob("*/bin"),
    key=lambda folder: float(folder.parent.name),
    default=Path("/usr/lib/postgresql/bin"),
)
POSTGRES_USER = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "300",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "autovacuum": "off",  # its transactions would count beside those that tests count
}
RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
# Statistics often, so that a drain is seen soon; one scheduler that sleeps when it is idle.
RABBITMQ_CONF = """
listeners.tcp.1 = 127.0.0.1:{port}
prometheus.tcp.ip = 127.0.0.1
prometheus.tcp.port = {metrics_port}
collect_statistics_interval = 250
log.console.level = warning
load_definitions = {definitions}
"""
OURS_ALONE = {
    "configure": "^loadlab:",
    "write": r"^(loadlab:|amq\.default$)",
    "read": r"^(loadlab:|amq\.direct$)",
}
# Besides its own administrator: a guest of a virtual host of others, and one without any right.
DEFINITIONS = {
    "vhosts": [{"name": "/"}, {"name": "shop"}],
    "users": [
        {"name": "guest", "password": "guest", "tags": "administrator"},
        {"name": "lab", "password": "lab-secret", "tags": ""},
        {"name": "nobody", "password": "nobody-secret", "tags": ""},
    ],
    "permissions": [
        {"user": "guest", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"},
        {"user": "guest", "vhost": "shop", "configure": ".*", "write": ".*", "read": ".*"},
        {"user": "lab", "vhost": "shop", **OURS_ALONE},
        {"user": "nobody", "vhost": "shop", "configure": "", "write": "", "read": ""},
    ],
}
RABBITMQ_ERLANG = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"
# Below the ephemeral ports (32768 on), a thousand for each of pytest-xdist's processes.
XDIST_PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PORTS = cycle(range(14_000 + 1000 * XDIST_PROCESS, 15_000 + 1000 * XDIST_PROCESS))


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A Postgres server of this session; the URL is that of its maintenance database."""
    require(POSTGRES_BIN / "postgres", package="postgresql")
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
def rabbitmq() -> Iterator[tuple[str, int]]:
    """A RabbitMQ node of this session: its AMQP URL, and the port of its metrics."""
    require(RABBITMQ, package="rabbitmq-server")
    with tempfile.TemporaryDirectory(prefix="loadlab-rabbitmq-") as folder:
        port, metrics_port, names_port = free_port(), free_port(), free_port()
        definitions = Path(folder, "definitions.json")
        definitions.write_text(json.dumps(DEFINITIONS))
        conf = RABBITMQ_CONF.format(port=port, metrics_port=metrics_port, definitions=definitions)
        Path(folder, "rabbitmq.conf").write_text(conf)
        Path(folder, "plugins").write_text("[rabbitmq_prometheus].")
        environment = os.environ | rabbitmq_environment(folder, port=port, names_port=names_port)
        url = f"amqp://guest:guest@127.0.0.1:{port}/"
        # Erlang's name server, in the foreground: one that a node starts itself would outlive it.
        with (
            # No handler of its own for SIGINT, which a shell's background job ignores.
            running(
                ["epmd", "-port", str(names_port)],
                folder,
                env=environment,
                log="epmd.log",
                end=signal.SIGTERM,
            ),
            # Nobody uses the node again: an orderly end would take it seconds.
            running([str(RABBITMQ)], folder, env=environment, end=signal.SIGKILL),
        ):
            wait_for(lambda: get_answer(f"http://127.0.0.1:{metrics_port}/metrics"), OSError)
            # Opened last, after the definitions were read.
            wait_for(lambda: socket.create_connection(("127.0.0.1", port), 2).close(), OSError)
            yield url, metrics_port


@pytest.fixture
def amqp_url(rabbitmq: tuple[str, int]) -> str:
    """The session's RabbitMQ; a test's queues are its own if their names are."""
    return rabbitmq[0]


@pytest.fixture
def amqp_metrics_port(rabbitmq: tuple[str, int]) -> int:
    """Where the session's RabbitMQ tells of its queues."""
    return rabbitmq[1]


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


@pytest.fixture(scope="session")
def orders_url(new_database: Callable[[], str]) -> str:
    """The data set of `select` and `simulation` at a thousandth: 1000 users. Only read from it."""
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        ensure_loaded(connection, orders_at(0.001, 42), overwrite=False, say=print)
    return url


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
    """A port of this process's share of those that no client is ever given.

    The kernel's own choice (port 0) is an ephemeral port: until the server binds it, any
    connection of the tests beside this one may be given it too.
    """
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable: the ports go round")


def require(program: Path, *, package: str) -> None:
    if not program.exists():
        pytest.fail(f"{program} is missing: apt-get install {package}")


def run_once(command: list[str], folder: str, *, user: str | None) -> None:
    subprocess.run(
        command, check=True, capture_output=True, cwd=folder, user=user, timeout=PATIENCE_SECONDS
    )


def rabbitmq_environment(folder: str, *, port: int, names_port: int) -> dict[str, str]:
    """Keep a node away from the machine's own: another name, name server, data and settings."""
    return {
        "HOME": folder,  # of Erlang's cookie
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(names_port),
        "RABBITMQ_CONF_ENV_FILE": f"{folder}/none",
        "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_LOG_BASE": folder,
        "RABBITMQ_MNESIA_BASE": f"{folder}/data",
        "RABBITMQ_NODENAME": f"loadlab-{port}@localhost",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": RABBITMQ_ERLANG,
        "RUNNING_UNDER_SYSTEMD": "true",  # the script becomes the node, which ends by its pid
    }


def get_answer(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return bytes(answer.read())


@contextmanager
def running(
    command: list[str],
    folder: str,
    *,
    user: str | None = None,
    env: dict[str, str] | None = None,
    log: str = "log",
    end: signal.Signals = signal.SIGINT,  # Postgres' fast shutdown: waits for no client
) -> Iterator[None]:
    """Run a server until the block ends; its log is shown where it fails to start."""
    path = Path(folder) / log
    with path.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, cwd=folder, user=user, env=env
        )
    try:
        yield
    except TimeoutError as error:
        raise TimeoutError(f"{error}; its log:\n{path.read_text()}") from error
    finally:
        process.send_signal(end)
        process.wait(timeout=PATIENCE_SECONDS)


def wait_for(
    answers: Callable[[], object], not_yet: type[Exception] | tuple[type[Exception], ...]
) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answers()
        except not_yet as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no answer within {PATIENCE_SECONDS} s: {error}") from error
            time.sleep(0.05)
        else:
            return


@pytest.fixture(name="redis")
async def redis_client(stream_url: str) -> AsyncIterator[Redis]:
    async with connect_redis(stream_url) as client:
        yield client


@pytest.fixture
async def postgres(messages_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(messages_url)
    yield connection
    await connection.close()
