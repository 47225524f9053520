"""Ends a session whose server says nothing: libpq would wait for its answer for hours."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Timer
from typing import Final

import psycopg
from psycopg import Connection

from loadlab_services.data.errors import DatasetError

# Longer than a server waits for a client that was cut off while it had the lock: see `data.owner`.
SILENT_SECONDS: Final = 15.0

OVERLOADED: Final = (
    "see whether it is overloaded or its node is lost, and create the experiment anew; or give "
    "this experiment another database"
)


@contextmanager
def ended_if_silent(connection: Connection, remedy: str) -> Iterator[None]:
    """Hang up where what is asked in here has no answer within SILENT_SECONDS.

    Raises:
        DatasetError: the server was silent; names it, and the remedy.
    """
    was_silent = Event()
    timer = Timer(SILENT_SECONDS, _hang_up, [connection, was_silent])
    timer.daemon = True
    timer.start()
    try:
        yield
    except psycopg.OperationalError as error:
        if was_silent.is_set():
            at = f"{connection.info.host}:{connection.info.port}"
            raise DatasetError(
                f"Postgres at {at} took a connection and answered nothing on it for "
                f"{SILENT_SECONDS:.0f} s: {remedy}"
            ) from error
        raise
    finally:
        timer.cancel()


def _hang_up(connection: Connection, was_silent: Event) -> None:
    """Let whoever waits for an answer find that none will come."""
    was_silent.set()
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as own:
        own.shutdown(socket.SHUT_RDWR)
