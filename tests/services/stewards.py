"""A steward in this process, and what it is told about its callers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from loadlab_services.settings import StewardSettings
from loadlab_services.steward.app import create_app

TOKEN = "0123456789abcdef" * 2
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


def access(run: str, **targets: str) -> dict[str, Any]:
    """Settings that let in the run's pods; its one variant `own` has these instruments."""
    prefix = run.rsplit("-", 2)[0]
    return {
        "steward_token": TOKEN,
        "run_prefix": prefix,
        "snapshot_targets": {"own": targets},
        "quiet_seconds": 0,
    }


@asynccontextmanager
async def steward(
    settings: StewardSettings, *, headers: dict[str, str] = AUTHORIZED
) -> AsyncIterator[httpx.AsyncClient]:
    """One life of a steward, and a client that may ask it."""
    app = create_app(settings)
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://steward", headers=headers
    )
    async with app.router.lifespan_context(app), client:
        yield client
