"""select/asyncpg-tuned: asyncpg without what this request does not need.

- No reset when a connection goes back: asyncpg would send `RESET ALL` and more, a second round trip
  for each request, but these handlers leave nothing behind in a session.
- The statement is prepared when a connection opens, and kept as long as the connection lives.
- The answer goes from the rows to bytes: no models, and FastAPI has nothing left to validate.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from pydantic_core import to_json

from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.unavailable import build_router
from loadlab_services.workloads.select.asyncpg_pool import (
    ASYNCPG_ERRORS,
    describe_pool,
    fetch_rows,
)
from loadlab_services.workloads.select.contract import ORDERS_OF_USER, PATH, Order, UserId

FOR_EVER: Final = 0
NOBODY: Final = 0

router = build_router(*ASYNCPG_ERRORS)


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open the pool with all its connections, each with its statement."""
    async with describe_pool(
        settings, init=_prepare, reset=_leave, max_cached_statement_lifetime=FOR_EVER
    ) as app.state.pool:
        yield


@router.get(PATH, response_model=list[Order])
async def select(request: Request, user_id: UserId) -> Response:
    """Query on the event loop and write the answer at once."""
    rows = await fetch_rows(request, user_id)
    return Response(to_json(fold(rows)), media_type="application/json")


def fold(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Do what `group_orders` does, with nothing but dicts."""
    return [
        {
            "id": order_id,
            "status": status,
            "created_at": created_at,
            "items": [
                {"id": row[3], "product_id": row[4], "quantity": row[5], "unit_price": row[6]}
                for row in group
                if row[3] is not None
            ],
        }
        for (order_id, status, created_at), group in groupby(rows, key=itemgetter(0, 1, 2))
    ]


async def _prepare(connection: Any) -> None:
    """Run the query once: asyncpg keeps what `fetch` prepared, and nothing that `prepare` did."""
    await connection.fetch(ORDERS_OF_USER, NOBODY)


async def _leave(_connection: Any) -> None:
    """Give the connection back as it is."""
