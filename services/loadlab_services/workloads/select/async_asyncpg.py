"""select/asyncpg: `async def`, asyncpg's pool."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

import asyncpg
from fastapi import APIRouter, FastAPI, Request

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
    async with asyncpg.create_pool(
        settings.database_url,
        min_size=settings.pool_size,
        max_size=settings.pool_size,
        server_settings={"timezone": SESSION_TIMEZONE},
    ) as pool:
        app.state.pool = pool
        yield


@router.get(PATH)
async def select(request: Request, user_id: UserId) -> list[Order]:
    """Query on the event loop."""
    pool: asyncpg.Pool[asyncpg.Record] = request.app.state.pool
    started = perf_counter()
    async with pool.acquire(timeout=POOL_TIMEOUT_SECONDS) as connection:
        request.app.state.meter.pool_waited(perf_counter() - started)
        rows = await connection.fetch(ORDERS_OF_USER, user_id)
    return group_orders(rows)
