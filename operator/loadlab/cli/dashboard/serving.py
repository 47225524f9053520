"""The server: on 127.0.0.1 alone, with the tasks that keep the board, until it is told to stop."""

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from loadlab.cli.dashboard.app import Dashboard, make_app
from loadlab.cli.dashboard.board import Board
from loadlab.cli.dashboard.doors import Doors, new_token
from loadlab.cli.dashboard.following import Followed
from loadlab.cli.dashboard.reading import Reads, connect
from loadlab.cli.dashboard.reports import Estimates, Reports
from loadlab.cli.dashboard.watching import Watcher
from loadlab.cli.errors import CliError
from loadlab.spelling import counted

ADDRESS = "127.0.0.1"
MOST_CONNECTIONS = 64  # all together; more are answered with 503
SILENCE_SECONDS = 60.0  # in which nothing changes, and nothing is looked at
END_SECONDS = 3  # for answers under way, once it is told to stop
Listening = Callable[[str], None]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is served."""

    kubeconfig: Path | None
    context: str | None
    namespace: str | None  # None for all
    port: int  # 0 for any that is free


class Server(uvicorn.Server):
    """Ends its readers' streams before it waits for them; a signal ends it, and nothing more."""

    def __init__(self, config: uvicorn.Config, board: Board) -> None:
        super().__init__(config)
        self._board = board

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take note of a signal, and do not raise it again afterwards as the library does."""
        before = {each: signal.signal(each, self.handle_exit) for each in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._board.close()
        await super().shutdown(sockets)


def bind(port: int) -> socket.socket:
    """Listen on loopback.

    Raises:
        CliError: the port is taken, or not ours to take.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port))
        listener.listen()  # whoever is told the address may come at once
    except (OSError, OverflowError) as error:
        listener.close()
        raise CliError(f"cannot listen on {ADDRESS}:{port} ({error}): try --port 0") from error
    return listener


async def serve(wanted: Wanted, listening: Listening, say: Say) -> None:
    """Serve until SIGINT or SIGTERM.

    `listening` is told the address with its token, `say` what comes of the API server.
    """
    async with connect(wanted.kubeconfig, wanted.context) as cluster:
        await serve_cluster(cluster, wanted, listening, say)


async def serve_cluster(cluster: Reads, wanted: Wanted, listening: Listening, say: Say) -> None:
    """Serve what is read of a cluster."""
    scope = f"namespace {wanted.namespace}" if wanted.namespace else "all namespaces"
    listener, token, board = bind(wanted.port), new_token(), Board(scope)
    dashboard = Dashboard(
        board=board,
        followed=Followed(cluster, board),
        reports=Reports(cluster),
        estimates=Estimates(cluster, board, time.time),
    )
    server = Server(_configuration(Doors(make_app(dashboard), token)), board)
    telling = asyncio.create_task(tell(board, say))
    watching = asyncio.create_task(Watcher(cluster, wanted.namespace, board).keep())
    watching.add_done_callback(lambda _: setattr(server, "should_exit", True))
    try:
        listening(f"http://{ADDRESS}:{listener.getsockname()[1]}/{token}/")
        await server.serve([listener])
    finally:
        for task in (telling, watching):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def tell(board: Board, say: Say) -> None:
    """Say in the terminal, too, how many experiments there are, and when none can be read."""
    away, is_first = board.away, True
    while True:
        seen = board.changes
        if away != board.away:
            away = board.away
            known = f"{counted(len(board.entries), 'experiment')} in {board.scope}"
            say(away or (known if is_first else f"The API server answers again: {known}"))
            is_first = is_first and bool(away)
        await board.beyond(seen, SILENCE_SECONDS)


def _configuration(application: Doors) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=END_SECONDS,
    )
