"""Answers kept in Redis for a while: one GET for each look-up, one SET for each miss."""

import logging
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Final, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from loadlab_services.settings import Settings
from loadlab_services.workloads.orders import POOL_TIMEOUT_SECONDS

# A Redis that hangs delays an answer by twice this at most, a look-up and an attempt to keep.
CACHE_TIMEOUT_SECONDS: Final = 2.0
CACHE_ERRORS: Final = (RedisError, OSError)

log = logging.getLogger("loadlab.select.cache")


class ResponseCache:
    """A cache that may fail: while Redis is away every look-up is a miss, and nothing is kept."""

    def __init__(self, redis: Redis, *, prefix: str, ttl_ms: int) -> None:
        self._redis = redis
        self._prefix = prefix
        self._ttl_ms = ttl_ms
        self._is_away = False

    async def get(self, key: str) -> bytes | None:
        """Look an answer up."""
        try:
            body = await cast("Awaitable[bytes | None]", self._redis.get(self._prefix + key))
        except CACHE_ERRORS as error:
            self._note_absence(error)
            return None
        self._is_away = False
        return body

    async def put(self, key: str, body: bytes) -> None:
        """Keep an answer until it is too old."""
        try:
            await self._redis.set(self._prefix + key, body, px=self._ttl_ms)
        except CACHE_ERRORS as error:
            self._note_absence(error)

    def _note_absence(self, error: Exception) -> None:
        if not self._is_away:  # once, not for every request
            log.warning("Redis is away, answering without the cache: %s", error)
        self._is_away = True


@asynccontextmanager
async def connect_cache(settings: Settings) -> AsyncIterator[ResponseCache]:
    """Describe a cache with as many connections as the database's pool; close them at the end."""
    pool = BlockingConnectionPool.from_url(
        settings.redis_url,
        protocol=2,
        max_connections=settings.pool_size,
        timeout=POOL_TIMEOUT_SECONDS,
        socket_timeout=CACHE_TIMEOUT_SECONDS,
        socket_connect_timeout=CACHE_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    async with Redis.from_pool(pool) as redis:
        # Keys of the run's own: a trial finds nothing of the one before it.
        prefix = f"loadlab:select:{settings.run_id}:"
        yield ResponseCache(redis, prefix=prefix, ttl_ms=settings.cache_ttl_ms)
