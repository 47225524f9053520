"""select/async: `async def`, psycopg's asynchronous connection pool."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

from fastapi import APIRouter, FastAPI, Request
from psycopg import AsyncRawCursor
from psycopg_pool import AsyncConnectionPool

from loadlab_services.settings import Settings
from loadlab_services.workloads.select.contract import (
    ORDERS_OF_USER,
    PATH,
    POOL_TIMEOUT_SECONDS,
    SESSION_TIMEZONE,
    Order,
    UserId,
    group_orders,
)

router = APIRouter()


@asynccontextmanager
async def resources(app: FastAPI, settings: Settings) -> AsyncIterator[None]:
    """Open the pool with all its connections."""
    pool = AsyncConnectionPool(
        settings.database_url,
        min_size=settings.pool_size,
        max_size=settings.pool_size,
        timeout=POOL_TIMEOUT_SECONDS,
        kwargs={"cursor_factory": AsyncRawCursor, "options": f"-c timezone={SESSION_TIMEZONE}"},
        open=False,
    )
    async with pool:
        await pool.wait()
        app.state.pool = pool
        yield


@router.get(PATH)
async def select(request: Request, user_id: UserId) -> list[Order]:
    """Query on the event loop."""
    pool: AsyncConnectionPool = request.app.state.pool
    started = perf_counter()
    async with pool.connection() as connection:
        request.app.state.meter.pool_waited(perf_counter() - started)
        cursor = await connection.execute(ORDERS_OF_USER, (user_id,))
        rows = await cursor.fetchall()
    return group_orders(rows)
