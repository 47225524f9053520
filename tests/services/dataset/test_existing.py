"""In a database of the user's own LoadLab stays in its schema, asks before it overwrites, and says
what it may not do."""

import re
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO

import asyncpg
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from loadlab_services.data.errors import DatasetError
from loadlab_services.dataset.__main__ import main
from loadlab_services.dataset.claim import claim_schema
from loadlab_services.dataset.load import connect
from loadlab_services.settings import StewardSettings
from loadlab_services.steward.app_metrics import AppMetrics
from loadlab_services.steward.prepare import build_preparation
from loadlab_services.steward.run_records import PostgresRunRecords
from loadlab_services.steward.snapshot import take_snapshot
from loadlab_services.steward.stores import open_stores
from loadlab_services.workloads import find_workload
from tests.services.stewards import access

pytestmark = pytest.mark.integration
NewDatabase = Callable[[], str]
SCHEMA = "loadlab"
USERS_TABLES = """
CREATE TABLE public.users (id int PRIMARY KEY, name text);
INSERT INTO public.users VALUES (1, 'a user of the user');
CREATE TABLE public.messages (id int PRIMARY KEY);
INSERT INTO public.messages VALUES (1), (2);
CREATE TABLE public.loadlab_steward (run text);
GRANT ALL ON public.users, public.messages, public.loadlab_steward TO guest;
"""


@pytest.fixture
def guest_url(new_database: NewDatabase) -> str:
    """A database with tables of the user's, and a role without special rights that may use it."""
    url = new_database()
    name = url.rsplit("/", 1)[1]
    with psycopg.connect(url, autocommit=True) as connection:
        if not connection.execute("SELECT FROM pg_roles WHERE rolname = 'guest'").fetchall():
            connection.execute("CREATE ROLE guest LOGIN")
        connection.execute(USERS_TABLES)
        connection.execute(
            sql.SQL("GRANT CREATE ON DATABASE {} TO guest").format(sql.Identifier(name))
        )
    return url.replace("loadlab@", "guest@")


def settings_of(url: str, **more: object) -> StewardSettings:
    known = {"workload": "select", "database_url": url, "database_schema": SCHEMA, "scale": 0.001}
    return StewardSettings.model_validate(known | access("exp-001-a1") | more)


def run_job(url: str, **environment: str) -> tuple[int, str]:
    """Do what the Job does, in this process; give its exit code and the last line of its log."""
    known = {"WORKLOAD": "select", "DATABASE_URL": url, "SCALE": "0.001", "DATABASE_SCHEMA": SCHEMA}
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as log:
        for name, value in (known | environment).items():
            patch.setenv(name, value)
        code = main()
    return code, log.getvalue().strip().splitlines()[-1]


def count(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.SQL(table)))
        return int(row.fetchall()[0][0])


@pytest.mark.parametrize("workload", ["select", "simulation", "ingest", "items", "wells"])
def test_every_workload_stays_in_the_schema(guest_url: str, workload: str) -> None:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = %s"
    with psycopg.connect(guest_url) as connection:
        before = set(connection.execute(query.encode(), ("public",)))
    assert run_job(guest_url, WORKLOAD=workload)[0] == 0
    with psycopg.connect(guest_url) as connection:
        assert set(connection.execute(query.encode(), ("public",))) == before
        assert len(connection.execute(query.encode(), (SCHEMA,)).fetchall()) > 1


def test_the_users_tables_of_the_same_names_survive(guest_url: str) -> None:
    assert run_job(guest_url)[0] == 0
    assert run_job(guest_url, WORKLOAD="ingest")[0] == 0
    assert run_job(guest_url, SCALE="0.002", OVERWRITE="true")[0] == 0
    assert [count(guest_url, f"public.{name}") for name in ("users", "messages")] == [1, 2]
    assert count(guest_url, "public.loadlab_steward") == 0
    assert [count(guest_url, f"loadlab.{name}") for name in ("users", "messages")] == [2000, 0]


async def test_every_client_looks_into_the_schema_and_nowhere_else(guest_url: str) -> None:
    assert run_job(guest_url)[0] == 0
    url = settings_of(guest_url).database_url
    query = "SELECT count(*) FROM users"
    with psycopg.connect(url) as connection:
        by_psycopg = connection.execute(query.encode()).fetchone()
    by_asyncpg_connection = await asyncpg.connect(url)
    by_asyncpg = await by_asyncpg_connection.fetchval(query)
    with pytest.raises(asyncpg.UndefinedTableError):
        await by_asyncpg_connection.fetchval("SELECT count(*) FROM messages")
    await by_asyncpg_connection.close()
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.connect() as session:
        by_sqlalchemy = session.scalar(text(query))
    assert (by_psycopg, by_asyncpg, by_sqlalchemy) == ((1000,), 1000, 1000)


def test_another_scale_is_refused_with_the_remedy_until_it_may_be_overwritten(
    guest_url: str,
) -> None:
    assert run_job(guest_url)[0] == 0
    code, last = run_job(guest_url, SCALE="0.002")
    assert (code, count(guest_url, "loadlab.users")) == (1, 1000)
    assert last == (
        "dataset: failed: the database holds orders of scale 0.001, seed 42, and not orders of "
        "scale 0.002, seed 42; set postgres.overwrite to true to load LoadLab's tables anew"
    )
    assert run_job(guest_url, SCALE="0.002", OVERWRITE="true")[0] == 0
    assert count(guest_url, "loadlab.users") == 2000


def test_a_schema_of_somebody_else_is_left_alone(guest_url: str) -> None:
    with psycopg.connect(guest_url) as connection:
        connection.execute("CREATE SCHEMA loadlab CREATE TABLE orders (id int)")
    code, last = run_job(guest_url, OVERWRITE="true")
    assert code == 1
    assert "schema loadlab holds tables that are not LoadLab's (orders)" in last


def test_a_role_that_may_not_make_the_schema_is_told_what_to_ask_for(guest_url: str) -> None:
    with psycopg.connect(guest_url.replace("guest@", "loadlab@")) as connection:
        database = connection.info.dbname
        connection.execute(f"REVOKE CREATE ON DATABASE {database} FROM guest".encode())
    code, last = run_job(guest_url)
    assert code == 1
    assert last.endswith(
        f"role guest may not create the schema loadlab in database {database}: CREATE SCHEMA "
        "loadlab AUTHORIZATION guest, or GRANT CREATE ON DATABASE"
    )


def test_a_role_whose_sessions_are_read_only_is_told_what_to_set(guest_url: str) -> None:
    with psycopg.connect(guest_url.replace("guest@", "loadlab@")) as connection:
        database = connection.info.dbname
        change = f"ALTER ROLE guest IN DATABASE {database} SET default_transaction_read_only = on"
        connection.execute(change.encode())
    code, last = run_job(guest_url)
    assert code == 1
    assert f"sessions of role guest are read-only in database {database}: ALTER ROLE guest" in last


def test_a_session_whose_options_were_dropped_on_the_way_ends_the_job(guest_url: str) -> None:
    with (
        psycopg.connect(guest_url, autocommit=True) as connection,
        pytest.raises(DatasetError, match="in schema public, not in loadlab"),
    ):
        claim_schema(connection, SCHEMA)


def test_more_connections_than_the_database_allows_end_the_job(guest_url: str) -> None:
    with psycopg.connect(guest_url.replace("guest@", "loadlab@")) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 20".encode())
    code, last = run_job(guest_url, CONNECTIONS="28")
    assert code == 1
    assert "needs 28 connections at once and this database allows 20: lower factors" in last
    assert run_job(guest_url, CONNECTIONS="20")[0] == 0


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:sec@ret@host/db",
        "postgresql://me:sec/ret@host/db",
        "postgresql://me:sec#ret@host/db",
        "host=sec dbname=ret",
        "mysql://me:secret@host/db",
    ],
)
def test_an_address_that_cannot_be_read_is_not_repeated(url: str) -> None:
    with pytest.raises(DatasetError, match="is no postgresql:// URL") as caught:
        connect(url, patience_seconds=0, say=print)
    assert not {"sec", "ret"} & set(re.findall(r"sec|ret", str(caught.value)))


def test_a_server_that_is_away_is_named(unused_port: Callable[[], int]) -> None:
    port = unused_port()
    url = f"postgresql://me:secret@127.0.0.1:{port}/shop"
    with pytest.raises(psycopg.OperationalError, match=f"port {port} failed") as caught:
        connect(url, patience_seconds=0, say=print)
    assert "secret" not in str(caught.value)


async def test_the_steward_empties_its_own_table_without_special_rights(guest_url: str) -> None:
    assert run_job(guest_url, WORKLOAD="ingest")[0] == 0
    settings = settings_of(guest_url, workload="ingest")
    async with open_stores(settings) as stores:
        assert stores.postgres is not None
        await stores.postgres.execute("INSERT INTO messages (payload) VALUES ('{}')")
        records = PostgresRunRecords(
            stores.postgres,
            lambda run: build_preparation(find_workload("ingest"), stores, run=run),
        )
        await records.prepare("exp-001-a1")
        assert await stores.postgres.fetchval("SELECT count(*) FROM messages") == 0
        await records.keep_account("exp-001-a1", {"persisted": 7})
    assert count(guest_url, "public.messages") == 2

    assert run_job(guest_url, WORKLOAD="ingest")[0] == 0  # of the next experiment of that name
    async with open_stores(settings) as stores:
        assert stores.postgres is not None
        records = PostgresRunRecords(stores.postgres, lambda _: None)  # type: ignore[arg-type,return-value]
        assert await records.account("exp-001-a1") is None


async def test_a_snapshot_holds_the_counters_and_names_what_is_unknown(guest_url: str) -> None:
    assert run_job(guest_url)[0] == 0
    async with open_stores(settings_of(guest_url)) as stores:
        snapshot = await take_snapshot(
            stores, run="exp-001-a1", targets={}, sessions={}, app_metrics=AppMetrics()
        )
    postgres = snapshot["components"]["postgres"]
    assert postgres["transactions"] > 0
    assert not {"cpuSeconds", "memoryBytes"} & postgres.keys()
    assert snapshot["errors"] == {
        "postgres CPU and memory": "unknown: the database is not the experiment's own"
    }
