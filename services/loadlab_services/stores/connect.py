"""How the pipeline connects: bounded, timed, and never repeating a command by itself."""

from typing import Any

import asyncpg
from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

COMMAND_TIMEOUT = 5.0
CONNECT_TIMEOUT = 3.0
# What asyncpg raises, besides Postgres' own words, where a connection is gone. One that the server
# cut, in mid-COPY or while it waited in a pool, shows as an error of asyncpg's own state machine.
CONNECTION_ERRORS = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


def connect_redis(url: str, *, connections: int = 2) -> Redis:
    """Build a client; it connects on first use."""
    return Redis.from_pool(ConnectionPool.from_url(url, **_options(connections)))


def connect_redis_pool(url: str, *, connections: int) -> Redis:
    """Build a client whose callers wait for one of its connections while all are taken."""
    options = _options(connections)
    return Redis.from_pool(BlockingConnectionPool.from_url(url, timeout=COMMAND_TIMEOUT, **options))


def _options(connections: int) -> dict[str, Any]:
    """Say how every client connects.

    redis-py repeats a command after a lost connection unless told otherwise. A repeated XADD stores
    a message twice, and a repeated XREADGROUP hides the entries of the first answer.
    """
    return {
        "protocol": 2,
        "max_connections": connections,
        "socket_timeout": COMMAND_TIMEOUT,
        "socket_connect_timeout": CONNECT_TIMEOUT,
        "retry": Retry(NoBackoff(), 0),
    }
