"""SERVER=uvicorn: forks WORKERS uvicorn servers and keeps them alive.

uvicorn's own supervisor spawns its workers, each a new interpreter that imports everything again:
with two workers on one CPU that more than doubles the CPU time to readiness (0.5 s against 1.4 s),
which every trial pays.
"""

import gc
import socket
from collections.abc import Sequence

import uvicorn

from loadlab_services.instruments.cells import Board
from loadlab_services.instruments.listening import bind
from loadlab_services.instruments.server import InstrumentsServer
from loadlab_services.instruments.snapshot import Source
from loadlab_services.logs import uvicorn_logging
from loadlab_services.servers.options import GRACE_SECONDS, Serving, uvicorn_options
from loadlab_services.servers.supervisor import Supervisor
from loadlab_services.settings import ServiceSettings


def serve(serving: Serving) -> int:
    """Serve until SIGTERM; the exit code tells how it ended."""
    settings = serving.settings
    board = Board.of(settings.workers, traced=settings.trace_seconds > 0)
    listeners = bind_listeners(settings)

    def run_worker(place: int) -> None:
        app = serving.build_app(board.meter(place), board.all_started)
        config = uvicorn.Config(app, log_config=uvicorn_logging(), **uvicorn_options(serving))
        uvicorn.Server(config).run(sockets=[keep_own(listeners, place)])

    with InstrumentsServer(settings.instruments_port, Source(board)) as instruments:
        gc.collect()
        gc.freeze()  # the collector then leaves the pages shared with the workers alone
        supervisor = Supervisor(
            run_worker,
            count=settings.workers,
            grace_seconds=GRACE_SECONDS + 2,
            on_death=lambda place: board.meter(place).end(),
        )
        return supervisor.run(listeners, instruments)


def bind_listeners(settings: ServiceSettings) -> list[socket.socket]:
    """Bind one socket for all workers or, where LISTEN says so, one for each.

    The launcher binds them all, so that a worker that dies loses no connection that waits for it.
    """
    if settings.listen == "shared":
        return [bind(settings.port)]
    return [bind(settings.port, shared=True) for _ in range(settings.workers)]


def keep_own(listeners: Sequence[socket.socket], place: int) -> socket.socket:
    """Choose a worker's socket and close the others: nobody here would accept from them."""
    own = listeners[place % len(listeners)]
    for listener in listeners:
        if listener is not own:
            listener.close()
    return own
