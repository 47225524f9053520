"""The first rung, as it is written before anybody measures: a connection per request."""

import itertools
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, Request

from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads.ingest.exchange import build_router
from loadlab_services.workloads.ingest.payload import read_message
from loadlab_services.workloads.ingest.statements import (
    COMMAND_TIMEOUT,
    CONNECT_TIMEOUT,
    INSERT,
    LATEST,
)


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Count the messages of this process."""
    logging.basicConfig(level=logging.INFO)
    app.state.counter = itertools.count(1)
    app.state.database_url = settings.database_url
    yield


async def accept(request: Request, payload: bytes) -> int:
    """Connect, insert, commit, disconnect; the id is this process's own count."""
    async with _connection(request) as connection, connection.transaction():
        await connection.fetchval(INSERT, payload.decode())
    number: int = next(request.app.state.counter)
    return number


async def latest(request: Request, limit: int) -> str:
    """Connect, read, disconnect."""
    async with _connection(request) as connection:
        return str(await connection.fetchval(LATEST, limit))


@asynccontextmanager
async def _connection(request: Request) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(
        request.app.state.database_url, timeout=CONNECT_TIMEOUT, command_timeout=COMMAND_TIMEOUT
    )
    try:
        yield connection
    finally:
        await connection.close(timeout=CONNECT_TIMEOUT)


router = build_router(accept, latest, status_code=201, read=read_message, log_messages=True)
