"""The data of `wells` is the same every time, and is what the models describe."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import psycopg
import pytest
from sqlalchemy import MetaData, create_engine
from sqlalchemy.dialects.postgresql import dialect

from loadlab_services.data.errors import DatasetChangedError
from loadlab_services.data.functions import FUNCTIONS
from loadlab_services.data.shape import DataSet
from loadlab_services.dataset.verify import check_sample
from loadlab_services.workloads.wells.dataset import TABLES, wells_at
from loadlab_services.workloads.wells.engine import DRIVER
from loadlab_services.workloads.wells.generate import WellsRows, wells_rows_at
from loadlab_services.workloads.wells.models import Base

integration = pytest.mark.integration
SCALE = 0.001


@pytest.mark.parametrize(
    ("scale", "rows"),
    [
        (1, WellsRows(500, 2_000, 100_000, 10_000_000, 2_000_000)),
        (0.0299, WellsRows(14, 59, 2_990, 299_000, 59_800)),
        (0.01, WellsRows(5, 20, 1_000, 100_000, 20_000)),
        (1e-9, WellsRows(5, 20, 1_000, 100_000, 20_000)),
    ],
)
def test_rows_at_a_scale(scale: float, rows: WellsRows) -> None:
    assert wells_rows_at(scale) == rows


def value(connection: psycopg.Connection, query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def checksums(connection: psycopg.Connection) -> dict[str, Any]:
    query = "SELECT md5(string_agg(t::text, '|')) FROM (SELECT ctid, * FROM {} ORDER BY id) t"
    return {table: value(connection, query.format(table)) for table in TABLES}


@integration
def test_the_command_loads_the_same_rows_on_the_same_pages(
    new_database: Callable[[], str], database: psycopg.Connection
) -> None:
    url = new_database()
    environment = os.environ | {"WORKLOAD": "wells", "DATABASE_URL": url, "SCALE": str(SCALE)}
    command = [sys.executable, "-m", "loadlab_services.dataset"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        assert checksums(connection) == checksums(database)


@integration
@pytest.mark.parametrize("table", TABLES)
def test_another_seed_gives_other_rows(database: psycopg.Connection, table: str) -> None:
    """The sample's check makes rows of a seed anew and looks for them."""
    database.execute(FUNCTIONS)
    same, other = (one_table(wells_at(SCALE, seed), table) for seed in (42, 43))
    check_sample(database, same)
    with pytest.raises(DatasetChangedError, match=f"table {table} holds other values"):
        check_sample(database, other)


def one_table(data: DataSet, table: str) -> DataSet:
    return replace(data, tables={table: data.tables[table]})


@integration
def test_the_rows_are_what_the_workload_says(database: psycopg.Connection) -> None:
    counts = {table: value(database, f"SELECT count(*) FROM {table}") for table in TABLES}
    assert counts == asdict(wells_rows_at(SCALE))
    per_field = "SELECT array_agg(DISTINCT n) FROM (SELECT count(*) n FROM wells GROUP BY {}) _"
    assert value(database, per_field.format("field_id")) == [50]
    assert value(database, per_field.replace("wells", "measurements").format("well_id")) == [100]
    assert value(database, per_field.replace("wells", "well_events").format("well_id")) == [20]
    assert value(database, "SELECT count(DISTINCT operator_id) FROM wells") == 5
    assert value(database, "SELECT count(DISTINCT (well_id, measured_at)) FROM measurements") == (
        wells_rows_at(SCALE).measurements
    )
    span = value(database, "SELECT max(measured_at) - min(measured_at) FROM measurements")
    assert 360 < span.days < 365


@integration
def test_the_models_describe_the_tables(wells_url: str) -> None:
    engine = create_engine(wells_url.replace("postgresql", DRIVER))
    found = MetaData()
    found.reflect(engine, only=TABLES)
    engine.dispose()
    described = [describe(tables) for tables in (found, Base.metadata)]
    assert described[0] == described[1]


def describe(tables: MetaData) -> set[tuple[Any, ...]]:
    return {
        (
            table.name,
            column.name,
            column.type.compile(dialect()),
            column.nullable,
            column.primary_key,
            tuple(key.target_fullname for key in column.foreign_keys),
        )
        for table in tables.tables.values()
        for column in table.columns
    }
