"""What a variant answers while a store is away or full: 503 with Retry-After, never 500."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

RETRY_AFTER: Final = {"Retry-After": "1"}
Handle = Callable[[Request], Coroutine[Any, Any, Response]]


def build_router(*trouble: type[Exception]) -> APIRouter:
    """Make a router whose handlers may raise these errors of their store."""

    class Route(APIRoute):
        def get_route_handler(self) -> Handle:
            handle = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    return await handle(request)
                except trouble as error:
                    return _unavailable(error)

            return answer

    described = {"description": "A store is away or full; Retry-After says when to try again."}
    return APIRouter(route_class=Route, responses={503: described})


def _unavailable(error: Exception) -> Response:
    detail = f"the store did not answer: {error or type(error).__name__}; try again"
    return JSONResponse({"detail": detail}, 503, RETRY_AFTER)
