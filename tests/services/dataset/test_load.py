"""The data set is the same every time, is loaded once, and is never half there."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

import psycopg
import pytest

from loadlab_services.data.errors import DatasetError
from loadlab_services.data.shape import Table
from loadlab_services.dataset import load
from loadlab_services.dataset.load import ensure_loaded
from loadlab_services.dataset.progress import Say
from loadlab_services.orders.dataset import TABLES, orders_at
from loadlab_services.orders.rows import rows_at

pytestmark = pytest.mark.integration
SCALE = 0.001
NewDatabase = Callable[[], str]


def silent(_line: str) -> None:
    pass


@pytest.fixture
def connection(new_database: NewDatabase) -> Iterator[psycopg.Connection]:
    with psycopg.connect(new_database(), autocommit=True) as opened:
        yield opened


def load_dataset(
    connection: psycopg.Connection, *, scale: float, seed: int, say: Say, overwrite: bool = False
) -> None:
    ensure_loaded(connection, orders_at(scale, seed), overwrite=overwrite, say=say)


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
        "SELECT indexdef FROM pg_indexes WHERE tablename = ANY(%s)", (list(TABLES),)
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
    assert "orders of scale 0.001, seed 42 is loaded already" in said


@pytest.mark.parametrize(("scale", "seed"), [(2 * SCALE, 42), (SCALE, 43)], ids=["scale", "seed"])
def test_another_data_set_is_replaced_only_where_that_is_allowed(
    connection: psycopg.Connection, scale: float, seed: int
) -> None:
    load_dataset(connection, scale=SCALE, seed=42, say=silent)
    before = checksums(connection)
    wanted = f"not orders of scale {scale:g}, seed {seed}; set postgres.overwrite to true"
    with pytest.raises(DatasetError, match=wanted):
        load_dataset(connection, scale=scale, seed=seed, say=silent)
    assert checksums(connection) == before
    load_dataset(connection, scale=scale, seed=seed, say=silent, overwrite=True)
    assert value(connection, "SELECT count(*) FROM orders") == rows_at(scale).orders
    assert connection.execute("SELECT scale, seed FROM loadlab_dataset").fetchall() == [
        (scale, seed)
    ]


def test_a_load_that_dies_leaves_nothing_and_the_next_one_succeeds(
    connection: psycopg.Connection,
) -> None:
    data = orders_at(SCALE, 42)
    broken = {"order_items": Table(10_000, "SELECT 1 / 0", {})}
    dying = replace(data, tables=data.tables | broken)
    with pytest.raises(psycopg.errors.DivisionByZero):
        ensure_loaded(connection, dying, overwrite=False, say=silent)
    assert value(connection, "SELECT to_regclass('orders')") is None
    load_dataset(connection, scale=SCALE, seed=42, say=silent)
    assert value(connection, "SELECT count(*) FROM order_items") == 10_000


DAMAGES = {
    "a row too many": "INSERT INTO users VALUES (0, 'x', 'x', now())",
    "another value": "UPDATE order_items SET quantity = 1 + quantity % 5 WHERE id = 7",
    "a table less": "DROP TABLE order_items",
    "no marker": "DELETE FROM loadlab_dataset",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_what_something_else_changed_is_noticed_and_loaded_anew_where_that_is_allowed(
    connection: psycopg.Connection, damage: str
) -> None:
    load_dataset(connection, scale=SCALE, seed=42, say=silent)
    before = checksums(connection)
    connection.execute(damage.encode())
    with pytest.raises(DatasetError, match=r"set postgres\.overwrite to true"):
        load_dataset(connection, scale=SCALE, seed=42, say=silent)
    load_dataset(connection, scale=SCALE, seed=42, say=silent, overwrite=True)
    assert checksums(connection) == before


def test_rows_of_a_generator_that_was_changed_are_noticed(connection: psycopg.Connection) -> None:
    """The checksum is right, as the marker was written with these very rows."""
    data = orders_at(SCALE, 42)
    users = data.tables["users"]
    former = replace(users, statement=users.statement.replace("'User '", "'Somebody '"))
    ensure_loaded(
        connection,
        replace(data, tables=data.tables | {"users": former}),
        overwrite=False,
        say=silent,
    )
    with pytest.raises(DatasetError, match="table users holds other values than seed 42"):
        ensure_loaded(connection, data, overwrite=False, say=silent)


def test_pieces_make_the_same_pages_as_the_whole(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums = []
    for piece in (1_000_000, 777):
        monkeypatch.setattr(load, "PIECE", piece)
        with psycopg.connect(new_database(), autocommit=True) as connection:
            load_dataset(connection, scale=SCALE, seed=42, say=silent)
            sums.append(checksums(connection))
    assert sums[0] == sums[1]


# Golden: the rows of every installation, release and machine. Another value is another data set.
CHECKSUMS = {
    0.001: {
        "users": "196551826918854056838",
        "products": "1616801243303971549",
        "orders": "141337011111392765807",
        "order_items": "-734428833369009744569",
    },
    0.01: {
        "users": "-305115968142907864368",
        "products": "-122000074272602246548",
        "orders": "3178413873884811264830",
        "order_items": "587755448317724779811",
    },
}


@pytest.mark.parametrize("scale", CHECKSUMS)
def test_seed_42_gives_the_rows_that_it_always_gave(
    connection: psycopg.Connection, scale: float
) -> None:
    load_dataset(connection, scale=scale, seed=42, say=silent)
    assert value(connection, "SELECT checksums FROM loadlab_dataset") == CHECKSUMS[scale]


def test_the_loading_tells_how_far_it_is(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(load, "PIECE", 2_500)
    load_dataset(connection, scale=SCALE, seed=42, say=said.append)
    told = [json.loads(line.removeprefix("progress ")) for line in said if "progress " in line]
    percents = [line["percent"] for line in told]
    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (0, 100)
    assert told[-1]["step"] == "ready"
    assert told[-1]["message"].startswith("16,100 rows, ")
    assert {"step": "load order_items", "percent": 31, "message": "5,000 of 10,000 rows"} in told


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
