"""What Postgres saw of the pages: exactly one transaction each, committed, and the rows read."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from itertools import pairwise
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from loadlab_services.workloads import find_workload

pytestmark = pytest.mark.integration
OpenApp = Callable[..., AbstractAsyncContextManager[tuple[httpx.AsyncClient, FastAPI]]]
COUNTERS = """
SELECT xact_commit, xact_rollback, tup_returned + tup_fetched FROM pg_stat_database
WHERE datname = %s AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = %s)
"""


@pytest.fixture(scope="module")
def watcher(database_url: str) -> Iterator[psycopg.Connection]:
    """A session in another database."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def read_counters(watcher: psycopg.Connection, database: str) -> tuple[Any, ...]:
    """Read the counters once every session has ended: a session tells its own at its end."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if row := watcher.execute(COUNTERS, (database, database)).fetchone():
            return tuple(row)
        time.sleep(0.01)
    raise TimeoutError(f"sessions of {database} stay open")


@pytest.mark.parametrize("variant", sorted(find_workload("wells").variants))
async def test_a_heavy_page_is_one_committed_transaction_and_a_ping_none(
    open_app: OpenApp, watcher: psycopg.Connection, wells_url: str, variant: str
) -> None:
    database = wells_url.rpartition("/")[2]
    seen = [read_counters(watcher, database)]
    for more in ([], ["/wells", "/wells/9/details", "/wells/9999/details", "/ping"]):
        async with open_app(variant) as (client, _):
            for path in ["/wells/1/details", *more]:
                assert (await client.get(path)).status_code in {200, 404}
        seen.append(read_counters(watcher, database))
    # Connecting is some transactions too: the same for both apps, so that it cancels out.
    first, second = (
        [after - before for before, after in zip(*pair, strict=True)] for pair in pairwise(seen)
    )
    assert (second[0] - first[0], second[1] - first[1]) == (3, 0)
    assert second[2] - first[2] > 5000
