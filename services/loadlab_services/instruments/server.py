"""The HTTP server of the instruments port: one request at a time, asleep in between."""

import json
import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final

from loadlab_services.instruments.listening import family
from loadlab_services.instruments.snapshot import Answers

METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


HELD: Final = "/held"  # answered with the head alone; the connection stays, and nobody reads it
MOST_HELD: Final = 8  # a ninth closes the oldest
NO_PROCESS: Final = "no process of the service"  # begins what a meter says that finds none


class NoFiguresError(Exception):
    """A source has nothing to answer with; the text says why."""


class InstrumentsServer(HTTPServer):
    """Serves one source. The launcher calls `handle_request` when the listener is readable."""

    timeout = 0  # handle_request() must not wait: its caller has a selector
    request_queue_size = 64

    def __init__(self, port: int, source: Answers, *, host: str = "") -> None:
        self.source = source
        self._held: deque[socket.socket] = deque()
        self.address_family = family() if host in {"", "::"} else socket.AF_INET
        super().__init__((host, port), _Handler)

    def hold(self, connection: socket.socket) -> None:
        """Leave a connection to the two kernels: whether they hear each other, one end looks at."""
        self._held.append(connection)
        if len(self._held) > MOST_HELD:
            self._held.popleft().close()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection that was answered, unless it is to be held."""
        if request not in self._held:
            super().shutdown_request(request)

    def server_close(self) -> None:
        """Close the listener, and what is held."""
        super().server_close()
        while self._held:
            self._held.pop().close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that goes away or stays silent is its own affair, not a line in the log."""


@contextmanager
def start_server(port: int, source: Answers, *, host: str = "") -> Iterator[InstrumentsServer]:
    """Serve the source from a daemon thread until the block ends."""
    server = InstrumentsServer(port, source, host=host)
    thread = threading.Thread(target=server.serve_forever, name="instruments", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class _Handler(BaseHTTPRequestHandler):
    timeout = 2  # a silent reader must not hold up the launcher
    server: InstrumentsServer

    def do_GET(self) -> None:
        try:
            self._answer_path(self.path.partition("?")[0])
        except NoFiguresError as error:
            self._answer(503, "text/plain", f"{error}\n")

    def _answer_path(self, path: str) -> None:
        match path:
            case "/snapshot":
                self._answer(200, "application/json", json.dumps(self.server.source.snapshot()))
            case "/metrics":
                self._answer(200, METRICS_TYPE, self.server.source.metrics())
            case "/trace" if (traced := self.server.source.trace()) is not None:
                self._answer(200, "application/json", json.dumps(traced))
            case str(path) if path == HELD:
                self.send_response(200)
                self.end_headers()
                self.server.hold(self.connection)
            case _:
                self._answer(404, "text/plain", "here are /snapshot and /metrics\n")

    def _answer(self, status: int, content_type: str, body: str) -> None:
        payload = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class names it)
        """Scrapes are not worth a line each."""
