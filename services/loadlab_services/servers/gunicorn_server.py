"""SERVER=gunicorn: gunicorn's arbiter runs WORKERS of uvicorn's worker class.

The instruments port is answered by a process of its own, forked before the arbiter starts. A thread
in the arbiter would do it too, but the arbiter forks whenever a worker has died, and what another
thread holds at that moment stays locked in the child for ever.
"""

import gc
import os
import signal
from contextlib import suppress
from typing import Any, Final

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker
from uvicorn_worker import UvicornWorker

from loadlab_services.addresses import in_brackets
from loadlab_services.instruments.cells import Board
from loadlab_services.instruments.listening import anywhere
from loadlab_services.instruments.server import InstrumentsServer
from loadlab_services.instruments.snapshot import Source
from loadlab_services.logs import JsonFormatter
from loadlab_services.servers.options import GRACE_SECONDS, Serving, uvicorn_options

KEEP_ALIVE_SECONDS: Final = 5  # uvicorn's default; gunicorn's 2 would be a second difference
_HEARTBEATS: Final = "/dev/shm"  # noqa: S108 (a worker that waits for a disk seems dead)
_RESIZING: Final = (signal.SIGHUP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGUSR2)


def serve(serving: Serving) -> int:
    """Serve until SIGTERM; the exit code tells how it ended."""
    settings = serving.settings
    board = Board.of(settings.workers, traced=settings.trace_seconds > 0)
    launcher = os.getpid()
    gc.collect()
    gc.freeze()  # the collector then leaves the pages shared with the workers alone
    instruments = fork_instruments(settings.instruments_port, board)
    try:
        Gunicorn(serving, board).run()  # ends in SystemExit
    except HaltServer as halt:
        # gunicorn handles the first worker that cannot boot; from the second on it escapes.
        return int(halt.exit_status)
    finally:
        if os.getpid() == launcher:  # workers pass here too, on their way out
            with suppress(ProcessLookupError):
                os.kill(instruments, signal.SIGKILL)
    return 0


class JsonLogger(Logger):
    """gunicorn's own logs, all but the access log as JSON."""

    def setup(self, cfg: Any) -> None:
        """Set the logs up, then write events as this image's other programs do."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonFormatter())


class Gunicorn(BaseApplication):
    """Our app in gunicorn; also the hooks that give each worker its place on the board."""

    def __init__(self, serving: Serving, board: Board) -> None:
        self._serving = serving
        self._settings = serving.settings
        self._board = board
        self._place = 0
        self._places: dict[int, int] = {}  # by the age of the worker, a number it never shares
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._config().items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Build the app; gunicorn calls this in each worker."""
        meter = self._board.meter(self._place)
        return self._serving.build_app(meter, self._board.all_started)

    def _config(self) -> dict[str, Any]:
        options = uvicorn_options(self._serving)
        return {
            "bind": f"{in_brackets(anywhere())}:{self._settings.port}",
            "workers": self._settings.workers,
            "worker_class": type("Uvicorn", (UvicornWorker,), {"CONFIG_KWARGS": options}),
            "worker_tmp_dir": _HEARTBEATS if os.access(_HEARTBEATS, os.W_OK) else None,
            "logger_class": JsonLogger,
            "accesslog": "-" if options["access_log"] else None,
            "keepalive": KEEP_ALIVE_SECONDS,
            "graceful_timeout": GRACE_SECONDS + 2,
            "reuse_port": self._settings.listen == "reuseport",
            **self._of_other_workers(),
            "control_socket_disable": True,
            "when_ready": self._stay_as_asked,
            "pre_fork": self._give_place,
            "child_exit": self._take_place,
        }

    def _of_other_workers(self) -> dict[str, Any]:
        """What gthread and the gevent workers go by; UvicornWorker reads neither."""
        settings = self._settings
        found = {
            "threads": settings.gunicorn_threads,
            "worker_connections": settings.gunicorn_worker_connections,
        }
        return {name: value for name, value in found.items() if value is not None}

    def _stay_as_asked(self, _arbiter: Arbiter) -> None:
        """Ignore the signals that change the number of workers: it is part of the measurement."""
        for number in _RESIZING:
            signal.signal(number, signal.SIG_IGN)

    def _give_place(self, arbiter: Arbiter, worker: Worker) -> None:
        """Choose a free place; the worker that is forked next finds it in `_place`."""
        living = {other.age for other in arbiter.WORKERS.values()}
        self._places = {age: place for age, place in self._places.items() if age in living}
        free = set(range(self._settings.workers)) - set(self._places.values())
        self._place = self._places[worker.age] = min(free)

    def _take_place(self, _arbiter: Arbiter, worker: Worker) -> None:
        self._board.meter(self._places.pop(worker.age)).end()


def fork_instruments(port: int, board: Board) -> int:
    """Start the process that answers the instruments port; the port is bound before it starts."""
    launcher = os.getpid()
    with InstrumentsServer(port, Source(board)) as server:
        pid = os.fork()
        if pid == 0:
            try:
                _answer_while(launcher, server)
            finally:
                os._exit(0)
    return pid


def _answer_while(launcher: int, server: InstrumentsServer) -> None:
    """Answer until the launcher ends or kills this process; a stopping one is still asked."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    server.timeout = 1
    while os.getppid() == launcher:
        server.handle_request()
