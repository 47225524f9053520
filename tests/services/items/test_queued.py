"""items/queued from request to row: the API publishes, a Celery worker of its own writes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager

import anyio
import httpx
import pytest

from loadlab_services.settings import ServiceSettings

pytestmark = pytest.mark.integration

PATIENCE_SECONDS = 60
Rows = Callable[[], list[tuple[object, ...]]]


@contextmanager
def working(settings: ServiceSettings, port: int) -> Iterator[None]:
    """Run a worker as its pod does, and end it in good order."""
    names = ("workload", "variant", "run_id", "database_url", "redis_url", "amqp_url")
    environment = {name.upper(): str(getattr(settings, name)) for name in names}
    process = subprocess.Popen(
        [sys.executable, "-m", "loadlab_services.programs.celery_worker"],
        env=os.environ | environment | {"INSTRUMENTS_PORT": str(port)},
    )
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(timeout=PATIENCE_SECONDS) == 0


async def wait_for_rows(rows: Rows, count: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(rows()) < count:
        assert time.monotonic() < deadline, f"waited in vain for {count} rows"
        await anyio.sleep(0.05)


async def test_what_was_accepted_is_written_once_and_then_listed(
    serving: Callable[[ServiceSettings], AbstractAsyncContextManager[httpx.AsyncClient]],
    settings_of: Callable[..., ServiceSettings],
    unused_port: Callable[[], int],
    rows: Rows,
) -> None:
    settings = settings_of("queued", cache_ttl_ms=60_000, run_id=f"items-{os.getpid()}-a1")
    items = [{"name": f"item-{number}", "description": "\N{SNOWMAN}"} for number in range(20)]
    async with serving(settings) as client:
        answers = [await client.post("/items", json=item) for item in items]
        empty = [await client.get("/items") for _ in range(2)]
        with working(settings, unused_port()):
            await wait_for_rows(rows, len(items))
        listed = await client.get("/items")
    assert [(a.headers["X-Cache"], a.json()) for a in empty] == [("miss", []), ("hit", [])]
    keys = [answer.json()["key"] for answer in answers]
    assert rows() == [(key, *item.values()) for key, item in zip(keys, items, strict=True)]
    assert listed.headers["X-Cache"] == "miss"
    assert [item["key"] for item in listed.json()] == keys[::-1]
