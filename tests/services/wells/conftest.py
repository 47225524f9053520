"""The data of `wells`, loaded once, and apps of its variants in process."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from loadlab_services.apps import create_app
from loadlab_services.dataset.load import ensure_loaded
from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads.wells.dataset import wells_at

OpenApp = Callable[..., AbstractAsyncContextManager[tuple[httpx.AsyncClient, FastAPI]]]
SCALE = 0.001  # under the floor: 1,000 wells


@pytest.fixture(scope="session")
def wells_url(new_database: Callable[[], str]) -> str:
    """A database with the data of `wells`; tests read it only."""
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        ensure_loaded(connection, wells_at(SCALE, 42), overwrite=False, say=print)
    return url


@pytest.fixture
def database(wells_url: str) -> Iterator[psycopg.Connection]:
    """A session that looks at the data beside the app."""
    with psycopg.connect(wells_url, options="-c timezone=UTC", autocommit=True) as connection:
        yield connection


@pytest.fixture
def settings_of(wells_url: str) -> Callable[..., ServiceSettings]:
    """Makes the settings of a variant."""

    def make(variant: str, **changes: object) -> ServiceSettings:
        known = {"workload": "wells", "variant": variant, "database_url": wells_url, "pool_size": 2}
        return ServiceSettings.model_validate(known | changes)

    return make


@pytest.fixture
def open_app(settings_of: Callable[..., ServiceSettings]) -> OpenApp:
    """Opens a variant's app, and gives a client of it and the app; an exception becomes a 500."""

    @asynccontextmanager
    async def opened(
        variant: str, **changes: object
    ) -> AsyncIterator[tuple[httpx.AsyncClient, FastAPI]]:
        app = create_app(settings_of(variant, **changes))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://service") as client,
        ):
            yield client, app

    return opened
