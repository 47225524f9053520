"""select/sync: `def`, psycopg's connection pool."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request

from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.pools import PSYCOPG_ERRORS, borrow, open_pool
from loadlab_services.stores.unavailable import build_router
from loadlab_services.workloads.select.contract import (
    ORDERS_OF_USER,
    PATH,
    Order,
    UserId,
    group_orders,
)

router = build_router(*PSYCOPG_ERRORS)


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open the pool with all its connections."""
    async with open_pool(settings) as app.state.pool:
        yield


@router.get(PATH)
def select(request: Request, user_id: UserId) -> list[Order]:
    """Query in a thread."""
    with borrow(request) as connection:
        rows = connection.execute(ORDERS_OF_USER, (user_id,)).fetchall()
    return group_orders(rows)
