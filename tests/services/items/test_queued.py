"""items/queued from request to row: the API publishes, a Celery worker of its own writes."""

import os
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import anyio
import httpx
import pytest

from loadlab_services.settings import ServiceSettings
from tests.services.serving import PATIENCE_SECONDS, working

pytestmark = pytest.mark.integration

TOLD = ("workload", "variant", "run_id", "database_url", "redis_url", "amqp_url")
Rows = Callable[[], list[tuple[object, ...]]]


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
        with working({name: getattr(settings, name) for name in TOLD}, unused_port()):
            await wait_for_rows(rows, len(items))
        listed = await client.get("/items")
    assert [(a.headers["X-Cache"], a.json()) for a in empty] == [("miss", []), ("hit", [])]
    keys = [answer.json()["key"] for answer in answers]
    assert rows() == [(key, *item.values()) for key, item in zip(keys, items, strict=True)]
    assert listed.headers["X-Cache"] == "miss"
    assert [item["key"] for item in listed.json()] == keys[::-1]
