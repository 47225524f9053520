"""Ends a session whose server says nothing: libpq would wait for its answer for hours.

How long a short question may take is known. A statement that loads or indexes rows may take any
time: whether the server is silent, or at work, is asked over another connection meanwhile.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from threading import Event, Thread, Timer
from typing import Final

import psycopg
from psycopg import Connection

from loadlab_services.data.errors import DatasetError

# Longer than a server waits for a client that was cut off while it had the lock: see `data.owner`.
SILENT_SECONDS: Final = 15.0

# For which a server may answer nobody at all, while statements of any length are under way.
DEAF_SECONDS: Final = 60.0
ASK_EVERY_SECONDS: Final = 5.0
CONNECT_SECONDS: Final = 5

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


@contextmanager
def unless_deaf(connection: Connection, give_up: Callable[[str], None]) -> Iterator[None]:
    """Say why, once the server has answered nobody for DEAF_SECONDS, whatever is under way.

    Whoever is told ends the process: what waits for an answer, on any connection, ends by nothing
    else, and to roll back would wait for the same server.
    """
    is_over = Event()
    told = (connection.info.dsn, connection.info.password, is_over)
    at = f"{connection.info.host}:{connection.info.port}"

    def watch() -> None:
        if _falls_silent(*told):
            give_up(
                f"Postgres at {at} has answered nobody for {DEAF_SECONDS:.0f} s, nor who connects "
                f"anew: {OVERLOADED}"
            )

    Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        is_over.set()


def connect_beside(dsn: str, password: str) -> Connection:
    """Connect once more to where a connection leads."""
    return psycopg.connect(dsn, password=password, autocommit=True, connect_timeout=CONNECT_SECONDS)


def _falls_silent(dsn: str, password: str, is_over: Event) -> bool:
    """Ask now and then until it is over, or nobody has answered for long: then return True."""
    heard = time.monotonic()
    while not is_over.wait(ASK_EVERY_SECONDS):
        if _answers(dsn, password):
            heard = time.monotonic()
        elif time.monotonic() - heard >= DEAF_SECONDS:
            return not is_over.is_set()
    return False


def _answers(dsn: str, password: str) -> bool:
    """Whether the server says anything: one that lets nobody in any more does, and is at work."""
    try:
        with closing(connect_beside(dsn, password)) as other, ended_if_silent(other, OVERLOADED):
            other.execute("SELECT 1")
    except (psycopg.errors.ConnectionTimeout, DatasetError):
        return False
    except psycopg.Error:
        return True
    return True


def _hang_up(connection: Connection, was_silent: Event) -> None:
    """Let whoever waits for an answer find that none will come."""
    was_silent.set()
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as own:
        own.shutdown(socket.SHUT_RDWR)
