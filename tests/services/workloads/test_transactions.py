"""Proof of work: how many transactions Postgres itself counts for each request of a reader."""

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import httpx
import psycopg
import pytest

from loadlab_services.settings import ServiceSettings

pytestmark = pytest.mark.integration
OpenApp = Callable[[ServiceSettings], AbstractAsyncContextManager[httpx.AsyncClient]]
REQUESTS = 20
COMMITTED_WHEN_ALONE = """
SELECT xact_commit FROM pg_stat_database
WHERE datname = %s AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = %s)
"""
# asyncpg's reset of a connection that is given back is a transaction too.
PER_REQUEST = {
    ("select", "sync"): 1,
    ("select", "async"): 1,
    ("select", "asyncpg"): 2,
    ("select", "asyncpg-tuned"): 1,
    ("select", "cached"): 2,
    ("simulation", "sync"): 2,
    ("simulation", "async"): 2,
    ("simulation", "async-thread"): 2,
    ("simulation", "async-process"): 2,
}


@pytest.mark.parametrize(("workload", "variant"), list(PER_REQUEST))
async def test_transactions_per_request(
    open_app: OpenApp,
    orders_url: str,
    stream_url: str,
    database_url: str,
    workload: str,
    variant: str,
) -> None:
    settings = ServiceSettings.model_validate(
        {"workload": workload, "variant": variant, "pool_size": 2}
        | {"database_url": orders_url, "redis_url": stream_url}
    )
    counted = []
    for requests in (0, REQUESTS):
        before = transactions(database_url, orders_url)
        async with open_app(settings) as client:
            for user in range(1, requests + 1):
                assert (await client.get(f"/{workload}?user_id={user}&fib=1")).status_code == 200
        counted.append(transactions(database_url, orders_url) - before)
    assert (counted[1] - counted[0]) / REQUESTS == PER_REQUEST[workload, variant]


def transactions(database_url: str, of: str) -> int:
    """Read the count from another database; a session adds its own when it has ended."""
    name = of.rpartition("/")[2]
    deadline = time.monotonic() + 60
    with psycopg.connect(database_url, autocommit=True) as connection:
        while time.monotonic() < deadline:
            row = connection.execute(COMMITTED_WHEN_ALONE, (name, name)).fetchone()
            if row is not None:
                return int(row[0])
            time.sleep(0.01)
    raise TimeoutError(f"sessions of {name} stay open")
