"""All of it: appends that leave together, plain payload, nothing logged; the worker COPYs.

An accepted message is as durable as Redis's appendfsync makes it until it is persisted. At
BACKLOG_LIMIT entries that are not persisted yet, exactly, the answer is 503.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI, Request

from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.connect import connect_redis
from loadlab_services.stream.entry import stream_key
from loadlab_services.stream.producer import Producer
from loadlab_services.workloads.ingest.exchange import build_router
from loadlab_services.workloads.ingest.statements import build_pool, latest_from_pool


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open the stream's producer, and a pool that connects only when somebody reads."""
    async with AsyncExitStack() as stack:
        redis = connect_redis(settings.redis_url)
        stack.push_async_callback(redis.aclose)
        key = stream_key(settings.key_prefix, settings.run_id)
        app.state.producer = await stack.enter_async_context(
            Producer(redis, key=key, limit=settings.backlog_limit)
        )
        pool = build_pool(settings.database_url, size=settings.pool_size, opened=0)
        app.state.pool = await stack.enter_async_context(pool)
        yield


async def accept(request: Request, payload: bytes) -> str:
    """Append one entry and return its id."""
    producer: Producer = request.app.state.producer
    return await producer.append(payload)


router = build_router(accept, latest_from_pool, status_code=202)
