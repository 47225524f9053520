"""A service as its pods run it: the app in this process, its Celery worker as one of its own."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import httpx

from loadlab_services.apps import create_app
from loadlab_services.settings import ServiceSettings

PATIENCE_SECONDS = 60


@asynccontextmanager
async def serving(settings: ServiceSettings) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client,
    ):
        yield client


@contextmanager
def working(told: Mapping[str, object], port: int) -> Iterator[None]:
    """Run a worker as its pod does, and end it in good order."""
    environment = {name.upper(): str(value) for name, value in told.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "loadlab_services.programs.celery_worker"],
        env=os.environ | environment | {"INSTRUMENTS_PORT": str(port)},
    )
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(timeout=PATIENCE_SECONDS) == 0
