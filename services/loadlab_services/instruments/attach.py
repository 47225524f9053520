"""What `instrument(app)` makes of an app once it is asked: the package says when that is.

The wheel loadlab-instruments (services/pyproject.toml) holds this package and nothing else.
"""

import errno
import os
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from anyio.to_thread import current_default_thread_limiter

from loadlab_services.instruments.asgi import ASGIApp, Receive, Scope, Send
from loadlab_services.instruments.lag import LoopWatch
from loadlab_services.instruments.middleware import HEALTH_PATH, RequestCounter
from loadlab_services.instruments.server import InstrumentsServer
from loadlab_services.instruments.shared import join_board
from loadlab_services.instruments.snapshot import Answers, Source
from loadlab_services.instruments.trace_slots import TraceSlot

TURN_SECONDS: Final = 0.5
App = TypeVar("App", bound=Callable[..., Any])


def attach(app: App, port: int) -> App:
    """Give an app its instruments, or a wrapper that has them."""
    path, is_load = os.environ.get("READINESS_PATH", HEALTH_PATH), "READINESS_IS_LOAD" in os.environ
    # Others have a method of this name for middlewares of another kind, such as Falcon.
    given: Any = app
    if hasattr(given, "user_middleware") and hasattr(given, "add_middleware"):
        given.add_middleware(Instruments, port=port, health_path=path, health_is_load=is_load)
        return app
    wrapped = AtFirstCall(app, port=port, health_path=path, health_is_load=is_load)
    return cast("App", wrapped)


class AtFirstCall:
    """Instruments that are made in the process that serves: one that loads the app may fork it."""

    def __init__(self, app: ASGIApp, *, port: int, health_path: str, health_is_load: bool) -> None:
        self._make = partial(
            Instruments, app, port=port, health_path=health_path, health_is_load=health_is_load
        )
        self._made: Instruments | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan."""
        if self._made is None:
            self._made = self._make()
        await self._made(scope, receive, send)


class Instruments:
    """The outermost middleware; the app makes it at its first call, in the process that serves."""

    def __init__(
        self, app: ASGIApp, *, port: int, health_path: str, health_is_load: bool = False
    ) -> None:
        seconds = int(os.environ.get("TRACE_SECONDS", "0"))
        board, self._meter = join_board(board_path(port), traced=seconds > 0)
        self._app: ASGIApp = RequestCounter(
            app, meter=self._meter, health_path=health_path, health_is_load=health_is_load
        )
        if self._meter.trace is not None:
            self._app = traced(
                self._app,
                self._meter.trace,
                seconds,
                health_path=health_path,
                health_is_load=health_is_load,
            )
        self._watch: LoopWatch | None = None
        answer = threading.Thread(
            target=serve_in_turn, args=(port, Source(board)), name="instruments", daemon=True
        )
        answer.start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan, which comes first where the server has one."""
        if self._watch is None:
            self._watch = LoopWatch(self._meter, current_default_thread_limiter())
            self._meter.start()
        await self._app(scope, receive, send)


def traced(app: ASGIApp, slot: TraceSlot, seconds: int, **health: Any) -> ASGIApp:
    """Return the app with a tracer before it: what traces is imported where it is asked for."""
    from loadlab_services.instruments.traced_app import TracedApp, make_tracer  # noqa: PLC0415

    after_ms = int(os.environ.get("TRACE_AFTER_MS", "0"))
    tracer = make_tracer(slot, seconds=seconds, after_ms=after_ms)
    return TracedApp(app, tracer=tracer, **health)


def board_path(port: int) -> Path:
    """Where the processes of the service that has this instruments port meet."""
    return Path(tempfile.gettempdir()) / f"loadlab-instruments-{port}"


def serve_in_turn(port: int, source: Answers) -> None:
    """Serve the port as soon as no other process of the service does."""
    while True:
        try:
            server = InstrumentsServer(port, source)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            time.sleep(TURN_SECONDS)
        else:
            server.serve_forever(poll_interval=5)
