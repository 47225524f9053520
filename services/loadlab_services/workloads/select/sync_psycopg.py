"""select/sync: `def`, psycopg's connection pool."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

from anyio.to_thread import run_sync
from fastapi import APIRouter, FastAPI, Request
from psycopg import RawCursor
from psycopg_pool import ConnectionPool

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
    pool = ConnectionPool(
        settings.database_url,
        min_size=settings.pool_size,
        max_size=settings.pool_size,
        timeout=POOL_TIMEOUT_SECONDS,
        kwargs={"cursor_factory": RawCursor, "options": f"-c timezone={SESSION_TIMEZONE}"},
        open=False,
    )
    with pool:
        await run_sync(pool.wait)
        app.state.pool = pool
        yield


@router.get(PATH)
def select(request: Request, user_id: UserId) -> list[Order]:
    """Query in a thread."""
    pool: ConnectionPool = request.app.state.pool
    started = perf_counter()
    with pool.connection() as connection:
        request.app.state.meter.pool_waited(perf_counter() - started)
        rows = connection.execute(ORDERS_OF_USER, (user_id,)).fetchall()
    return group_orders(rows)
