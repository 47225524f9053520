"""Users of a server on loopback, in this process: each asks again as soon as it is answered.

A program of its own would need seconds to begin and to end. These ask for so many requests and then
wait, so that servers can take turns of hundredths of a second: what disturbs a machine for longer
than that is then in the figures of all of them.
"""

import re
import selectors
import socket
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_SECONDS = 30
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
HEAD_ENDS = b"\r\n\r\n"
GOOD = b"HTTP/1.1 200 "


class User:
    """A connection that is kept; all answers to its request are of one length."""

    def __init__(self, port: int, path: str) -> None:
        self._request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._length = self._length_of_an_answer()
        self._missing = 0

    def ask(self) -> None:
        """Send the request."""
        self._missing = self._length
        self.socket.sendall(self._request)

    def is_answered(self) -> bool:
        """Read what has come; tell whether it is all."""
        read = self.socket.recv(self._missing)
        assert read, "the server closed a connection"
        if self._missing == self._length:
            assert read.startswith(GOOD), read[:300]
        self._missing -= len(read)
        return not self._missing

    def _length_of_an_answer(self) -> int:
        self.socket.sendall(self._request)
        head = b""
        while HEAD_ENDS not in head:
            head += self._some()
        head, _, body = head.partition(HEAD_ENDS)
        told = LENGTH.search(head + b"\r\n")
        assert told, head
        assert head.startswith(GOOD), head
        left = int(told[1]) - len(body)
        while left:
            left -= len(self._some())
        return len(head) + len(HEAD_ENDS) + int(told[1])

    def _some(self) -> bytes:
        read = self.socket.recv(65536)
        assert read, "the server closed a connection"
        return read


class Users:
    """Some users of one server."""

    def __init__(self, users: list[User]) -> None:
        self._users = users
        self._selector = selectors.DefaultSelector()
        for user in users:
            self._selector.register(user.socket, selectors.EVENT_READ, user)

    def ask(self, requests: int) -> None:
        """Send so many requests, at least one a user, and return once all are answered."""
        for user in self._users:
            user.ask()
        unsent, unanswered = requests - len(self._users), requests
        while unanswered:
            ready = self._selector.select(PATIENCE_SECONDS)
            assert ready, f"no answer within {PATIENCE_SECONDS} s"
            for key, _ in ready:
                if not key.data.is_answered():
                    continue
                unanswered -= 1
                if unsent:
                    unsent -= 1
                    key.data.ask()

    def close(self) -> None:
        """Leave the server."""
        self._selector.close()
        for user in self._users:
            user.socket.close()


@contextmanager
def users_of(port: int, path: str, count: int) -> Iterator[Users]:
    """Connect some users to a server, until the block ends."""
    users = Users([User(port, path) for _ in range(count)])
    try:
        yield users
    finally:
        users.close()
