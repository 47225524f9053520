"""Answers kept in Redis for a while: one GET for each look-up, one SET for each miss."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import cast

from redis.asyncio import Redis

from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.response_cache import ResponseCache, connect_cache
from loadlab_services.workloads.select.keys import run_prefix


class AnswerCache(ResponseCache):
    """Keeps the answer to each user until it is too old."""

    def __init__(self, redis: Redis, *, prefix: str, ttl_ms: int) -> None:
        super().__init__(redis)
        self._prefix = prefix
        self._ttl_ms = ttl_ms

    async def get(self, key: str) -> bytes | None:
        """Look an answer up."""
        found = self._redis.get(self._prefix + key)
        return await self.ask(cast("Awaitable[bytes | None]", found))

    async def put(self, key: str, body: bytes) -> None:
        """Keep an answer until it is too old."""
        await self.ask(self._redis.set(self._prefix + key, body, px=self._ttl_ms))


@asynccontextmanager
async def open_cache(settings: ServiceSettings) -> AsyncIterator[AnswerCache]:
    """Describe a cache; it connects when first asked."""
    async with connect_cache(settings) as redis:
        prefix = run_prefix(settings.key_prefix, settings.run_id)
        yield AnswerCache(redis, prefix=prefix, ttl_ms=settings.cache_ttl_ms)
