"""The task of the items workload: one item, one INSERT, one commit, then the cache is cleared.

The item's key is made by the API: a task that is delivered twice writes once, and clears twice.
"""

import psycopg
import redis
from celery import Celery
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError

from loadlab_services.broker.landing import Landing, connect
from loadlab_services.settings import CeleryWorkerSettings
from loadlab_services.stores.response_cache import CACHE_TIMEOUT_SECONDS
from loadlab_services.workloads.items import WRITE_ITEM, cache, table


class Items:
    """The table and the cache in front of it, each on one connection per process."""

    def __init__(self, engine: Engine, client: redis.Redis, prefix: str) -> None:
        self._engine = engine
        self._redis = client
        self._prefix = prefix

    def insert(self, *, key: str, name: str, description: str) -> int:
        """Insert one item, commit, clear the cache; answers how many rows are new."""
        try:
            with self._engine.begin() as connection:
                new = table.write_item(connection, key=key, name=name, description=description)
        except DBAPIError as error:
            if isinstance(error.orig, psycopg.Error):
                raise error.orig from error
            raise
        cache.invalidate(self._redis, self._prefix)
        return int(new)


def register(app: Celery, landing: Landing, settings: CeleryWorkerSettings) -> None:
    """Teach the app the task."""
    engine, client = _build_engine(settings.database_url), _build_redis(settings.redis_url)
    items = Items(engine, client, settings.key_prefix)

    @app.task(name=WRITE_ITEM)
    def write_item(*, key: str, name: str, description: str) -> None:
        landing.land(lambda: items.insert(key=key, name=name, description=description))


def _build_engine(database_url: str) -> Engine:
    # psycopg reads the URL itself, as everywhere else; nothing connects before the first task.
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect(database_url),
        pool_size=1,
        max_overflow=0,
        hide_parameters=True,
    )


def _build_redis(redis_url: str) -> redis.Redis:
    return redis.Redis.from_url(
        redis_url,
        socket_timeout=CACHE_TIMEOUT_SECONDS,
        socket_connect_timeout=CACHE_TIMEOUT_SECONDS,
        # redis-py would repeat a failed command for seconds, and each task wait: the TTL suffices.
        retry=Retry(NoBackoff(), 0),
    )
