"""items/queued: POST puts a job on RabbitMQ and answers 202; a Celery worker writes it.

The worker clears the cache after its commit, so the declared staleness of a *written* item is that
of `cached`: CACHE_TTL_MS. When an accepted item is written depends on the queue. 202 means that the
broker has confirmed the job; the worker writes it once, however often it is delivered.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response

from loadlab_services.broker.producer import Publisher, build_publisher
from loadlab_services.delivery.errors import QueueError
from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.unavailable import RETRY_AFTER
from loadlab_services.workloads.items import WRITE_ITEM
from loadlab_services.workloads.items.cache import open_cache
from loadlab_services.workloads.items.contract import (
    DEFAULT_LIMIT,
    PATH,
    REFUSED,
    REQUEST_BODY,
    UNAVAILABLE,
    Accepted,
    ItemOfBody,
    Limit,
    StoredItem,
)
from loadlab_services.workloads.items.database import open_database
from loadlab_services.workloads.items.read_through import read_through

router = APIRouter(responses=UNAVAILABLE)


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open the pool, the cache and the way to the broker."""
    async with (
        open_database(app, settings),
        open_cache(app, settings),
        build_publisher(settings, task=WRITE_ITEM) as app.state.publisher,
    ):
        yield


@router.get(PATH, response_model=list[StoredItem])
async def latest(request: Request, limit: Limit = DEFAULT_LIMIT) -> Response:
    """Answer the latest written items, the newest first; X-Cache says from where."""
    return await read_through(request, limit)


@router.post(PATH, status_code=202, responses=REFUSED, openapi_extra=REQUEST_BODY)
async def add(request: Request, item: ItemOfBody) -> Accepted:
    """Take one item; it is written later."""
    publisher: Publisher = request.app.state.publisher
    accepted = Accepted(key=uuid4())
    key = str(accepted.key)
    try:
        await publisher.publish({"key": key, **item.model_dump()}, message_id=key)
    except QueueError as error:
        raise HTTPException(503, f"the item was not taken: {error}", RETRY_AFTER) from error
    return accepted
