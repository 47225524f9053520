"""`python -m loadlab_services.serve`: the launcher of a service under test.

It imports everything once, forks WORKERS uvicorn servers that share one listening socket, keeps
them alive, and answers the instruments port itself. uvicorn's own supervisor spawns its workers,
each a new interpreter that imports everything again: with two workers on one CPU that more than
doubles the CPU time to readiness (0.5 s against 1.4 s), which every trial pays.
"""

import gc
import importlib
import sys
from typing import Final

import uvicorn
from pydantic import ValidationError

from loadlab_services.apps import create_app, load_variant
from loadlab_services.catalogue import UnknownVariantError, find_entry
from loadlab_services.instruments.cells import Board
from loadlab_services.instruments.server import InstrumentsServer
from loadlab_services.instruments.snapshot import Source
from loadlab_services.settings import Settings, read_settings
from loadlab_services.supervisor import Supervisor

GRACE_SECONDS: Final = 10
_PRELOADED: Final = ("uvloop", "uvicorn.protocols.http.httptools_impl", "uvicorn.lifespan.on")


def main() -> int:
    """Serve until SIGTERM; the exit code tells how it ended."""
    try:
        settings = read_settings()
        load_variant(settings)
    except (ValidationError, UnknownVariantError) as error:
        print(f"loadlab: {error}", file=sys.stderr)  # noqa: T201 (before any logging is set up)
        return 2
    for module in _PRELOADED:
        importlib.import_module(module)
    return _serve(settings)


def _serve(settings: Settings) -> int:
    board = Board(processes=settings.workers)
    listener = _server_config(settings, app="unused").bind_socket()

    def run_worker(place: int) -> None:
        app = create_app(settings, board.meter(place), all_started=board.all_started)
        uvicorn.Server(_server_config(settings, app=app)).run(sockets=[listener])

    with InstrumentsServer(settings.instruments_port, Source(board)) as instruments:
        gc.collect()
        gc.freeze()  # the collector then leaves the pages shared with the workers alone
        supervisor = Supervisor(
            run_worker,
            count=settings.workers,
            grace_seconds=GRACE_SECONDS + 2,
            on_death=lambda place: board.meter(place).clear_gauges(),
        )
        return supervisor.run(listener, instruments)


def _server_config(settings: Settings, *, app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # ASGI apps and import strings are both accepted
        host="0.0.0.0",  # noqa: S104 (a container serves its pod's address)
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=find_entry(settings.workload, settings.variant).access_log,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


if __name__ == "__main__":
    sys.exit(main())
