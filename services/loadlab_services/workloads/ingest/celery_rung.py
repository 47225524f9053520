"""Another last rung: publish to RabbitMQ and answer 202; Celery's worker INSERTs into Postgres.

An accepted message is durable: the answer waits for RabbitMQ's confirmation, which for a persistent
message on a durable queue comes after it is on disk. At BACKLOG_LIMIT waiting messages the answer
is 503.
"""

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI, Request

from loadlab_services.broker.producer import Publisher, build_publisher
from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads.ingest import WRITE_MESSAGE
from loadlab_services.workloads.ingest.exchange import build_router
from loadlab_services.workloads.ingest.statements import build_pool, latest_from_pool


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open the publisher, and a pool that connects only when somebody reads."""
    async with AsyncExitStack() as stack:
        app.state.publisher = await stack.enter_async_context(
            build_publisher(settings, task=WRITE_MESSAGE)
        )
        pool = build_pool(settings.database_url, size=settings.pool_size, opened=0)
        app.state.pool = await stack.enter_async_context(pool)
        yield


async def accept(request: Request, payload: bytes) -> str:
    """Publish one task and return its id, which will be the row's key."""
    publisher: Publisher = request.app.state.publisher
    message_id = str(uuid.uuid4())
    await publisher.publish({"payload": payload.decode()}, message_id)
    return message_id


router = build_router(accept, latest_from_pool, status_code=202)
