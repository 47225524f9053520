"""The schema is made by migrations, once, and holds what the worker writes."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url

from loadlab_services.data.errors import DatasetError
from loadlab_services.dataset.__main__ import main
from loadlab_services.workloads.items.migrate import VERSION_TABLE, migrate
from loadlab_services.workloads.items.table import Base

pytestmark = pytest.mark.integration
NewDatabase = Callable[[], str]


def value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_the_revisions_make_the_tables_of_the_models(migrated_url: str) -> None:
    engine = create_engine(make_url(migrated_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


async def test_two_at_once_and_one_more_leave_one_schema_and_its_rows(
    new_database: NewDatabase,
) -> None:
    url = new_database()
    await asyncio.gather(*(asyncio.to_thread(migrate, url) for _ in range(2)))
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into items (key, name, description) values (gen_random_uuid(), 'kept', '')"
        )
    migrate(url)
    assert value(url, "select name from items") == "kept"
    assert value(url, f"select array_agg(version_num)::text from {VERSION_TABLE}") == "{0001}"


def test_a_table_of_somebody_else_is_left_alone_and_named(new_database: NewDatabase) -> None:
    url = new_database()
    with psycopg.connect(url) as connection:
        connection.execute("create table items (own text)")
        connection.execute("create table alembic_version as select 'theirs' as version_num")
    with pytest.raises(DatasetError, match="table items"):
        migrate(url)
    assert value(url, "select count(own) from items") == 0
    assert value(url, "select version_num from alembic_version") == "theirs"
    assert value(url, f"select to_regclass('{VERSION_TABLE}') is null")


def test_the_data_set_job_makes_the_schema(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = new_database()
    monkeypatch.setenv("WORKLOAD", "items")
    monkeypatch.setenv("DATABASE_URL", url)
    assert main() == 0
    assert value(url, "select count(*) from items") == 0
    with psycopg.connect(url) as connection:
        connection.execute(f"drop table {VERSION_TABLE}".encode())
    assert main() == 1
    assert "failed: the schema of items was left as it is" in capsys.readouterr().out


def test_an_item_that_is_delivered_twice_is_written_once(
    items_url: str, write: Callable[..., bool]
) -> None:
    key = str(uuid4())
    assert [write("item-1", text, key=key) for text in ("a", "b")] == [True, False]
    assert write("item-1", "c")
    assert value(items_url, "select string_agg(description, ',' order by id) from items") == "a,c"
