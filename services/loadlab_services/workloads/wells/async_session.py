"""wells/async: `async def` with an AsyncSession; every wait of the database part is awaited."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from time import perf_counter

from fastapi import FastAPI, Request
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads.wells import queries
from loadlab_services.workloads.wells.contract import (
    DETAILS_PATH,
    LIST_PATH,
    Limit,
    ListedWell,
    Offset,
    WellDetails,
    WellId,
    fold_details,
    fold_list,
    known,
    new_router,
)
from loadlab_services.workloads.wells.engine import (
    database_answers,
    engine_options,
    engine_url,
)

router = new_router()


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open the pool with all its connections."""
    engine = create_async_engine(engine_url(settings), **engine_options(settings))
    try:
        await connect_all(engine, settings.pool_size)
        app.state.async_sessions = async_sessionmaker(engine)
        yield
    finally:
        await engine.dispose()


async def connect_all(engine: AsyncEngine, count: int) -> None:
    """Open every connection before the first request, which would pay for it otherwise."""
    async with AsyncExitStack() as stack:
        for _ in range(count):
            await stack.enter_async_context(engine.connect())


@asynccontextmanager
async def begin(request: Request) -> AsyncIterator[AsyncSession]:
    """Open a session for one page: one transaction, committed and closed at the end."""
    sessions: async_sessionmaker[AsyncSession] = request.app.state.async_sessions
    started = perf_counter()
    with database_answers():
        async with sessions.begin() as session:
            await session.connection()  # the first query would wait for it: here it is measured
            request.app.state.meter.pool_waited(perf_counter() - started)
            yield session


async def read_details(request: Request, well_id: int) -> WellDetails | None:
    """Read a well's page; None where there is no such well."""
    async with begin(request) as session:
        well = (await session.scalars(queries.one_well(well_id))).one_or_none()
        if well is None:
            return None
        return fold_details(
            well,
            months=(await session.execute(queries.months_of(well_id))).all(),
            standing=(await session.execute(queries.standing_of(well))).one(),
            events=(await session.scalars(queries.last_events(well_id))).all(),
        )


@router.get(LIST_PATH)
async def wells(request: Request, limit: Limit = 100, offset: Offset = 0) -> list[ListedWell]:
    """Query on the event loop, which serves others meanwhile."""
    async with begin(request) as session:
        return fold_list((await session.execute(queries.wells_page(limit, offset))).all())


@router.get(DETAILS_PATH)
async def details(request: Request, well_id: WellId) -> WellDetails:
    """Query on the event loop, which serves others meanwhile."""
    return known(await read_details(request, well_id), well_id)
