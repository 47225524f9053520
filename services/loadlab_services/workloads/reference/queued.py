"""reference/queued: as `async`, and an accepted request puts work off to the Redis stream.

A request that fails puts nothing off. While Redis is away or the stream is full, the answer is 503.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Final

from fastapi import FastAPI, Query, Request

from loadlab_services.delivery.errors import QueueError
from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.connect import connect_redis_pool
from loadlab_services.stores.unavailable import build_router
from loadlab_services.stream.entry import stream_key
from loadlab_services.stream.producer import Appender
from loadlab_services.workloads.reference import contract
from loadlab_services.workloads.reference.async_loop import behave
from loadlab_services.workloads.reference.contract import BY_DESIGN, PATH, Asked, Done
from loadlab_services.workloads.reference.message import Message

REDIS_CONNECTIONS: Final = 32  # of one process; a request waits while all are taken
router = build_router(QueueError)


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open a pool of Redis connections; they connect on first use."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(contract.resources(app, settings))
        redis = connect_redis_pool(settings.redis_url, connections=REDIS_CONNECTIONS)
        stack.push_async_callback(redis.aclose)
        key = stream_key(settings.key_prefix, settings.run_id)
        app.state.appender = Appender(redis, key=key, limit=settings.backlog_limit)
        yield


@router.post(PATH, status_code=202, openapi_extra=BY_DESIGN)
async def reference(request: Request, asked: Annotated[Asked, Query()]) -> Done:
    """Behave as told, then put the work off."""
    done = await behave(asked)
    message = Message(request_id=asked.request_id, burn_micros=asked.put_off_micros)
    appender: Appender = request.app.state.appender
    await appender.append(message.model_dump_json().encode())
    return done
