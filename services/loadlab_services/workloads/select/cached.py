"""select/cached: a Redis response cache in front of the asyncpg variant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI, Request, Response
from pydantic import TypeAdapter

from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.unavailable import build_router
from loadlab_services.workloads.select.asyncpg_pool import (
    ASYNCPG_ERRORS,
    describe_pool,
    fetch_rows,
)
from loadlab_services.workloads.select.cache import AnswerCache, open_cache
from loadlab_services.workloads.select.contract import PATH, Order, UserId, group_orders

ANSWER: Final = TypeAdapter(list[Order])

router = build_router(*ASYNCPG_ERRORS)


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open the pool with all its connections; Redis is connected to on first use."""
    async with (
        open_cache(settings) as app.state.cache,
        describe_pool(settings) as app.state.pool,
    ):
        yield


@router.get(PATH, response_model=list[Order])
async def select(request: Request, user_id: UserId) -> Response:
    """Look the answer up; query and keep the answer where there is none."""
    cache: AnswerCache = request.app.state.cache
    kept = await cache.get(str(user_id))
    if kept is not None:
        return _answer(kept, "hit")
    body = ANSWER.dump_json(group_orders(await fetch_rows(request, user_id)))
    await cache.put(str(user_id), body)
    return _answer(body, "miss")


def _answer(body: bytes, found: str) -> Response:
    return Response(body, headers={"X-Cache": found}, media_type="application/json")
