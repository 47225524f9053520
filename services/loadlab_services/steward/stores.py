"""The steward's connections: opened when first needed, so that it may start before the stores."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass

import asyncpg
import httpx
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from loadlab_services.settings import StewardSettings
from loadlab_services.steward.amqp import Broker
from loadlab_services.steward.errors import StoresAwayError
from loadlab_services.stores.connect import CONNECTION_ERRORS, connect_redis

CONNECTIONS = 4
CONNECT_TIMEOUT = 3.0
COMMAND_TIMEOUT = 60.0
SCRAPE_TIMEOUT = 1.8
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
            postgres = await asyncpg.create_pool(
                settings.database_url,
                min_size=0,
                max_size=CONNECTIONS,
                timeout=CONNECT_TIMEOUT,
                command_timeout=COMMAND_TIMEOUT,
                max_inactive_connection_lifetime=0,
            )
            stack.callback(postgres.terminate)
        if settings.redis_url:
            redis = connect_redis(settings.redis_url, connections=CONNECTIONS)
            stack.push_async_callback(redis.aclose)
        if settings.amqp_url:
            port = settings.amqp_metrics_port
            broker = Broker(settings.amqp_url, http=http, metrics_port=port)
            stack.push_async_callback(broker.close)
        owns_postgres = not settings.database_schema
        yield Stores(http, postgres, redis, broker, owns_postgres)


@contextmanager
def stores_answer() -> Iterator[None]:
    """Turn a store's failure into an answer that says so."""
    try:
        yield
    except STORE_ERRORS as error:
        raise StoresAwayError(error) from error
