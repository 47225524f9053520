"""select/cached: Redis answers where it can, and never fails a request where it cannot."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest
import redis

from loadlab_services.settings import ServiceSettings
from loadlab_services.stores import response_cache

pytestmark = pytest.mark.integration
OpenApp = Callable[[ServiceSettings], AbstractAsyncContextManager[httpx.AsyncClient]]
TTL_MS = 60_000


@pytest.fixture
def build_settings(orders_url: str, stream_url: str) -> Callable[..., ServiceSettings]:
    known = {"database_url": orders_url, "redis_url": stream_url, "pool_size": 3}

    def build(**changes: object) -> ServiceSettings:
        cached = {"workload": "select", "variant": "cached", "cache_ttl_ms": TTL_MS}
        return ServiceSettings.model_validate(cached | known | changes)

    return build


async def test_the_second_answer_comes_from_the_cache_and_is_the_first(
    open_app: OpenApp, build_settings: Callable[..., ServiceSettings]
) -> None:
    async with open_app(build_settings()) as client:
        answers = [await client.get("/select?user_id=7") for _ in range(3)]
        other = await client.get("/select?user_id=8")
    assert [answer.headers["X-Cache"] for answer in answers] == ["miss", "hit", "hit"]
    assert len({answer.content for answer in answers}) == 1
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/json"}
    assert other.headers["X-Cache"] == "miss"


async def test_redis_counts_one_look_up_for_each_request(
    open_app: OpenApp, build_settings: Callable[..., ServiceSettings], stream_url: str
) -> None:
    with redis.Redis.from_url(stream_url) as client:
        before = look_ups(client)
        async with open_app(build_settings()) as service:
            for user in [*range(1, 11), *range(1, 21)]:
                await service.get(f"/select?user_id={user}")
        after = look_ups(client)
    assert (after[0] - before[0], after[1] - before[1]) == (10, 20)


def look_ups(client: "redis.Redis") -> tuple[int, int]:
    stats = client.info("stats")
    return int(stats["keyspace_hits"]), int(stats["keyspace_misses"])


async def test_an_answer_ends_by_its_age_and_belongs_to_its_run(
    open_app: OpenApp, build_settings: Callable[..., ServiceSettings], stream_url: str
) -> None:
    async with open_app(build_settings(run_id="select-001-a1")) as client:
        await client.get("/select?user_id=7")
    async with open_app(build_settings(run_id="select-002-a1")) as client:
        later = await client.get("/select?user_id=7")
    assert later.headers["X-Cache"] == "miss"
    with redis.Redis.from_url(stream_url) as client:
        lives = [client.pttl(key) for key in client.scan_iter()]
    assert len(lives) == 2
    assert all(TTL_MS - 10_000 < life <= TTL_MS for life in lives)


async def test_an_old_answer_is_asked_for_anew(
    open_app: OpenApp, build_settings: Callable[..., ServiceSettings]
) -> None:
    async with open_app(build_settings(cache_ttl_ms=1)) as client:
        await client.get("/select?user_id=7")
        await asyncio.sleep(0.02)
        answer = await client.get("/select?user_id=7")
    assert answer.headers["X-Cache"] == "miss"


async def test_without_redis_the_query_answers(
    open_app: OpenApp,
    build_settings: Callable[..., ServiceSettings],
    unused_port: Callable[[], int],
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with open_app(build_settings()) as client:
        expected = (await client.get("/select?user_id=7")).content
    absent = f"redis://127.0.0.1:{unused_port()}/0"
    async with open_app(build_settings(redis_url=absent)) as client:
        answers = [await client.get("/select?user_id=7") for _ in range(3)]
    assert [(a.status_code, a.headers["X-Cache"]) for a in answers] == [(200, "miss")] * 3
    assert {answer.content for answer in answers} == {expected}
    assert len([line for line in caplog.messages if "cache is away" in line]) == 1


async def test_a_silent_redis_delays_the_query_and_no_more(
    open_app: OpenApp,
    build_settings: Callable[..., ServiceSettings],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(response_cache, "CACHE_TIMEOUT_SECONDS", 0.05)
    async with (
        silent_server() as url,
        open_app(build_settings(redis_url=url)) as client,
        asyncio.timeout(5),
    ):
        answer = await client.get("/select?user_id=7")
    assert (answer.status_code, answer.headers["X-Cache"]) == (200, "miss")


@asynccontextmanager
async def silent_server() -> AsyncIterator[str]:
    """Accepts connections and says nothing."""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"


async def test_redis_that_comes_back_is_used_again(
    open_app: OpenApp, build_settings: Callable[..., ServiceSettings], stream_url: str
) -> None:
    with redis.Redis.from_url(stream_url) as client:
        async with open_app(build_settings()) as service:
            await service.get("/select?user_id=7")
            client.client_kill_filter(_type="normal", skipme=True)
            answers = [await service.get("/select?user_id=7") for _ in range(4)]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[-1].headers["X-Cache"] == "hit"
