"""A server that will never do is not waited for."""

import socket
import struct
from collections.abc import Iterator

import pytest

from loadlab_services.data.errors import DatasetError
from loadlab_services.dataset.load import connect
from tests.tcp_server import answering

SSL_OR_GSS = {80877103, 80877104}  # asked before the start-up message
REFUSAL = b"unsupported startup parameter: options"


def answer(connection: socket.socket) -> None:
    """Speak as PgBouncer does to a client that brings an option."""
    while True:
        (length,) = struct.unpack("!i", connection.recv(4, socket.MSG_WAITALL))
        message = connection.recv(length - 4, socket.MSG_WAITALL)
        if struct.unpack("!i", message[:4])[0] not in SSL_OR_GSS:
            break
        connection.sendall(b"N")
    fields = b"SFATAL\0C08P01\0M" + REFUSAL + b"\0\0"
    connection.sendall(b"E" + struct.pack("!i", len(fields) + 4) + fields)


@pytest.fixture
def pooler() -> Iterator[str]:
    with answering(answer) as address:
        yield f"postgresql://guest@{address}/shop"


def test_pgbouncer_is_refused_at_once_with_the_setting_that_it_needs(pooler):
    said: list[str] = []

    with pytest.raises(DatasetError, match="ignore_startup_parameters = options"):
        connect(f"{pooler}?options=-csearch_path%3Dloadlab", patience_seconds=60, say=said.append)

    assert said == []
