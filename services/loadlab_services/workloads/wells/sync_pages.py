"""The database part of the variants with a sync Session: blocking, def and threadpool."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from time import perf_counter

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads.wells import queries
from loadlab_services.workloads.wells.contract import (
    ListedWell,
    WellDetails,
    fold_details,
    fold_list,
)
from loadlab_services.workloads.wells.engine import (
    database_answers,
    engine_options,
    engine_url,
)


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open the pool with all its connections."""
    engine = create_engine(engine_url(settings), **engine_options(settings))
    try:
        await run_in_threadpool(connect_all, engine, settings.pool_size)
        app.state.sync_sessions = sessionmaker(engine)
        yield
    finally:
        await run_in_threadpool(engine.dispose)


def connect_all(engine: Engine, count: int) -> None:
    """Open every connection before the first request, which would pay for it otherwise."""
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(engine.connect())


@contextmanager
def begin(request: Request) -> Iterator[Session]:
    """Open a session for one page: one transaction, committed and closed at the end."""
    sessions: sessionmaker[Session] = request.app.state.sync_sessions
    started = perf_counter()
    with database_answers(), sessions.begin() as session:
        session.connection()  # the first query would wait for it: here the wait is measured
        request.app.state.meter.pool_waited(perf_counter() - started)
        yield session


def read_list(request: Request, limit: int, offset: int) -> list[ListedWell]:
    """Read the list's page."""
    with begin(request) as session:
        return fold_list(session.execute(queries.wells_page(limit, offset)).all())


def read_details(request: Request, well_id: int) -> WellDetails | None:
    """Read a well's page; None where there is no such well."""
    with begin(request) as session:
        well = session.scalars(queries.one_well(well_id)).one_or_none()
        if well is None:
            return None
        return fold_details(
            well,
            months=session.execute(queries.months_of(well_id)).all(),
            standing=session.execute(queries.standing_of(well)).one(),
            events=session.scalars(queries.last_events(well_id)).all(),
        )
