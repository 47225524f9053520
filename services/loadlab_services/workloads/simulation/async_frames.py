"""What the asynchronous variants share: the pool, and both queries at once on it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request

from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.pools import borrow_async, open_async_pool
from loadlab_services.workloads.simulation.frames import (
    ITEMS,
    PRODUCTS,
    Frames,
    Query,
    build_frame,
    warm_up,
)

if TYPE_CHECKING:
    from polars import DataFrame


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open the pool with all its connections, and make Polars ready."""
    warm_up()
    async with open_async_pool(settings) as app.state.pool:
        yield


async def fetch_frames(request: Request, user_id: int) -> Frames:
    """Run both queries, each on a connection and as a transaction of its own."""
    return Frames(
        *await asyncio.gather(
            _fetch_frame(request, PRODUCTS, user_id), _fetch_frame(request, ITEMS, user_id)
        )
    )


async def _fetch_frame(request: Request, query: Query, user_id: int) -> "DataFrame":
    async with borrow_async(request) as connection:
        cursor = await connection.execute(query.sql, (user_id,))
        rows = await cursor.fetchall()
    return build_frame(query, rows)
