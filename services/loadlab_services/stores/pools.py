"""psycopg's two pools, opened and borrowed from alike in every variant that uses psycopg.

asyncpg's placeholder style ($1) holds for these too, through psycopg's raw cursors.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from time import perf_counter
from typing import Any, Final

from anyio.to_thread import run_sync
from fastapi import Request
from psycopg import AsyncConnection, AsyncRawCursor, Connection, RawCursor
from psycopg import errors as psycopg_errors
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from loadlab_services.database import session_options
from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.session import POOL_TIMEOUT_SECONDS, SESSION_TIMEZONE

# OperationalError: no connection, a lost one, none free in time, a server that shuts down.
# InterfaceError: a connection that was found closed.
PSYCOPG_ERRORS: Final = (psycopg_errors.OperationalError, psycopg_errors.InterfaceError)


@asynccontextmanager
async def open_pool(settings: ServiceSettings) -> AsyncIterator[ConnectionPool]:
    """Open a pool with all its connections."""
    with ConnectionPool(settings.database_url, **_terms(settings, RawCursor)) as pool:
        await run_sync(pool.wait)
        yield pool


@asynccontextmanager
async def open_async_pool(settings: ServiceSettings) -> AsyncIterator[AsyncConnectionPool]:
    """Open an asynchronous pool with all its connections."""
    async with AsyncConnectionPool(
        settings.database_url, **_terms(settings, AsyncRawCursor)
    ) as pool:
        await pool.wait()
        yield pool


@contextmanager
def borrow(request: Request) -> Iterator[Connection]:
    """Borrow a connection of the app's pool for one transaction; record how long that took."""
    pool: ConnectionPool = request.app.state.pool
    asked = perf_counter()
    with pool.connection() as connection:
        request.app.state.meter.pool_waited(perf_counter() - asked)
        yield connection


@asynccontextmanager
async def borrow_async(request: Request) -> AsyncIterator[AsyncConnection]:
    """Do the same with the asynchronous pool."""
    pool: AsyncConnectionPool = request.app.state.pool
    asked = perf_counter()
    async with pool.connection() as connection:
        request.app.state.meter.pool_waited(perf_counter() - asked)
        yield connection


def _terms(
    settings: ServiceSettings, cursor: type[RawCursor[Any]] | type[AsyncRawCursor[Any]]
) -> Any:
    zone = f"-c timezone={SESSION_TIMEZONE}"
    options = session_options(settings.database_url, zone)
    return {
        "min_size": settings.pool_size,
        "max_size": settings.pool_size,
        "timeout": POOL_TIMEOUT_SECONDS,
        "kwargs": {"cursor_factory": cursor, "options": options},
        "open": False,  # a context manager opens it
    }
