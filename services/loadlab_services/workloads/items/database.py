"""The database side of the HTTP variants: engine, pool, one transaction a request, 503.

A connection that Postgres has cut fails the one request that finds it and is replaced then: looking
before each request (`pool_pre_ping`) would be a second transaction in every figure.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from time import perf_counter
from typing import Final
from uuid import uuid4

import asyncpg
from fastapi import FastAPI, HTTPException, Request
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.connect import CONNECTION_ERRORS
from loadlab_services.stores.session import POOL_TIMEOUT_SECONDS
from loadlab_services.stores.unavailable import RETRY_AFTER
from loadlab_services.workloads.items.contract import (
    NewItem,
    StoredItem,
    render,
)
from loadlab_services.workloads.items.table import Item

CONNECT_TIMEOUT: Final = 5.0
COMMAND_TIMEOUT: Final = 10.0
# SQLAlchemy wraps what asyncpg says to a statement, and leaves what it says to a connect as it is.
STORE_ERRORS: Final = (DBAPIError, PoolTimeoutError, asyncpg.PostgresError, *CONNECTION_ERRORS)


@asynccontextmanager
async def open_database(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open the pool with all its connections, and put the session factory into the app's state."""
    engine = build_engine(settings.database_url, pool_size=settings.pool_size)
    try:
        await _connect_all(engine, settings.pool_size)
        app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
        yield
    finally:
        await engine.dispose()


def build_engine(database_url: str, *, pool_size: int) -> AsyncEngine:
    """Describe an engine of exactly `pool_size` connections."""

    # asyncpg reads the URL itself: SQLAlchemy would hand it libpq's words, such as sslmode, as
    # arguments that it does not know.
    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(
            database_url, timeout=CONNECT_TIMEOUT, command_timeout=COMMAND_TIMEOUT
        )

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        hide_parameters=True,
    )


@asynccontextmanager
async def transaction(request: Request) -> AsyncIterator[AsyncSession]:
    """Give a session on a pooled connection; what it did is committed when the block has ended."""
    sessions: async_sessionmaker[AsyncSession] = request.app.state.sessions
    with database_answers():
        async with sessions.begin() as session:
            asked = perf_counter()
            await session.connection()
            request.app.state.meter.pool_waited(perf_counter() - asked)
            yield session


async def read_latest(request: Request, limit: int) -> bytes:
    """Read the latest items, the newest first, as the JSON text of the answer."""
    async with transaction(request) as session:
        latest = await session.scalars(select(Item).order_by(Item.id.desc()).limit(limit))
        items = latest.all()
    return render(items)


async def add_item(request: Request, new: NewItem) -> StoredItem:
    """Insert one item and commit."""
    item = Item(key=uuid4(), name=new.name, description=new.description)
    async with transaction(request) as session:
        session.add(item)
    return StoredItem.model_validate(item)


@contextmanager
def database_answers() -> Iterator[None]:
    """Turn a database that is away, or a pool that stays empty, into 503 with Retry-After."""
    try:
        yield
    except STORE_ERRORS as error:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        reason = str(cause).partition("\n")[0] or "no answer in time"
        detail = f"Postgres is unavailable ({type(cause).__name__}: {reason}); try again"
        raise HTTPException(503, detail, RETRY_AFTER) from error


async def _connect_all(engine: AsyncEngine, count: int) -> None:
    """Open every connection before the first request, which would pay for it otherwise."""
    async with AsyncExitStack() as stack:
        for _ in range(count):
            await stack.enter_async_context(engine.connect())
