"""The API of `queued-insert`, `queued-batch` and `queued-copy`: one append per request, then 202.

The three differ in how the worker writes, and in nothing here.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from fastapi import FastAPI, Request

from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.connect import connect_redis_pool
from loadlab_services.stream.entry import stream_key
from loadlab_services.stream.producer import Appender
from loadlab_services.workloads.ingest.exchange import build_router
from loadlab_services.workloads.ingest.payload import read_message
from loadlab_services.workloads.ingest.statements import build_pool, latest_from_pool

REDIS_CONNECTIONS: Final = 32  # of one process; a request waits while all are taken


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open a pool of Redis connections, and one of Postgres that connects when somebody reads."""
    logging.basicConfig(level=logging.INFO)
    async with AsyncExitStack() as stack:
        redis = connect_redis_pool(settings.redis_url, connections=REDIS_CONNECTIONS)
        stack.push_async_callback(redis.aclose)
        key = stream_key(settings.key_prefix, settings.run_id)
        app.state.appender = Appender(redis, key=key, limit=settings.backlog_limit)
        pool = build_pool(settings.database_url, size=settings.pool_size, opened=0)
        app.state.pool = await stack.enter_async_context(pool)
        yield


async def accept(request: Request, payload: bytes) -> str:
    """Append one entry and return its id."""
    appender: Appender = request.app.state.appender
    return await appender.append(payload)


router = build_router(
    accept, latest_from_pool, status_code=202, read=read_message, log_messages=True
)
