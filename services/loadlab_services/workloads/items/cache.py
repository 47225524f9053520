"""The response cache of GET /items in Redis, with the cache-aside pattern.

Staleness. After a write has committed, a reader may see the list without it for at most
CACHE_TTL_MS. The key is deleted after the commit, and yet an old list can outlive that: a reader
that missed reads the table before the commit and stores its list after the delete. Nothing clears
that list but its age, so the age counts from the moment before the reader's query, whenever the
list reaches Redis: what was read before a commit is gone CACHE_TTL_MS after that commit. The moment
is told by the clock of the reader's node and judged by that of Redis' node. The same bound holds
where the delete fails, because Redis or the writer went away.

Keys. Each `limit` is a string key of its own, so a request looks up exactly one key with one GET,
and Redis' own count of hits and misses is that of the requests. (A hash of all limits would count a
missing field as a hit; a version key would cost a second look-up.) A sorted set, `index_key`, names
the keys that were filled: a write takes the names out and deletes the keys in one script, at one
moment. ZPOPMIN leaves Redis' count of look-ups alone; SMEMBERS, and SPOP of a whole set, do not.

Redis away. The cache may always be left out: look-ups then miss, and the database answers.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from typing import Final, cast

import redis
from fastapi import FastAPI
from redis.asyncio import Redis

from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.response_cache import CACHE_ERRORS, ResponseCache, connect_cache
from loadlab_services.workloads.items.contract import MAX_LIMIT

# The index outlives every key in it, also where the nodes' clocks differ.
INDEX_LIVES_LONGER_MS: Final = 60_000
FILL: Final = """
redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
redis.call('ZADD', KEYS[2], 0, KEYS[1])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
"""
INVALIDATE: Final = f"""
local popped = redis.call('ZPOPMIN', KEYS[1], {MAX_LIMIT})
local keys = {{}}
for i = 1, #popped, 2 do keys[#keys + 1] = popped[i] end
if #keys > 0 then redis.call('UNLINK', unpack(keys)) end
"""

log = logging.getLogger(__name__)


def key_of(prefix: str, limit: int) -> str:
    """Name the key of the list of one length."""
    return f"{prefix}latest:{limit}"


def index_key(prefix: str) -> str:
    """Name the sorted set of the keys that were filled."""
    return f"{prefix}filled"


def cached_keys(prefix: str, _run: str, _scale: float) -> Iterator[str]:
    """Yield the names of all lists and of what names them, which all runs share."""
    yield index_key(prefix)
    yield from (key_of(prefix, limit) for limit in range(1, MAX_LIMIT + 1))


class ListCache(ResponseCache):
    """Keeps the rendered lists. No method fails because Redis does."""

    def __init__(self, client: Redis, *, prefix: str, ttl_ms: int) -> None:
        super().__init__(client)
        self._prefix = prefix
        self._ttl_ms = ttl_ms
        self._fill = client.register_script(FILL)
        self._invalidate = client.register_script(INVALIDATE)

    async def look_up(self, limit: int) -> bytes | None:
        """Get the cached list, with exactly one GET."""
        return await self.ask(
            cast("Awaitable[bytes | None]", self._redis.get(key_of(self._prefix, limit)))
        )

    async def fill(self, limit: int, body: bytes, *, asked_at: float) -> None:
        """Keep a list whose query began at `asked_at`, in seconds since the epoch."""
        ends_at = int(asked_at * 1000) + self._ttl_ms
        arguments: list[bytes | int] = [body, ends_at, self._ttl_ms + INDEX_LIVES_LONGER_MS]
        keys = [key_of(self._prefix, limit), index_key(self._prefix)]
        await self.ask(self._fill(keys=keys, args=arguments))

    async def invalidate(self) -> None:
        """Delete all lists; call it after the commit."""
        await self.ask(self._invalidate(keys=[index_key(self._prefix)]))


def invalidate(client: redis.Redis, prefix: str) -> bool:
    """Delete all lists, from a worker without an event loop; call it after the commit.

    Answers False where Redis is away: the lists then end by their age, as declared.
    """
    try:
        client.register_script(INVALIDATE)(keys=[index_key(prefix)])
    except CACHE_ERRORS as error:
        log.warning("the cache was not cleared and ends by its age: %s", error)
        return False
    return True


@asynccontextmanager
async def open_cache(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Put the cache into the app's state; it connects when first asked."""
    async with connect_cache(settings) as client:
        app.state.cache = ListCache(
            client, prefix=settings.key_prefix, ttl_ms=settings.cache_ttl_ms
        )
        yield
