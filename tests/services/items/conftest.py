"""A migrated database, a Redis database and the app of a variant, in process."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import psycopg
import pytest
import redis
from fastapi import FastAPI
from sqlalchemy import create_engine, make_url

from loadlab_services.apps import create_app
from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads.items.migrate import migrate
from loadlab_services.workloads.items.table import write_item

CACHE_DATABASE = 8
RUN = "items-003-a1"


@pytest.fixture(scope="module")
def migrated_url(new_database: Callable[[], str]) -> str:
    url = new_database()
    migrate(url)
    return url


@pytest.fixture
def items_url(migrated_url: str) -> str:
    """A database with the empty table of items."""
    with psycopg.connect(migrated_url, autocommit=True) as connection:
        connection.execute("truncate items restart identity")
    return migrated_url


@pytest.fixture
def cache(redis_url: str) -> Iterator[redis.Redis]:
    """An empty Redis database of the test's own."""
    url = f"{redis_url.rpartition('/')[0]}/{CACHE_DATABASE}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture
def cache_url(redis_url: str, cache: redis.Redis) -> str:
    return f"{redis_url.rpartition('/')[0]}/{CACHE_DATABASE}"


@pytest.fixture
def settings_of(
    items_url: str, cache_url: str, request: pytest.FixtureRequest
) -> Callable[..., ServiceSettings]:
    """Lays out a variant's settings; RabbitMQ is started for the variant that needs it."""

    def build(variant: str, **changes: object) -> ServiceSettings:
        known: dict[str, object] = {
            "workload": "items",
            "variant": variant,
            "pool_size": 2,
            "run_id": RUN,
            "database_url": items_url,
            "redis_url": cache_url,
        }
        if variant == "queued":
            known["amqp_url"] = request.getfixturevalue("amqp_url")
        return ServiceSettings.model_validate(known | changes)

    return build


@pytest.fixture
def serving() -> Callable[[ServiceSettings], object]:
    """Opens an app and gives a client of it; a handler's exception becomes a 500."""

    @asynccontextmanager
    async def opened(settings: ServiceSettings) -> AsyncIterator[httpx.AsyncClient]:
        app: FastAPI = create_app(settings)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://service") as client,
        ):
            yield client

    return opened


@pytest.fixture
def rows(items_url: str) -> Callable[[], list[tuple[object, ...]]]:
    """Reads what the table holds, the oldest first."""

    def read() -> list[tuple[object, ...]]:
        with psycopg.connect(items_url) as connection:
            found = connection.execute("select key::text, name, description from items order by id")
            return found.fetchall()

    return read


@pytest.fixture
def write(items_url: str) -> Iterator[Callable[..., bool]]:
    """Writes one item and commits, as the queue's worker does."""
    engine = create_engine(make_url(items_url).set(drivername="postgresql+psycopg"))

    def write_one(name: str, description: str = "", *, key: str | None = None) -> bool:
        with engine.begin() as connection:
            return write_item(
                connection, key=key or str(uuid4()), name=name, description=description
            )

    yield write_one
    engine.dispose()
