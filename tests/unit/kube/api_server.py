"""An API server on loopback that answers each request as it is told, and remembers what came."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the server was sent."""

    verb: str
    path: str
    query: dict[str, str]
    content_type: str
    body: Any


@dataclass
class ApiServer:
    """One answer for all requests, until another is set."""

    answer: Answer
    url: str = ""
    seen: list[Seen] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        self.seen.append(
            Seen(
                request.method,
                request.path,
                dict(request.query),
                request.content_type,
                json.loads(text) if text else None,
            )
        )
        return await self.answer(request)


@asynccontextmanager
async def serve(answer: Answer) -> AsyncIterator[ApiServer]:
    """Yield a server that listens until the block ends."""
    server = ApiServer(answer)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.handle)
    async with TestServer(application, host="127.0.0.1") as listening:
        server.url = str(listening.make_url("")).rstrip("/")
        yield server


def says(status: int, body: Any = "", **headers: str) -> Answer:
    """Answer with a status and a body: bytes or text as they are, all else as JSON."""
    raw = body if isinstance(body, bytes) else None
    text = body if isinstance(body, str) else None if raw is not None else json.dumps(body)

    async def answer(_: web.Request) -> web.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, body=raw, text=text, headers=given)

    return answer


def refuses(status: int, reason: str, message: str = "the server's own words") -> Answer:
    """Answer with a Status object, as a Kubernetes API server does."""
    document = {"kind": "Status", "code": status, "reason": reason, "message": message}
    return says(status, document, Content_Type="application/json")


def breaks_off(beginning: bytes) -> Answer:
    """Send the head and a beginning, then close the connection."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(beginning) + 1000)})
        await response.prepare(request)
        await response.write(beginning)
        assert request.transport
        request.transport.close()
        return response

    return answer


def streams(*pieces: bytes) -> Answer:
    """Send pieces of a body that ends well."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
        await response.write_eof()
        return response

    return answer


def hangs_up() -> Answer:
    """Close the connection without any answer."""

    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport
        request.transport.close()
        return web.Response()

    return answer


def is_silent(beginning: bytes | None = None) -> Answer:
    """Say nothing more for longer than anybody waits; before that a beginning, where given."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if beginning is not None:
            await response.prepare(request)
            await response.write(beginning)
        await asyncio.sleep(5)
        return response

    return answer
