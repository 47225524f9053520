"""The second rung: a pool of connections, the table's own id, still one commit per request."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request

from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads.ingest.exchange import build_router
from loadlab_services.workloads.ingest.payload import read_message
from loadlab_services.workloads.ingest.statements import (
    INSERT,
    build_pool,
    latest_from_pool,
    pooled_connection,
)


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open the pool."""
    logging.basicConfig(level=logging.INFO)
    size = settings.pool_size
    async with build_pool(settings.database_url, size=size, opened=size) as app.state.pool:
        yield


async def accept(request: Request, payload: bytes) -> int:
    """Insert one row; it commits by itself."""
    async with pooled_connection(request) as connection:
        return int(await connection.fetchval(INSERT, payload.decode()))


router = build_router(
    accept, latest_from_pool, status_code=201, read=read_message, log_messages=True
)
