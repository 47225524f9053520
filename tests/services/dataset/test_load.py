"""The data set is the same every time, is loaded once, and is never half there."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import psycopg
import pytest

from loadlab_services.dataset import load
from loadlab_services.dataset.generate import Statement, statements
from loadlab_services.dataset.load import TABLES, DatasetError, load_dataset
from loadlab_services.dataset.rows import Rows, rows_at

pytestmark = pytest.mark.integration
SCALE = 0.001
NewDatabase = Callable[[], str]


def silent(_line: str) -> None:
    pass


@pytest.fixture
def connection(new_database: NewDatabase) -> Iterator[psycopg.Connection]:
    with psycopg.connect(new_database(), autocommit=True) as opened:
        yield opened


def checksums(connection: psycopg.Connection) -> dict[str, Any]:
    query = "SELECT md5(string_agg(t::text, '|')) FROM (SELECT ctid, * FROM {} ORDER BY id) t"
    return {table: connection.execute(query.format(table).encode()).fetchone() for table in TABLES}


def value(connection: psycopg.Connection, query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_two_servers_hold_the_same_rows_on_the_same_pages(new_database: NewDatabase) -> None:
    sums = []
    for seed in (42, 42, 43):
        with psycopg.connect(new_database(), autocommit=True) as connection:
            load_dataset(connection, scale=SCALE, seed=seed, say=silent)
            sums.append(checksums(connection))
    assert sums[0] == sums[1]
    assert all(sums[0][table] != sums[2][table] for table in TABLES)


def test_the_rows_are_what_the_workload_says(connection: psycopg.Connection) -> None:
    load_dataset(connection, scale=SCALE, seed=42, say=silent)
    counts = {table: value(connection, f"SELECT count(*) FROM {table}") for table in TABLES}
    assert counts == asdict(rows_at(SCALE))
    assert value(connection, "SELECT max(order_id) FROM order_items") <= 1000
    assert value(connection, "SELECT array_agg(DISTINCT quantity) FROM order_items") == [
        1,
        2,
        3,
        4,
        5,
    ]
    assert value(connection, "SELECT count(DISTINCT status) FROM orders") == 4
    assert (
        value(
            connection,
            "SELECT count(*) FROM order_items i JOIN products p ON p.id = i.product_id "
            "JOIN orders o ON o.id = i.order_id "
            "WHERE i.unit_price <> p.unit_price OR i.created_at <> o.created_at",
        )
        == 0
    )
    span = value(connection, "SELECT max(created_at) - min(created_at) FROM orders")
    assert 350 < span.days <= 365


def test_keys_and_indexes_are_there(connection: psycopg.Connection) -> None:
    load_dataset(connection, scale=SCALE, seed=42, say=silent)
    rows = connection.execute(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
    ).fetchall()
    indexes = {definition.split(" USING btree ")[1] for (definition,) in rows}
    assert indexes == {
        "(id)",
        "(email)",
        "(user_id)",
        "(order_id)",
        "(product_id)",
        "(order_id, product_id)",
    }
    assert value(connection, "SELECT count(*) FROM pg_constraint WHERE contype = 'f'") == 3


def test_loading_again_changes_nothing(connection: psycopg.Connection) -> None:
    said: list[str] = []
    load_dataset(connection, scale=SCALE, seed=42, say=silent)
    created = value(connection, "SELECT 'orders'::regclass::oid")
    load_dataset(connection, scale=SCALE, seed=42, say=said.append)
    assert value(connection, "SELECT 'orders'::regclass::oid") == created
    assert said[0] == "scale 0.001, seed 42 is loaded already"


def test_another_scale_replaces_the_data(connection: psycopg.Connection) -> None:
    load_dataset(connection, scale=SCALE, seed=42, say=silent)
    load_dataset(connection, scale=2 * SCALE, seed=42, say=silent)
    assert value(connection, "SELECT count(*) FROM orders") == 10_000
    assert value(connection, "SELECT count(*) FROM loadlab_dataset") == 1


def test_a_load_that_dies_leaves_nothing_and_the_next_one_succeeds(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(seed: int, rows: Rows) -> dict[str, Statement]:
        return statements(seed, rows) | {"order_items": ("SELECT 1 / 0", {})}

    with monkeypatch.context() as patched:
        patched.setattr(load, "statements", dying)
        with pytest.raises(psycopg.errors.DivisionByZero):
            load_dataset(connection, scale=SCALE, seed=42, say=silent)
    assert value(connection, "SELECT to_regclass('orders')") is None
    load_dataset(connection, scale=SCALE, seed=42, say=silent)
    assert value(connection, "SELECT count(*) FROM order_items") == 10_000


def test_a_table_dropped_behind_the_marker_is_loaded_anew(connection: psycopg.Connection) -> None:
    load_dataset(connection, scale=SCALE, seed=42, say=silent)
    connection.execute("DROP TABLE order_items")
    load_dataset(connection, scale=SCALE, seed=42, say=silent)
    assert value(connection, "SELECT count(*) FROM order_items") == 10_000


def test_rows_added_by_something_else_are_noticed(connection: psycopg.Connection) -> None:
    load_dataset(connection, scale=SCALE, seed=42, say=silent)
    connection.execute("INSERT INTO users VALUES (0, 'x', 'x', now())")
    with pytest.raises(DatasetError, match="table users holds"):
        load_dataset(connection, scale=SCALE, seed=42, say=silent)


@pytest.mark.parametrize(
    ("workload", "tables"),
    [("ingest", ["messages"]), ("select", ["loadlab_dataset", *sorted(TABLES)]), ("sleep", [])],
)
def test_the_command_creates_what_its_workload_needs(
    new_database: NewDatabase, workload: str, tables: list[str]
) -> None:
    url = new_database()
    environment = os.environ | {"WORKLOAD": workload, "DATABASE_URL": url, "SCALE": str(SCALE)}
    command = [sys.executable, "-m", "loadlab_services.dataset"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("dataset: ")
    with psycopg.connect(url) as connection:
        query = "SELECT array_agg(tablename::text) FROM pg_tables WHERE schemaname = 'public'"
        assert sorted(value(connection, query) or []) == sorted(tables)
