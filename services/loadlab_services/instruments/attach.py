"""Instruments for any FastAPI or Starlette app, in two lines:

    from loadlab_services.instruments import instrument
    instrument(app)

All processes of the service count on one board (`shared.py`), whichever server started them, and
the first of them answers INSTRUMENTS_PORT; when it ends, another one takes over. Nobody answers
for a second or so then. Without INSTRUMENTS_PORT in the environment, which LoadLab sets where the
variant has an `instrumentsPort`, the app stays as it is.

The import needs the package loadlab without its extras; GET /metrics also needs prometheus_client.
"""

import errno
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from anyio.to_thread import current_default_thread_limiter
from starlette.types import ASGIApp, Receive, Scope, Send

from loadlab_services.instruments.lag import LoopWatch
from loadlab_services.instruments.middleware import HEALTH_PATH, RequestCounter
from loadlab_services.instruments.server import InstrumentsServer
from loadlab_services.instruments.shared import join_board
from loadlab_services.instruments.snapshot import Answers, Source

if TYPE_CHECKING:
    from starlette.applications import Starlette  # who has an app has it, a queue worker does not

TURN_SECONDS: Final = 0.5


def instrument(app: "Starlette") -> None:
    """Count the app's requests, watch its event loop, answer on INSTRUMENTS_PORT."""
    port = os.environ.get("INSTRUMENTS_PORT")
    if port:
        health_path = os.environ.get("READINESS_PATH", HEALTH_PATH)
        app.add_middleware(Instruments, port=int(port), health_path=health_path)


class Instruments:
    """The outermost middleware; the app makes it at its first call, in the process that serves."""

    def __init__(self, app: ASGIApp, *, port: int, health_path: str) -> None:
        board, self._meter = join_board(board_path(port))
        self._counter = RequestCounter(app, meter=self._meter, health_path=health_path)
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
        await self._counter(scope, receive, send)


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
