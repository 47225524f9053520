"""One experiment at a time has LoadLab's schema in a database that several clusters know."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import psycopg
import pytest

from loadlab_services.data import owner as data_owner
from loadlab_services.data.errors import DatasetError
from loadlab_services.data.owner import ALONE, NOTICES_SOON, SESSION_NAME
from loadlab_services.database import in_schema
from loadlab_services.dataset import owner as dataset_owner
from loadlab_services.dataset.claim import claim_schema
from loadlab_services.settings import StewardSettings
from loadlab_services.steward import ownership
from loadlab_services.steward.stores import CONNECT_TIMEOUT
from tests.services.dataset.test_existing import count, run_job
from tests.services.stewards import access, steward

pytestmark = pytest.mark.integration
SCHEMA = "loadlab"
OURS, THEIRS = "shop/load (uid-1)", "shop/load (uid-of-another-cluster)"
RUN = "load-1a2b3c-001-a1"


@pytest.fixture
def url(new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> str:
    """A database that both may use; nobody waits for long."""
    monkeypatch.setattr(dataset_owner, "LIVING_PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(dataset_owner, "SILENCE_SECONDS", 0.4)
    monkeypatch.setattr(dataset_owner, "LOOK_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(ownership, "AGAIN_AFTER", 0.1)
    monkeypatch.setattr(ownership, "LOOK_EVERY", 0.1)
    return new_database()


@contextmanager
def claimed(url: str, owner: str, said: list[str] | None = None) -> Iterator[None]:
    """The schema is an experiment's, as its Job claims it, until this ends without a word."""
    say = said.append if said is not None else print
    with psycopg.connect(in_schema(url, SCHEMA), autocommit=True) as connection:
        claim_schema(connection, SCHEMA, owner, say=say)
        yield


@asynccontextmanager
async def stewarded(url: str, owner: str) -> AsyncIterator[httpx.AsyncClient]:
    told: dict[str, Any] = {"workload": "ingest", "database_url": url, "database_schema": SCHEMA}
    settings = StewardSettings.model_validate(told | {"database_owner": owner} | access(RUN))
    async with steward(settings) as client:
        await wait_until(lambda: len(sessions(url)) == 1)
        yield client


def sessions(url: str) -> set[int]:
    """The processes of stewards that hold the lock of their experiment."""
    with psycopg.connect(url) as connection:
        query = "SELECT pid FROM pg_stat_activity JOIN pg_locks USING (pid) "
        query += "WHERE locktype = 'advisory' AND application_name = %s AND datname = %s"
        rows = connection.execute(query.encode(), (SESSION_NAME, connection.info.dbname))
        return {pid for (pid,) in rows}


async def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(200):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("not reached within 10 s")


async def arrive(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post(f"/runs/{RUN}/arrive", json={"pod": 0, "pods": 1})


async def test_a_schema_that_another_experiment_uses_is_refused_and_left_as_it_is(
    url: str,
) -> None:
    assert run_job(url, WORKLOAD="ingest", DATABASE_OWNER=OURS)[0] == 0
    async with stewarded(url, OURS) as client:
        assert (await arrive(client)).status_code == 200
        with psycopg.connect(url) as connection:
            connection.execute("INSERT INTO loadlab.messages (payload) VALUES ('{}')")

        settings = {"WORKLOAD": "ingest", "DATABASE_OWNER": THEIRS, "OVERWRITE": "true"}
        code, last = await asyncio.to_thread(run_job, url, **settings)

    assert code == 1
    assert f"is in use by experiment {OURS} since" in last
    assert "or give this experiment another database" in last
    assert (count(url, "loadlab.messages"), count(url, "loadlab.loadlab_steward")) == (1, 1)


async def test_a_steward_that_is_told_to_go_keeps_the_schema_for_its_next(url: str) -> None:
    """Its node may be drained: it can't know whether the experiment is over."""
    with claimed(url, OURS):
        pass
    async with stewarded(url, OURS):
        pass

    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT owner FROM loadlab.loadlab_owner").fetchone()
    assert row == (OURS,)


async def test_the_schema_of_one_that_ended_in_order_is_taken_after_a_silence(url: str) -> None:
    with claimed(url, OURS):
        pass
    async with stewarded(url, OURS):
        pass
    said: list[str] = []
    began = time.monotonic()
    with claimed(url, THEIRS, said):
        assert time.monotonic() - began >= dataset_owner.SILENCE_SECONDS
    assert len(said) == 1


def test_the_schema_of_one_that_died_is_taken_after_a_silence(url: str) -> None:
    with claimed(url, OURS):
        pass
    said: list[str] = []
    with claimed(url, THEIRS, said):
        assert len(said) == 1
        assert said[0].startswith(f"waiting: experiment {OURS} had the schema; it is over where")


async def test_one_that_comes_back_meanwhile_keeps_the_schema(url: str) -> None:
    with claimed(url, OURS):
        pass

    async with stewarded(url, OURS):
        with pytest.raises(DatasetError, match="in use by experiment"):
            await asyncio.to_thread(lambda: claimed(url, THEIRS).__enter__())


def test_a_job_that_is_tried_again_finds_its_own(url: str) -> None:
    said: list[str] = []
    with claimed(url, OURS), claimed(url, OURS, said):
        assert said == []


async def test_a_steward_whose_schema_was_taken_touches_nothing_and_says_so(url: str) -> None:
    assert run_job(url, WORKLOAD="ingest", DATABASE_OWNER=OURS)[0] == 0
    async with stewarded(url, OURS) as client:
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE loadlab.loadlab_owner SET owner = %s", (THEIRS,))
            connection.execute("INSERT INTO loadlab.messages (payload) VALUES ('{}')")

        answer = await arrive(client)
        finished = await client.post(f"/runs/{RUN}/finish", json={"pod": 0, "pods": 1})

    assert answer.status_code == 409
    assert f"belongs to experiment {THEIRS} now, and is left as it is" in answer.text
    assert [THEIRS in said for said in finished.json()["refused"]] == [True]
    assert count(url, "loadlab.messages") == 1
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT owner FROM loadlab.loadlab_owner").fetchone()
    assert row == (THEIRS,)


async def test_a_steward_that_is_made_anew_has_the_schema_again(url: str) -> None:
    """An evicted one left it as it was: nobody could take it meanwhile."""
    assert run_job(url, WORKLOAD="ingest", DATABASE_OWNER=OURS)[0] == 0
    async with stewarded(url, OURS):
        pass
    assert count(url, "loadlab.loadlab_owner") == 1
    async with stewarded(url, OURS) as client:
        assert (await arrive(client)).status_code == 200
        assert count(url, "loadlab.loadlab_owner") == 1


async def test_a_session_that_was_cut_is_made_anew(url: str) -> None:
    with claimed(url, OURS):
        pass
    async with stewarded(url, OURS):
        (cut,) = sessions(url)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(%s)", (cut,))
        await wait_until(lambda: bool(sessions(url) - {cut}))


def test_one_that_was_lost_is_known_to_be_before_another_gives_up() -> None:
    """Else it would be refused for an experiment that is gone."""
    assert data_owner.NOTICED_SECONDS < dataset_owner.LIVING_PATIENCE_SECONDS


def test_one_that_was_cut_off_is_back_before_another_takes_its_schema() -> None:
    looks = ownership.LOOK_EVERY + ownership.TIMEOUT
    comes_back = ownership.AGAIN_AFTER + CONNECT_TIMEOUT + len(NOTICES_SOON)

    assert looks + comes_back < dataset_owner.SILENCE_SECONDS


async def test_the_server_is_told_how_soon_it_is_to_notice(url: str) -> None:
    names = ("idle", "interval", "count")
    with psycopg.connect(url) as connection:
        for statement in NOTICES_SOON:
            connection.execute(statement)
        found = [connection.execute(f"SHOW tcp_keepalives_{n}".encode()).fetchone() for n in names]
        (longest,) = connection.execute("SHOW tcp_user_timeout").fetchone() or ("",)

    idle, interval, asked = (int(row[0].rstrip("s")) for row in found if row)
    assert int(longest) == 1000 * data_owner.NOTICED_SECONDS
    assert idle + interval * asked == data_owner.NOTICED_SECONDS


def test_who_is_cut_off_while_it_takes_the_schema_keeps_nobody_waiting_for_hours(url: str) -> None:
    """The server ends a transaction in which nothing is said, and only such a one."""
    asked = "SELECT current_setting('idle_in_transaction_session_timeout')"
    with psycopg.connect(url, autocommit=True) as connection:
        with connection.transaction():
            connection.execute(ALONE)
            within = connection.execute(asked).fetchone()

        assert (within, connection.execute(asked).fetchone()) == (("10s",), ("0",))
