"""The steward comes back to its stores whatever became of its connections."""

import asyncio
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from loadlab_services.settings import StewardSettings
from loadlab_services.steward.stores import STORE_ERRORS, Stores, open_stores
from tests.services.loopback_server import free_port, running, wait_for
from tests.services.relay import Line, line_to, moved, port_of
from tests.services.stewards import access

pytestmark = pytest.mark.integration
RUN = "ingest-1a2b3c-001-a1"


async def seconds_until_back(stores: Stores, patience: float = 30.0) -> float:
    """Ask as the kubelet does, until the stores answer; then they must go on answering."""
    started = time.monotonic()
    while True:
        try:
            await stores.check()
            break
        except STORE_ERRORS:
            assert time.monotonic() - started < patience
            await asyncio.sleep(0.1)
    took = time.monotonic() - started
    await asyncio.gather(*(stores.check() for _ in range(3)))
    return took


@pytest.fixture(params=["postgres", "redis", "rabbitmq"])
def store_url(request: pytest.FixtureRequest) -> str:
    fixtures = {"postgres": "messages_url", "redis": "stream_url", "rabbitmq": "amqp_url"}
    return str(request.getfixturevalue(fixtures[request.param]))


def settings_of(url: str) -> StewardSettings:
    field = {"postgresql": "database_url", "redis": "redis_url", "amqp": "amqp_url"}
    settings: dict[str, Any] = {"workload": "ingest", field[url.partition(":")[0]]: url}
    return StewardSettings.model_validate(settings | access(RUN))


@pytest.mark.parametrize("loss", [Line.cut, Line.fall_silent], ids=["cut", "silent"])
async def test_it_comes_back_after_all_its_connections_were_lost(
    store_url: str, loss: Callable[[Line], None]
) -> None:
    async with line_to(port_of(store_url)) as line:
        settings = settings_of(moved(store_url, line.port))
        async with open_stores(settings) as stores:
            await asyncio.gather(*(stores.check() for _ in range(4)))
            loss(line)

            took = await seconds_until_back(stores)

    print(f"{store_url.partition(':')[0]}: back after {took:.1f} s")
    assert took < 10


async def test_it_comes_back_to_a_redis_that_was_killed_and_started_again(tmp_path: Path) -> None:
    port = free_port()
    command = [str(shutil.which("redis-server")), "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--save", "", "--dir", str(tmp_path)]
    url = f"redis://127.0.0.1:{port}/0"

    def answers() -> None:
        with redis.Redis.from_url(url) as client:
            client.ping()

    async with open_stores(settings_of(url)) as stores:
        with running(command, str(tmp_path), end=signal.SIGKILL):
            wait_for(answers, redis.RedisError)
            await asyncio.gather(*(stores.check() for _ in range(4)))
        with pytest.raises(STORE_ERRORS):
            await stores.check()
        with running(command, str(tmp_path), end=signal.SIGKILL):
            wait_for(answers, redis.RedisError)

            assert await seconds_until_back(stores) < 1
