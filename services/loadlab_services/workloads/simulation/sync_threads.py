"""simulation/sync: `def`, both queries in a thread pool of two, then Fibonacci."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request

from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.pools import PSYCOPG_ERRORS, borrow, open_pool
from loadlab_services.stores.unavailable import build_router
from loadlab_services.workloads.simulation.contract import PATH, Fib, Simulated, UserId
from loadlab_services.workloads.simulation.fibonacci import fibonacci
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

router = build_router(*PSYCOPG_ERRORS)


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open the pool with all its connections, and make Polars ready."""
    warm_up()
    async with open_pool(settings) as app.state.pool:
        yield


@router.get(PATH)
def simulate(request: Request, user_id: UserId, fib: Fib = 15) -> Simulated:
    """Query in two threads of the request's own, then compute in this one."""
    with ThreadPoolExecutor(max_workers=2) as threads:
        products = threads.submit(fetch_frame, request, PRODUCTS, user_id)
        items = threads.submit(fetch_frame, request, ITEMS, user_id)
    frames = Frames(products.result(), items.result())
    return frames.answer(fibonacci(min(frames.total, fib)))


def fetch_frame(request: Request, query: Query, user_id: int) -> "DataFrame":
    """Run one query as a transaction of its own."""
    with borrow(request) as connection:
        rows = connection.execute(query.sql, (user_id,)).fetchall()
    return build_frame(query, rows)
