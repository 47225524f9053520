"""items/cached-middleware: the cache is asked before routing; a hit reaches no route.

The routes are those of `direct` and know of no cache. Around the router, as pure ASGI: a GET is
looked up, its answer kept on a miss, and a POST that was answered 201 clears the cache before its
answer leaves. The declared staleness is that of `cached`: CACHE_TTL_MS after the write, because a
list that was read before the commit may be stored after the delete.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import time
from typing import Final

from fastapi import FastAPI
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads.items.cache import ListCache, open_cache
from loadlab_services.workloads.items.contract import DEFAULT_LIMIT, PATH, Limit, answer
from loadlab_services.workloads.items.database import open_database
from loadlab_services.workloads.items.direct import router

__all__ = ["resources", "router"]

_LIMIT: Final[TypeAdapter[int]] = TypeAdapter(Limit)


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open the pool and the cache, and put the cache in front of the router."""
    async with open_database(app, settings), open_cache(app, settings):
        # The app's own middlewares were fixed before this; the router's stack is asked each time.
        behind = app.router.middleware_stack
        app.router.middleware_stack = CacheLookup(behind, app.state.cache)
        yield
        app.router.middleware_stack = behind


class CacheLookup:
    """Stands between the app and its router."""

    def __init__(self, app: ASGIApp, cache: ListCache) -> None:
        self._app = app
        self._cache = cache

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; what is neither reading nor writing items passes untouched."""
        match scope:
            case {"type": "http", "path": path, "method": "GET"} if path == PATH:
                await self._read(scope, receive, send)
            case {"type": "http", "path": path, "method": "POST"} if path == PATH:
                await self._app(scope, receive, self._clearing(send))
            case _:
                await self._app(scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = _read_limit(scope)
        if limit is None:  # the route says why
            await self._app(scope, receive, send)
        elif (body := await self._cache.look_up(limit)) is not None:
            await answer(body, cache="hit")(scope, receive, send)
        else:
            await self._app(scope, receive, self._filling(send, limit))

    def _filling(self, send: Send, limit: int) -> Send:
        asked_at = time()
        body: bytearray | None = None

        async def fill(message: Message) -> None:
            nonlocal body
            if message["type"] == "http.response.start" and message["status"] == 200:
                body = bytearray()
                MutableHeaders(scope=message)["X-Cache"] = "miss"
            elif message["type"] == "http.response.body" and body is not None:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    await self._cache.fill(limit, bytes(body), asked_at=asked_at)
            await send(message)

        return fill

    def _clearing(self, send: Send) -> Send:
        async def clear(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 201:
                await self._cache.invalidate()
            await send(message)

        return clear


def _read_limit(scope: Scope) -> int | None:
    """Read the limit as the route does, or None where the route refuses it."""
    given = QueryParams(scope["query_string"]).get("limit", DEFAULT_LIMIT)
    try:
        return _LIMIT.validate_python(given)
    except ValidationError:
        return None
