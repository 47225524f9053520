"""Loads a data set in one transaction, once: it is there as a whole or not at all."""

import re
import time
from typing import Final, LiteralString

import psycopg
from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from loadlab_services.data.errors import DatasetChangedError, DatasetError
from loadlab_services.data.functions import FUNCTIONS
from loadlab_services.data.shape import DataSet, Table
from loadlab_services.dataset.claim import MARKER, POOLED
from loadlab_services.dataset.progress import CHECK, KEYS, VACUUM, Progress, Say
from loadlab_services.dataset.verify import Checksums, check_sample, compare, sum_up

PIECE: Final = 250_000  # rows of one statement: about one a second
# With an @ or / in the password a part of it would be taken for the host, and told in an error.
_ADDRESS: Final = re.compile(r"postgres(ql)?://([^@/?#]+@)?[^@?#]+(\?.*)?$")
_ENCODE: Final = (
    "percent-encode special characters of user and password, and put IPv6 into brackets"
)
# What libpq says of anything else holds the URL, with the password in it.
_UNKNOWN_PARAMETER: Final = re.compile(r'invalid URI query parameter: "[^"]*"')
# Who pools connections shares one between sessions and takes no setting of one of them.
_REFUSED_PARAMETER: Final = "unsupported startup parameter"
_PGBOUNCER: Final = (
    "the server refuses the start-up parameter options, as PgBouncer does, and by it connections "
    f"find LoadLab's schema: {POOLED}"
)
# Seconds, and questions of TCP: of a way that is lost, to a server that lives, libpq would learn
# after two hours.
_ASKED_AFTER: Final = 10
_ASKED_EVERY: Final = 5
_ASKED_TIMES: Final = 6
_LOCK: Final = (
    0x10AD1AB  # two loaders at once (a Job's retry): the second waits, then finds it done
)
# For this transaction only: sorts stay in memory, and the commit does not wait for the disk. A
# crash right after it loses rows and marker together, and the next loader begins anew.
_SESSION: Final[LiteralString] = """
SET LOCAL maintenance_work_mem = '256MB';
SET LOCAL work_mem = '64MB';
SET LOCAL synchronous_commit = off
"""


def ensure_loaded(connection: Connection, data: DataSet, *, overwrite: bool, say: Say) -> None:
    """Make sure that a data set is there; needs autocommit.

    Raises:
        DatasetError: another one is there, or a changed one, and it may not be overwritten.
    """
    progress = Progress(say, data.rows)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute(_SESSION)
        connection.execute(MARKER)
        connection.execute(FUNCTIONS)
        if _is_there(connection, data, overwrite=overwrite, progress=progress):
            say(f"{data} is loaded already")
        else:
            _load(connection, data, progress)
    with progress.step(VACUUM):
        # Vacuum, so that the first reader does not write hint bits; always, because a loader may
        # have died between the commit and here.
        connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(_names(data)))
        _checkpoint(connection, say)
    progress.finished(f"{sum(data.rows.values()):,} rows, {_size(connection, data)}")


def _is_there(
    connection: Connection, data: DataSet, *, overwrite: bool, progress: Progress
) -> bool:
    """Tell whether nothing need be loaded; raise where that is not ours to decide."""
    try:
        remembered = _remembered(connection, data)
        if remembered is None:
            return False
        with progress.step(CHECK):
            compare(sum_up(connection, data), remembered)
            check_sample(connection, data)
    except DatasetChangedError as error:
        if overwrite:
            return False
        raise DatasetError(
            f"{error}; set postgres.overwrite to true to load LoadLab's tables anew"
        ) from error
    return True


def _remembered(connection: Connection, data: DataSet) -> Checksums | None:
    """Return the checksums of the data set that is there, None where there is none.

    Raises:
        DatasetChangedError: another one is there, or a part of one.
    """
    query: LiteralString = (
        "SELECT scale, seed, rows, checksums FROM loadlab_dataset WHERE name = %s"
    )
    marker = connection.execute(query, (data.name,)).fetchone()
    query = "SELECT name FROM unnest(%s::text[]) name WHERE to_regclass(name) IS NOT NULL"
    present = {name for (name,) in connection.execute(query, (list(data.tables),))}
    if marker is None and not present:
        return None
    if marker is None or present != set(data.tables):
        raise DatasetChangedError(f"some of the tables of {data.name} are there, and some are not")
    scale, seed, rows, checksums = marker
    if (seed, rows) != (data.seed, data.rows):
        raise DatasetChangedError(
            f"the database holds {data.name} of scale {scale:g}, seed {seed}, and not {data}"
        )
    return dict(checksums)


def _load(connection: Connection, data: DataSet, progress: Progress) -> None:
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(_names(data)))
    connection.execute(data.schema)
    for name, table in data.tables.items():
        with progress.step(f"load {name}"):
            _fill(connection, name, table, progress)
    with progress.step(KEYS):
        _create_keys(connection, data, progress)
    with progress.step(CHECK):
        checksums = sum_up(connection, data)
        check_sample(connection, data)
    connection.execute("DELETE FROM loadlab_dataset WHERE name = %s", (data.name,))
    connection.execute(
        "INSERT INTO loadlab_dataset (name, scale, seed, rows, checksums) "
        "VALUES (%s, %s, %s, %s, %s)",
        (data.name, data.scale, data.seed, Jsonb(data.rows), Jsonb(checksums)),
    )


def _fill(connection: Connection, name: str, table: Table, progress: Progress) -> None:
    """Insert a table's rows piece by piece, so that it can be told how far it is."""
    insert = sql.SQL("INSERT INTO {} {}").format(sql.Identifier(name), sql.SQL(table.statement))
    for first in range(1, table.rows + 1, PIECE):
        last = min(first + PIECE - 1, table.rows)
        piece = table.values | {"first": first, "last": last, "step": 1}
        connection.execute(insert, piece, prepare=False)
        progress.reached(f"load {name}", last, table.rows, what="rows")


def _create_keys(connection: Connection, data: DataSet, progress: Progress) -> None:
    commands = [command for command in data.keys.split(b";") if command.strip()]
    for done, command in enumerate(commands, start=1):
        connection.execute(command)
        progress.reached(KEYS, done, len(commands), what="statements")


def _checkpoint(connection: Connection, say: Say) -> None:
    try:
        connection.execute("CHECKPOINT")
    except psycopg.errors.InsufficientPrivilege:
        say("no checkpoint: the role may not ask for one, so the server's next falls where it may")


def _size(connection: Connection, data: DataSet) -> str:
    """Spell the size of the tables with their indexes."""
    query: LiteralString = (
        "SELECT pg_size_pretty(sum(pg_total_relation_size(to_regclass(name)))) "
        "FROM unnest(%s::text[]) name"
    )
    (size,) = connection.execute(query, (list(data.tables),)).fetchone() or ("",)
    return str(size)


def _names(data: DataSet) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, data.tables))


def connect(database_url: str, *, patience_seconds: float, say: Say) -> Connection:
    """Connect to a server that may still be starting.

    Raises:
        DatasetError: the address cannot be read, what it holds is not repeated; or who answers
            there will never do.
    """
    if not _ADDRESS.match(database_url):
        raise DatasetError(f"the database's address is no postgresql:// URL; {_ENCODE}")
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            return psycopg.connect(
                database_url,
                autocommit=True,
                connect_timeout=5,
                keepalives_idle=_ASKED_AFTER,
                keepalives_interval=_ASKED_EVERY,
                keepalives_count=_ASKED_TIMES,
                tcp_user_timeout=1000 * (_ASKED_AFTER + _ASKED_EVERY * _ASKED_TIMES),
            )
        except psycopg.ProgrammingError as error:
            known = _UNKNOWN_PARAMETER.match(str(error))
            why = f" ({known[0]})" if known else ""
            raise DatasetError(f"the database's address cannot be read{why}; {_ENCODE}") from None
        except psycopg.OperationalError as error:
            if _REFUSED_PARAMETER in str(error):
                raise DatasetError(_PGBOUNCER) from error
            if time.monotonic() > deadline:
                raise
            say(f"waiting for Postgres: {str(error).strip().splitlines()[-1]}")
            time.sleep(0.5)
