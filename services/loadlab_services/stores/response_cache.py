"""Redis as a cache: its keys, its connections, and how a variant does without it."""

import logging
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.session import POOL_TIMEOUT_SECONDS

# Shorter than those of a store that must answer: the database is waiting behind.
CACHE_TIMEOUT_SECONDS: Final = 2.0
CACHE_ERRORS: Final = (RedisError, OSError)

log = logging.getLogger(__name__)
T = TypeVar("T")


class ResponseCache:
    """A cache that may fail: while Redis is away every look-up is a miss, and nothing is kept."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._answers = True

    async def ask(self, command: Awaitable[T]) -> T | None:
        """Await a command of Redis; None where Redis is away, which is logged once."""
        try:
            found = await command
        except CACHE_ERRORS as error:
            if self._answers:
                log.warning("the cache is away, the database answers: %s", error)
            self._answers = False
            return None
        if not self._answers:
            log.info("the cache answers again")
        self._answers = True
        return found


@asynccontextmanager
async def connect_cache(settings: ServiceSettings) -> AsyncIterator[Redis]:
    """Describe a client with as many connections as the database's pool; it connects when used."""
    pool = BlockingConnectionPool.from_url(
        settings.redis_url,
        protocol=2,
        max_connections=settings.pool_size,
        timeout=POOL_TIMEOUT_SECONDS,
        socket_timeout=CACHE_TIMEOUT_SECONDS,
        socket_connect_timeout=CACHE_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    async with Redis.from_pool(pool) as client:
        yield client
