"""The HTTP side of the workload, the same for every variant: routes, statuses, error answers.

A variant brings two functions: `accept` takes the checked JSON text of one message and returns its
id, `latest` returns the latest messages as JSON text. It says how the body is read (`payload`), and
whether each message is a line in the log. A store that is away or full is 503 with
Retry-After in every variant, a body that cannot be stored 422 or 413.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Query, Request, Response
from pydantic_core import to_json
from starlette.requests import ClientDisconnect

from loadlab_services.delivery.errors import QueueError
from loadlab_services.stores.connect import CONNECTION_ERRORS
from loadlab_services.workloads.ingest.payload import MAX_BYTES, PayloadRefusedError, read_payload

Read = Callable[[bytes], bytes]
Accept = Callable[[Request, bytes], Awaitable[int | str]]
Latest = Callable[[Request, int], Awaitable[str]]
Limit = Annotated[int, Query(ge=1, le=1000, description="how many of the latest messages")]

RETRY_AFTER = {"Retry-After": "1"}
CONTENT_ERRORS = ("22", "54")
REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"a device reading or any other JSON object of at most {MAX_BYTES} bytes",
        "content": {
            "application/json": {
                "schema": {"type": "object"},
                "example": {
                    "device_id": "sensor-17",
                    "temperature": 21.5,
                    "humidity": 44.0,
                    "battery": 88.1,
                    "recorded_at": "2026-01-01T00:00:00Z",
                },
            }
        },
    }
}


log = logging.getLogger("loadlab.ingest")


def build_router(
    accept: Accept,
    latest: Latest,
    *,
    status_code: int,
    read: Read = read_payload,
    log_messages: bool = False,
) -> APIRouter:
    """Lay the two routes around a variant's functions."""
    router = APIRouter()

    @router.post("/write", status_code=status_code, openapi_extra=REQUEST_BODY)
    async def write(request: Request) -> Response:
        """Take one message."""

        async def take() -> Response:
            payload = read(await _read_body(request))
            identity = await accept(request, payload)
            if log_messages:
                log.info("took message %s: %s", identity, payload)
            return _json(to_json({"id": identity}), status_code)

        return await _answer(take)

    @router.get("/messages")
    async def messages(request: Request, limit: Limit = 100) -> Response:
        """Answer the latest messages, the newest first."""

        async def look() -> Response:
            return _json(await latest(request, limit), 200)

        return await _answer(look)

    return router


async def _answer(work: Callable[[], Awaitable[Response]]) -> Response:
    try:
        return await work()
    except PayloadRefusedError as error:
        return _json(to_json({"detail": str(error)}), error.status)
    except ClientDisconnect:
        return Response(status_code=400)
    except asyncpg.PostgresError as error:
        if str(error.sqlstate).startswith(CONTENT_ERRORS):
            return _json(to_json({"detail": f"Postgres refuses the body: {error}"}), 422)
        return _unavailable(error)
    except (QueueError, *CONNECTION_ERRORS) as error:
        return _unavailable(error)


async def _read_body(request: Request) -> bytes:
    """Read the body, but never more of it than may be stored."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            break
    return body


def _unavailable(error: Exception) -> Response:
    detail = f"the message was not taken: {error or type(error).__name__}; try again"
    return _json(to_json({"detail": detail}), 503, RETRY_AFTER)


def _json(body: bytes | str, status_code: int, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status_code, headers, media_type="application/json")
