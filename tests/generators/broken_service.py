"""A service by sockets: its answers have a cookie, and some of them break off in their body."""

import re
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: session=1; Path=/\r\n\r\n"
TAKES_SECONDS = 0.005


class BrokenService(socketserver.ThreadingTCPServer):
    """Breaks every so many-th answer off: at once, or after so many seconds of silence."""

    allow_reuse_address = daemon_threads = True
    request_queue_size = 100

    def __init__(self, each: int, stall: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.each, self.stall = each, stall
        self.answers = self.broken = self.cookies = 0
        self._lock = threading.Lock()

    def breaks(self, head: bytes) -> bool:
        """Count a request, and say whether its answer breaks off."""
        with self._lock:
            self.answers += 1
            self.cookies += b"\ncookie:" in head.lower()
            breaks = bool(self.each) and self.answers % self.each == 0
            self.broken += breaks
            return breaks


class Connection(socketserver.StreamRequestHandler):
    """One connection, as long as it is kept."""

    server: BrokenService

    def handle(self) -> None:
        while head := self._head():
            is_load = not head.startswith(b"GET /healthz")
            if is_load:
                time.sleep(TAKES_SECONDS)
            if is_load and self.server.breaks(head):
                self.wfile.write(HEAD + b"wh")
                time.sleep(self.server.stall)
                return
            self.wfile.write(HEAD + b"whole")

    def _head(self) -> bytes:
        head = b""
        try:
            while (line := self.rfile.readline()) not in {b"", b"\r\n"}:
                head += line
        except OSError:
            return b""
        if length := re.search(rb"\ncontent-length: *(\d+)", head.lower()):
            self.rfile.read(int(length[1]))
        return head


@contextmanager
def breaking(each: int, stall: float = 0.0) -> Iterator[tuple[BrokenService, str]]:
    """Serve on threads; with its address."""
    with BrokenService(each, stall) as service:
        threading.Thread(target=service.serve_forever, daemon=True).start()
        yield service, f"http://127.0.0.1:{service.server_address[1]}"
        service.shutdown()
