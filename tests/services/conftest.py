"""Real stores on loopback for integration tests: Postgres 15, Redis 7 and RabbitMQ 3.10 from
Debian's packages.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from importlib.resources import files
from itertools import count

import asyncpg
import psycopg
import pytest
import redis
from redis.asyncio import Redis

from loadlab_services.dataset.load import ensure_loaded
from loadlab_services.orders.dataset import orders_at
from loadlab_services.stores.connect import connect_redis
from tests.services.loopback_server import free_port
from tests.services.postgres_server import serve_postgres
from tests.services.rabbitmq_server import serve_rabbitmq
from tests.services.redis_server import serve_redis

MESSAGES_SCHEMA = files("loadlab_services") / "workloads" / "ingest" / "schema.sql"
STREAM_DATABASE = 7


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A Postgres server of this session; the URL is that of its maintenance database."""
    with serve_postgres() as running:
        yield running


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis server of this session, with nothing in it."""
    with serve_redis() as running:
        yield running


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[tuple[str, int]]:
    """A RabbitMQ node of this session: its AMQP URL, and the port of its metrics."""
    with serve_rabbitmq() as running:
        yield running


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


@pytest.fixture(name="redis")
async def redis_client(stream_url: str) -> AsyncIterator[Redis]:
    async with connect_redis(stream_url) as client:
        yield client


@pytest.fixture
async def postgres(messages_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(messages_url)
    yield connection
    await connection.close()
