"""The addresses below the token. All of them read; none takes a body."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from fastapi.sse import EventSourceResponse
from starlette.exceptions import HTTPException as HttpError
from starlette.types import Message, Receive, Scope, Send

from loadlab.base.text import fit
from loadlab.cli.dashboard import pages
from loadlab.cli.dashboard.board import Board
from loadlab.cli.dashboard.doors import REPORT_POLICY
from loadlab.cli.dashboard.entries import LONGEST, Key
from loadlab.cli.dashboard.events import Reader, stream
from loadlab.cli.dashboard.following import Followed
from loadlab.cli.dashboard.reports import Estimates, Reports
from loadlab.cli.errors import CliError
from loadlab.kube.errors import ClusterError

MOST_STREAMS = 16  # pages that are open at once
SEND_SECONDS = 20.0  # a reader that takes nothing for so long is let go
MOST_PANELS = 2
_NAME = re.compile(
    r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"
)  # nothing that leads elsewhere in a path
_ASSETS = {"live.js": "text/javascript", "live.css": "text/css"}
Panels = Annotated[Sequence[str], Query(alias="e", max_length=MOST_PANELS)]


@dataclass
class Dashboard:
    """What the addresses share."""

    board: Board
    followed: Followed
    reports: Reports
    estimates: Estimates
    streams: int = 0

    @contextmanager
    def reading(self, keys: tuple[Key, ...]) -> Iterator[None]:
        """Count a reader, and follow what it looks at, for as long as the block lasts."""
        self.streams += 1
        try:
            with self.followed.while_looked_at(keys):
                yield
        finally:
            self.streams -= 1


class EventStream(EventSourceResponse):
    """Events for one reader; however it ends, it is no longer counted then."""

    def __init__(self, events: AsyncIterator[bytes], reading: AbstractContextManager[None]) -> None:
        super().__init__(events)
        self._reading = reading

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)

        with self._reading:
            await super().__call__(scope, receive, send_in_time)


def make_app(dashboard: Dashboard) -> FastAPI:
    """Return the application."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    here, html = Addresses(dashboard), HTMLResponse
    app.add_api_route("/", here.experiments, response_class=html)
    app.add_api_route("/experiments/{namespace}/{name}", here.experiment, response_class=html)
    app.add_api_route("/experiments/{namespace}/{name}/report", here.report, response_class=html)
    app.add_api_route("/side-by-side", here.side_by_side, response_class=html)
    app.add_api_route("/events", here.events, response_class=Response)
    app.add_api_route("/static/{name}", here.static, response_class=Response)
    say = _say(dashboard.board)
    app.add_exception_handler(HttpError, say)
    app.add_exception_handler(RequestValidationError, say)
    return app


class Addresses:
    """What is answered at each address."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard, self._board = dashboard, dashboard.board

    async def experiments(self, request: Request) -> str:
        """The list."""
        return pages.list_page(self._board, _root(request))

    async def experiment(self, request: Request, namespace: str, name: str) -> str:
        """One experiment: live, or its report."""
        return pages.panels_page(self._board, _root(request), [_key(f"{namespace}/{name}")])

    async def report(self, request: Request, namespace: str, name: str) -> Response:
        """The report alone, for a frame or a page of its own."""
        key = _key(f"{namespace}/{name}")
        try:
            text = await self._dashboard.reports.report(key)
        except (ClusterError, CliError) as error:
            message = fit(f"No report: {error}", LONGEST)
            return HTMLResponse(pages.message_page(self._board, _root(request), message), 502)
        if text is None:
            raise HTTPException(404, f"There is no experiment {'/'.join(key)}.")
        return HTMLResponse(text, headers={"content-security-policy": REPORT_POLICY})

    async def side_by_side(self, request: Request, named: Panels = ()) -> str:
        """Two experiments, with their ratios where both are over."""
        keys = [_key(each) for each in dict.fromkeys(named)]
        if len(keys) != MOST_PANELS:
            raise HTTPException(400, "Choose two experiments in the list.")
        ratios = await self._dashboard.reports.ratios(*keys)
        return pages.panels_page(self._board, _root(request), keys, ratios)

    async def events(self, named: Panels = ()) -> Response:
        """What changes: of the list, or of the panels that are named."""
        if self._dashboard.streams >= MOST_STREAMS:
            return PlainTextResponse("Too many pages are open.\n", 503)
        keys = tuple(map(_key, dict.fromkeys(named)))
        reader = Reader(self._board, keys, self._dashboard.estimates.remaining)
        return EventStream(stream(reader), self._dashboard.reading(keys))

    async def static(self, name: str) -> Response:
        """The script, the style."""
        if name not in _ASSETS:
            raise HTTPException(404, "There is no such file.")
        return Response(pages.asset(name), media_type=_ASSETS[name])


def _say(board: Board) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def say(request: Request, error: Exception) -> Response:
        known = error if isinstance(error, HttpError) else HttpError(400, "No such address.")
        page = pages.message_page(board, _root(request), str(known.detail))
        return HTMLResponse(page, known.status_code)

    return say


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", ""))


def _key(text: str) -> Key:
    """Read namespace/name: both become parts of a path of the API server."""
    namespace, _, name = text.partition("/")
    if not _NAME.fullmatch(namespace) or not _NAME.fullmatch(name):
        raise HTTPException(404, "That is no experiment's name.")
    return namespace, name
