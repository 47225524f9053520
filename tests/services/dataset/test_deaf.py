"""A Postgres that falls silent in the middle of a load ends the Job, with the reason."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from threading import Event

import psycopg
import pytest

from loadlab_services.dataset import silence
from loadlab_services.dataset.silence import unless_deaf
from tests.services.silent_postgres import Way, way_to

pytestmark = [pytest.mark.integration, pytest.mark.timeout(40)]
# As the Job runs, but that a server is deaf after a second.
JOB = """
import sys
from loadlab_services.dataset import silence
silence.DEAF_SECONDS, silence.ASK_EVERY_SECONDS, silence.CONNECT_SECONDS = 1.0, 0.2, 2
silence.SILENT_SECONDS = 1.0
from loadlab_services.dataset.__main__ import main
sys.exit(main())
"""
SLOW = "SELECT pg_sleep(3)"


@pytest.fixture
def way(new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    for name, seconds in (("DEAF", 1.0), ("ASK_EVERY", 0.2), ("CONNECT", 2), ("SILENT", 0.5)):
        monkeypatch.setattr(silence, f"{name}_SECONDS", seconds)
    with way_to(new_database()) as way:
        yield way


def test_a_job_whose_server_falls_silent_in_mid_load_fails_and_says_so(way):
    """It waited for the answer until timeouts.prepare ended it, and nothing said why."""
    told = {"WORKLOAD": "select", "DATABASE_URL": way.url, "SCALE": "0.2", "SEED": "1"}
    command = [sys.executable, "-c", JOB]
    with subprocess.Popen(
        command, env=os.environ | told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as job:
        assert job.stdout is not None
        until_it_loads = next(line for line in job.stdout if "load " in line)
        way.is_silent.set()
        said = job.stdout.read()

    assert "load" in until_it_loads
    assert job.returncode == 1, said
    last = said.strip().splitlines()[-1]
    assert last.startswith(f"dataset: failed: Postgres at {way.at} has answered nobody for 1 s")
    assert "see whether it is overloaded or its node is lost" in last


def test_a_statement_may_take_any_time_where_the_server_answers_others(way):
    said: list[str] = []
    with (
        psycopg.connect(way.url, autocommit=True) as connection,
        unless_deaf(connection, said.append),
    ):
        connection.execute(SLOW)

    assert said == []


def test_one_that_lets_nobody_in_any_more_is_at_work(way, monkeypatch):
    said: list[str] = []

    def full(*_: object) -> psycopg.Connection:
        raise psycopg.OperationalError("FATAL: sorry, too many clients already")

    monkeypatch.setattr(silence, "connect_beside", full)
    with (
        psycopg.connect(way.url, autocommit=True) as connection,
        unless_deaf(connection, said.append),
    ):
        connection.execute(SLOW)

    assert said == []


def test_one_that_answers_again_in_time_is_not_given_up(way, monkeypatch):
    monkeypatch.setattr(silence, "DEAF_SECONDS", 8.0)
    said = list[str]()
    with (
        psycopg.connect(way.url, autocommit=True) as connection,
        unless_deaf(connection, said.append),
    ):
        way.is_silent.set()
        time.sleep(1)
        way.is_silent.clear()
        time.sleep(3)

    assert said == []


def test_nobody_is_asked_once_it_is_over(way):
    given_up = Event()
    with psycopg.connect(way.url, autocommit=True) as connection:
        with unless_deaf(connection, lambda _: given_up.set()):
            connection.execute("SELECT 1")
        way.is_silent.set()

        assert not given_up.wait(4)
