"""The steward's connections: opened when first needed, so that it may start before the stores.

A store whose node is lost says no good-bye: its connections look alive and answer nothing. So each
one of Postgres' is asked for a sign of life before it is used, and where a store gives none, all
its idle connections are let go: the first failure is the last.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import asyncpg
import httpx
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from loadlab_services.broker.inspection import Broker
from loadlab_services.settings import StewardSettings
from loadlab_services.steward.errors import StoresAwayError
from loadlab_services.stores.connect import CONNECTION_ERRORS, connect_redis

CONNECTIONS = 4
CONNECT_TIMEOUT = 3.0
COMMAND_TIMEOUT = 60.0
SCRAPE_TIMEOUT = 1.8
INSTRUMENTS_CONNECT_TIMEOUT = 1.5
SIGN_OF_LIFE_TIMEOUT = 2.0
STORE_ERRORS = (
    asyncpg.PostgresError,
    RedisError,
    AMQPError,
    ChannelInvalidStateError,
    *CONNECTION_ERRORS,
)


@dataclass(frozen=True, slots=True)
class Stores:
    """What this experiment has; `sleep` has no store."""

    http: httpx.AsyncClient
    postgres: asyncpg.Pool | None = None
    redis: Redis | None = None
    broker: Broker | None = None
    owns_postgres: bool = True  # deployed for this experiment, and for nothing else
    owns_redis: bool = True
    owns_broker: bool = True
    key_prefix: str = ""  # of the workload's keys in Redis
    queue_prefix: str = ""  # of its queues in RabbitMQ
    scale: float = 0.01  # of the data set, of which a cache may hold all
    database_at: str = ""  # host and port, for people
    owner: str = ""  # the experiment, where its schema is in a database that others use

    async def claim_connections(self) -> None:
        """Open every connection to Postgres that may be needed until a run is over.

        The measured service may take all that the server has left: then none could be opened.

        Raises:
            Exception: one of STORE_ERRORS.
        """
        async with AsyncExitStack() as held:
            if (pool := self.postgres) is not None:
                for _ in range(CONNECTIONS):
                    await held.enter_async_context(pool.acquire(timeout=CONNECT_TIMEOUT))

    async def check(self) -> None:
        """Ask all stores for a sign of life.

        Raises:
            Exception: one of STORE_ERRORS; the next call asks over new connections.
        """
        if self.postgres is not None:
            await self.postgres.fetchval("select 1", timeout=SIGN_OF_LIFE_TIMEOUT)
        if self.redis is not None:
            await _ping(self.redis)
        if self.broker is not None:
            await self.broker.ping()


async def _ping(redis: Redis) -> None:
    try:
        async with asyncio.timeout(SIGN_OF_LIFE_TIMEOUT):
            await redis.ping()
    except (RedisError, OSError):
        await redis.connection_pool.disconnect(inuse_connections=False)
        raise


@asynccontextmanager
async def open_stores(settings: StewardSettings) -> AsyncIterator[Stores]:
    """Describe the connections and close them at the end; nothing connects yet."""
    async with AsyncExitStack() as stack:
        # Without the environment's proxies: every address is inside the cluster.
        http = await stack.enter_async_context(
            httpx.AsyncClient(timeout=SCRAPE_TIMEOUT, trust_env=False)
        )
        postgres = redis = broker = None
        if settings.database_url:
            postgres = await open_pool(settings.database_url)
            stack.callback(postgres.terminate)
        if settings.redis_url:
            redis = connect_redis(settings.redis_url, connections=CONNECTIONS)
            stack.push_async_callback(redis.aclose)
        if settings.amqp_url:
            port = settings.amqp_metrics_port
            broker = Broker(settings.amqp_url, http=http, metrics_port=port)
            stack.push_async_callback(broker.close)
        yield Stores(
            http,
            postgres,
            redis,
            broker,
            owns_postgres=not settings.database_schema,
            owns_redis=not settings.redis_space,
            owns_broker=not settings.amqp_space,
            key_prefix=settings.key_prefix,
            queue_prefix=settings.queue_prefix,
            scale=settings.scale,
            database_at=urlsplit(settings.database_url).netloc.rpartition("@")[2],
            owner=settings.database_owner,
        )


async def open_pool(url: str) -> asyncpg.Pool:
    """Describe a pool of connections that are alive when they are handed out."""

    async def expect_sign_of_life(connection: asyncpg.pool.PoolConnectionProxy) -> None:
        try:
            async with asyncio.timeout(SIGN_OF_LIFE_TIMEOUT):
                await connection.execute("select 1")
        except STORE_ERRORS:
            connection.terminate()  # to close it would wait for an answer, too
            await pool.expire_connections()
            raise
        except asyncio.CancelledError:  # by who asks for a connection, and waits no longer
            connection.terminate()
            raise

    pool = await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=CONNECTIONS,
        timeout=CONNECT_TIMEOUT,
        command_timeout=COMMAND_TIMEOUT,
        max_inactive_connection_lifetime=0,
        setup=expect_sign_of_life,
    )
    return pool


@contextmanager
def stores_answer() -> Iterator[None]:
    """Turn a store's failure into an answer that says so."""
    try:
        yield
    except STORE_ERRORS as error:
        raise StoresAwayError(error) from error
