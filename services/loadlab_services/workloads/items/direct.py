"""items/direct: POST commits, GET reads; a reader sees every write that was answered before."""

from fastapi import APIRouter, Request, Response

from loadlab_services.workloads.items.contract import (
    DEFAULT_LIMIT,
    PATH,
    REFUSED,
    REQUEST_BODY,
    UNAVAILABLE,
    ItemOfBody,
    Limit,
    StoredItem,
    answer,
)
from loadlab_services.workloads.items.database import add_item, open_database, read_latest

__all__ = ["resources", "router"]

resources = open_database
router = APIRouter(responses=UNAVAILABLE)


@router.get(PATH, response_model=list[StoredItem])
async def latest(request: Request, limit: Limit = DEFAULT_LIMIT) -> Response:
    """Answer the latest items, the newest first."""
    return answer(await read_latest(request, limit))


@router.post(PATH, status_code=201, responses=REFUSED, openapi_extra=REQUEST_BODY)
async def add(request: Request, item: ItemOfBody) -> StoredItem:
    """Store one item."""
    return await add_item(request, item)
