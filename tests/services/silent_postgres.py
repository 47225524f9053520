"""A Postgres that takes connections, answers for a while, and then says nothing."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Way:
    """A way to a server that may fall silent, and keeps its connections."""

    def __init__(self, url: str) -> None:
        self.is_silent = threading.Event()
        found = urlsplit(url)
        self._server = (found.hostname or "", found.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listener]
        self.at = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = url.replace(found.netloc.rpartition("@")[2], self.at)

    def serve(self) -> None:
        """Take connections until it is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._open += [client, server]
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def close(self) -> None:
        """End it with all its connections."""
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _carry(self, here: socket.socket, there: socket.socket) -> None:
        with suppress(OSError):
            while piece := here.recv(65_536):
                if not self.is_silent.is_set():
                    there.sendall(piece)


@contextmanager
def way_to(url: str) -> Iterator[Way]:
    """Open a way to the server of a URL."""
    way = Way(url)
    threading.Thread(target=way.serve, daemon=True).start()
    try:
        yield way
    finally:
        way.close()
