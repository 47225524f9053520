"""asyncpg's pool and the query on it, for the variants that use asyncpg."""

from time import perf_counter
from typing import Any, Final

import asyncpg
from fastapi import Request

from loadlab_services.orders.request import UserId
from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.session import POOL_TIMEOUT_SECONDS, SESSION_TIMEZONE
from loadlab_services.workloads.select.contract import ORDERS_OF_USER

# A connection that the server cut while it waited in the pool shows as an error of asyncpg's own
# state machine; a timeout is an OSError.
ASYNCPG_ERRORS: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,  # too many clients
    asyncpg.OperatorInterventionError,  # shut down, or not yet up
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)


def describe_pool(settings: ServiceSettings, **changes: Any) -> asyncpg.Pool:
    """Describe a pool that opens with all its connections."""
    return asyncpg.create_pool(
        settings.database_url,
        min_size=settings.pool_size,
        max_size=settings.pool_size,
        server_settings={"timezone": SESSION_TIMEZONE},
        **changes,
    )


async def fetch_rows(request: Request, user_id: UserId) -> list[asyncpg.Record]:
    """Query on a connection of the app's pool; record how long it was waited for."""
    pool: asyncpg.Pool = request.app.state.pool
    asked = perf_counter()
    async with pool.acquire(timeout=POOL_TIMEOUT_SECONDS) as connection:
        request.app.state.meter.pool_waited(perf_counter() - asked)
        return await connection.fetch(ORDERS_OF_USER, user_id)
