"""The HTTP contract of `sleep`, which every variant keeps."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest

from loadlab_services.apps import create_app
from loadlab_services.instruments.histogram import bucket_of
from loadlab_services.instruments.lag import PERIOD
from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads import find_workload

OpenApp = Callable[[ServiceSettings], AbstractAsyncContextManager[httpx.AsyncClient]]
WAITS = {
    "async": ["awaited"],
    "sync": ["blocked"],
    "async-in-sync": ["awaited"],
    "mixed-sync": ["awaited", "blocked"],
    "mixed-async": ["awaited", "blocked"],
}
every_variant = pytest.mark.parametrize("variant", sorted(find_workload("sleep").variants))


def settings_of(variant: str, thread_tokens: int = 40) -> ServiceSettings:
    return ServiceSettings(workload="sleep", variant=variant, thread_tokens=thread_tokens)


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


async def test_threads_are_bound_by_their_tokens_and_async_is_not(open_app: OpenApp) -> None:
    took = {}
    for variant in ("sync", "async-in-sync", "mixed-sync", "async"):
        async with open_app(settings_of(variant, thread_tokens=2)) as client:
            started = time.perf_counter()
            await asyncio.gather(*(client.get("/sleep", params={"ms": 100}) for _ in range(6)))
            took[variant] = time.perf_counter() - started
    assert took["sync"] >= 0.3  # three rounds of two threads
    assert took["async-in-sync"] >= 0.3
    assert took["mixed-sync"] >= 0.6
    assert took["async"] < took["sync"]


@every_variant
async def test_the_styles_differ_in_how_they_wait(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, variant: str
) -> None:
    waits: list[tuple[str, float]] = []

    async def awaited(seconds: float) -> None:
        waits.append(("awaited", seconds))

    monkeypatch.setattr(asyncio, "sleep", awaited)
    monkeypatch.setattr(time, "sleep", lambda seconds: waits.append(("blocked", seconds)))
    async with open_app(settings_of(variant)) as client:
        await client.get("/sleep?ms=30000")
    assert waits == [(how, 30.0) for how in WAITS[variant]]


async def test_mixed_async_blocks_the_event_loop_and_mixed_sync_does_not(open_app: OpenApp) -> None:
    lag = {}
    for variant in ("mixed-async", "mixed-sync"):
        async with open_app(settings_of(variant)) as client:
            await client.get("/sleep?ms=200")
            await asyncio.sleep(2 * PERIOD)  # the watch writes down what it met
            transport: Any = client._transport
            reading = transport.app.state.meter.read()
        lag[variant] = sum(reading.lag[bucket_of(0.15) :])
    assert lag["mixed-async"] > lag["mixed-sync"]
