"""Loads the data set in one transaction, once: it is there as a whole or not at all."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.resources import files
from typing import Final, LiteralString

import psycopg
from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from loadlab_services.dataset.generate import FUNCTIONS, statements
from loadlab_services.dataset.rows import Rows, rows_at

Say = Callable[[str], None]
TABLES: Final = ("users", "products", "orders", "order_items")
_LOCK: Final = (
    0x10AD1AB  # two loaders at once (a Job's retry): the second waits, then finds it done
)
_MARKER: Final[LiteralString] = """
CREATE TABLE IF NOT EXISTS loadlab_dataset (
    scale double precision NOT NULL, seed bigint NOT NULL, rows jsonb NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now()
)
"""


class DatasetError(RuntimeError):
    """The data set is not what it must be."""


def load_dataset(connection: Connection, *, scale: float, seed: int, say: Say) -> Rows:
    """Make sure that the data set of this scale and seed is there; needs autocommit."""
    rows = rows_at(scale)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute(_MARKER)
        if _is_loaded(connection, scale=scale, seed=seed):
            say(f"scale {scale:g}, seed {seed} is loaded already")
        else:
            _load(connection, scale=scale, seed=seed, say=say)
        _check_counts(connection, rows)
    with _step("vacuum, analyze and checkpoint", say):
        # Vacuum, so that the first reader does not write hint bits; always, because a loader may
        # have died between the commit and here.
        connection.execute("VACUUM (ANALYZE) users, products, orders, order_items")
        connection.execute("CHECKPOINT")
    return rows


def create_messages(connection: Connection, say: Say) -> None:
    """Make sure that the table of `ingest` is there."""
    with _step("create messages", say):
        connection.execute(_read_sql("loadlab_services.workloads.ingest", "schema.sql"))


def _is_loaded(connection: Connection, *, scale: float, seed: int) -> bool:
    marker = connection.execute("SELECT scale, seed FROM loadlab_dataset").fetchall()
    present = connection.execute(
        "SELECT count(to_regclass(name)) FROM unnest(%s::text[]) name", (list(TABLES),)
    ).fetchone()
    return marker == [(scale, seed)] and present == (len(TABLES),)


def _load(connection: Connection, *, scale: float, seed: int, say: Say) -> None:
    rows = rows_at(scale)
    with _step("create tables", say):
        connection.execute("DROP TABLE IF EXISTS order_items, orders, products, users")
        connection.execute(_read_sql("loadlab_services.dataset", "schema.sql"))
        connection.execute(FUNCTIONS)
    for table, (statement, values) in statements(seed, rows).items():
        with _step(f"load {table}", say):
            connection.execute(statement, values)
    with _step("create keys and indexes", say):
        connection.execute(_read_sql("loadlab_services.dataset", "keys.sql"))
    connection.execute("DROP FUNCTION pg_temp.created, pg_temp.pick")
    connection.execute("DELETE FROM loadlab_dataset")
    connection.execute(
        "INSERT INTO loadlab_dataset (scale, seed, rows) VALUES (%s, %s, %s)",
        (scale, seed, Jsonb(asdict(rows))),
    )


def _check_counts(connection: Connection, rows: Rows) -> None:
    for table, expected in asdict(rows).items():
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        found = connection.execute(query).fetchone()
        if found != (expected,):
            raise DatasetError(
                f"table {table} holds {found} rows, not {expected}: something else wrote to it; "
                "drop table loadlab_dataset and run the data set Job again"
            )


def _read_sql(package: str, name: str) -> bytes:
    return files(package).joinpath(name).read_bytes()


@contextmanager
def _step(name: str, say: Say) -> Iterator[None]:
    started = time.perf_counter()
    yield
    say(f"{name}: {time.perf_counter() - started:.2f} s")


def connect(database_url: str, *, patience_seconds: float, say: Say) -> Connection:
    """Connect to a server that may still be starting."""
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            return psycopg.connect(database_url, autocommit=True, connect_timeout=5)
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise
            say(f"waiting for Postgres: {str(error).strip().splitlines()[-1]}")
            time.sleep(0.5)
