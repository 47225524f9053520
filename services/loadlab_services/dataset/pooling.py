"""Whether sessions of a database are sessions: a pooler may lend one to each transaction anew.

What is set, locked or prepared in such a one is in somebody else's hands a moment later: an
experiment would be taken for over while it lives, and for alive when it is gone.
"""

from contextlib import closing
from typing import Final, LiteralString

import psycopg
from psycopg import Connection

from loadlab_services.data.errors import DatasetError
from loadlab_services.dataset.silence import connect_beside, ended_if_silent

LOOKS: Final = 3  # others of the pool may come in between
_NO_SESSION: Final = (
    "a pooler on the way that has no session left for a second one does so; raise its pool_size, "
    "or give the address of Postgres itself"
)
_PROCESS: Final[LiteralString] = "SELECT pg_backend_pid()"


def check_pooling(connection: Connection) -> None:
    """Refuse a pooler that gives a connection another session for each transaction.

    Raises:
        DatasetError: it is one, or says nothing; names the remedy.
    """
    if _is_lent(connection):
        raise DatasetError(
            "a pooler on the way to Postgres lends a session for one transaction only, as "
            "PgBouncer does with pool_mode = transaction: no lock of an experiment would hold; "
            "give the address of Postgres itself, or set pool_mode = session"
        )


def _is_lent(connection: Connection) -> bool:
    """Whether two connections share a process of the server, or one has several.

    Where there is no second one nothing is known, and the experiment fails for want of it.
    """
    try:
        with (
            closing(_beside(connection)) as other,
            ended_if_silent(connection, _NO_SESSION),
            ended_if_silent(other, _NO_SESSION),
        ):
            return any(_share_one(connection, other) for _ in range(LOOKS))
    except psycopg.OperationalError:
        return False


def _share_one(connection: Connection, other: Connection) -> bool:
    first = _process(connection)
    return _process(other) == first or _process(connection) != first


def _process(connection: Connection) -> int:
    row = connection.execute(_PROCESS, prepare=False).fetchone()
    return int(row[0]) if row else 0


def _beside(connection: Connection) -> Connection:
    return connect_beside(connection.info.dsn, connection.info.password)
