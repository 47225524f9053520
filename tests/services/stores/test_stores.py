"""The stores that integration tests run against are the ones the contract names."""

from collections.abc import Callable

import psycopg
import pytest
import redis

pytestmark = pytest.mark.integration


def test_postgres_is_version_15_and_gives_empty_databases(new_database: Callable[[], str]) -> None:
    with psycopg.connect(new_database()) as connection:
        version = connection.info.server_version // 10_000
        tables = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone()
    assert (version, tables) == (15, (0,))


def test_redis_is_version_7_and_empty(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert str(client.info("server")["redis_version"]).startswith("7.")
        assert client.dbsize() == 0
