"""A database with the ingest table and a Redis database of its own, both empty."""

import importlib.resources
from collections.abc import Callable, Iterator

import psycopg
import pytest
import redis

SCHEMA = importlib.resources.files("loadlab_services") / "workloads/ingest/schema.sql"
REDIS_DATABASE = 9


@pytest.fixture
def messages_url(new_database: Callable[[], str]) -> str:
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SCHEMA.read_bytes())
    return url


@pytest.fixture
def stream_url(redis_url: str) -> Iterator[str]:
    url = f"{redis_url.rpartition('/')[0]}/{REDIS_DATABASE}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        yield url
        client.flushdb()
