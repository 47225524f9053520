"""The HTTP contract of `sleep`, which every variant keeps."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import httpx
import pytest

from loadlab_services.apps import create_app
from loadlab_services.catalogue import CATALOGUE
from loadlab_services.settings import Settings

OpenApp = Callable[[Settings], AbstractAsyncContextManager[httpx.AsyncClient]]
every_variant = pytest.mark.parametrize("variant", sorted(CATALOGUE["sleep"]))


def settings_of(variant: str, thread_tokens: int = 40) -> Settings:
    return Settings(workload="sleep", variant=variant, thread_tokens=thread_tokens)


@every_variant
@pytest.mark.parametrize("ms", [0, 1, 120])
async def test_it_waits_and_tells_how_long(open_app: OpenApp, variant: str, ms: int) -> None:
    async with open_app(settings_of(variant)) as client:
        started = time.perf_counter()
        answer = await client.get("/sleep", params={"ms": ms})
        took = time.perf_counter() - started
    assert (answer.status_code, answer.json()) == (200, {"wait_ms": ms})
    assert took >= ms / 1000


@every_variant
@pytest.mark.parametrize("ms", ["-1", "60001", "1.5", "", "x", "NaN", "9" * 400, "\x00", "é"])
async def test_bad_waits_are_422(open_app: OpenApp, variant: str, ms: str) -> None:
    async with open_app(settings_of(variant)) as client:
        answer = await client.get("/sleep", params={"ms": ms})
    assert answer.status_code == 422


@every_variant
async def test_health_is_200_only_while_resources_are_open(open_app: OpenApp, variant: str) -> None:
    transport = httpx.ASGITransport(create_app(settings_of(variant)))
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as closed:
        assert (await closed.get("/healthz")).status_code == 503
    async with open_app(settings_of(variant)) as client:
        answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_health_waits_for_the_other_workers() -> None:
    started = [False]
    app = create_app(settings_of("async"), all_started=lambda: started[0])
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://service") as client,
    ):
        early = await client.get("/healthz")
        started[0] = True
        late = await client.get("/healthz")
    assert (early.status_code, late.status_code) == (503, 200)


async def test_sync_is_bound_by_its_thread_tokens_and_async_is_not(open_app: OpenApp) -> None:
    took = {}
    for variant in ("sync", "async"):
        async with open_app(settings_of(variant, thread_tokens=2)) as client:
            started = time.perf_counter()
            await asyncio.gather(*(client.get("/sleep", params={"ms": 200}) for _ in range(6)))
            took[variant] = time.perf_counter() - started
    assert took["sync"] >= 0.6  # three rounds of two threads
    assert took["async"] < 0.6
