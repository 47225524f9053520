"""select/asyncpg: `async def`, asyncpg's pool."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request

from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.unavailable import build_router
from loadlab_services.workloads.select.asyncpg_pool import (
    ASYNCPG_ERRORS,
    describe_pool,
    fetch_rows,
)
from loadlab_services.workloads.select.contract import PATH, Order, UserId, group_orders

router = build_router(*ASYNCPG_ERRORS)


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open the pool with all its connections."""
    async with describe_pool(settings) as app.state.pool:
        yield


@router.get(PATH)
async def select(request: Request, user_id: UserId) -> list[Order]:
    """Query on the event loop."""
    return group_orders(await fetch_rows(request, user_id))
