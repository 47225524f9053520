"""The SQL of the direct variants and of reading, and the pool that runs it."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from fastapi import Request

CONNECT_TIMEOUT = 5.0
COMMAND_TIMEOUT = 10.0
INSERT = "insert into messages (payload) values ($1::jsonb) returning id"
# Built as text in the server: the rows are never parsed on their way to the client.
LATEST = """
select coalesce(json_agg(message order by message.id desc), '[]')::text
from (select id, payload, created_at from messages order by id desc limit $1) as message
"""


@asynccontextmanager
async def pooled_connection(request: Request) -> AsyncIterator[PoolConnectionProxy]:
    """Borrow a connection of the app's pool and record how long that took."""
    asked = time.perf_counter()
    async with request.app.state.pool.acquire(timeout=CONNECT_TIMEOUT) as connection:
        request.app.state.meter.pool_waited(time.perf_counter() - asked)
        yield connection


async def latest_from_pool(request: Request, limit: int) -> str:
    """Read the latest messages on a pooled connection."""
    async with pooled_connection(request) as connection:
        return str(await connection.fetchval(LATEST, limit))


def build_pool(database_url: str, *, size: int, opened: int) -> asyncpg.Pool:
    """Describe a pool of `size` connections, `opened` of them before the first request."""
    return asyncpg.create_pool(
        database_url,
        min_size=opened,
        max_size=size,
        timeout=CONNECT_TIMEOUT,
        command_timeout=COMMAND_TIMEOUT,
    )
