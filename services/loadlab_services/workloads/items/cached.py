"""items/cached: GET looks into a response cache in Redis first; POST deletes it after its commit.

Declared staleness: after a write, a reader may miss it for at most CACHE_TTL_MS. The delete alone
does not do it: a reader may have read the old list before the commit and store it after the delete
(see `cache`, which counts the age of a list from before its query and so bounds this race).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request, Response

from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads.items.cache import ListCache, open_cache
from loadlab_services.workloads.items.contract import (
    DEFAULT_LIMIT,
    PATH,
    REFUSED,
    REQUEST_BODY,
    UNAVAILABLE,
    ItemOfBody,
    Limit,
    StoredItem,
)
from loadlab_services.workloads.items.database import add_item, open_database
from loadlab_services.workloads.items.read_through import read_through

router = APIRouter(responses=UNAVAILABLE)


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open the pool and the cache."""
    async with open_database(app, settings), open_cache(app, settings):
        yield


@router.get(PATH, response_model=list[StoredItem])
async def latest(request: Request, limit: Limit = DEFAULT_LIMIT) -> Response:
    """Answer the latest items, the newest first; X-Cache says from where."""
    return await read_through(request, limit)


@router.post(PATH, status_code=201, responses=REFUSED, openapi_extra=REQUEST_BODY)
async def add(request: Request, item: ItemOfBody) -> StoredItem:
    """Store one item, then clear the cache."""
    stored = await add_item(request, item)
    cache: ListCache = request.app.state.cache
    await cache.invalidate()
    return stored
