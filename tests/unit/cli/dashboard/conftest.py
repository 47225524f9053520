"""A dashboard in this process, against an API server on loopback."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from kubernetes.aio.client import ApiClient, Configuration

from loadlab.cli.dashboard.app import Dashboard, make_app
from loadlab.cli.dashboard.board import Board
from loadlab.cli.dashboard.doors import Doors
from loadlab.cli.dashboard.following import Followed
from loadlab.cli.dashboard.reports import Estimates, Reports
from loadlab.cli.dashboard.watching import Watcher
from loadlab.kube.client import ApiCluster
from tests.unit.cli.dashboard.live_api import LiveApi, serve_live

TOKEN = "t0ken"
SOON = 10.0  # seconds for what takes milliseconds


@pytest.fixture
async def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[LiveApi]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "certificates").touch()  # to load the machine's takes longer than a test
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificates"))
    async with serve_live() as listening:
        yield listening


@pytest.fixture
async def cluster(api: LiveApi) -> AsyncIterator[ApiCluster]:
    async with ApiClient(Configuration(host=api.url)) as client:
        yield ApiCluster(client)


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
async def watched(cluster: ApiCluster, board: Board) -> AsyncIterator[Board]:
    """The board, kept by a watcher that is in no hurry to ask but quick to begin anew."""

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds if seconds > 1 else 0.01)

    task = asyncio.create_task(Watcher(cluster, None, board, sleep).keep())
    await until(lambda: not board.away)
    yield board
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@dataclass
class Pages:
    """The pages as a browser asks for them."""

    client: httpx.AsyncClient
    dashboard: Dashboard

    async def get(self, path: str, **headers: str) -> httpx.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(f"/{TOKEN}{path}", headers=given)


@pytest.fixture
async def pages(cluster: ApiCluster, board: Board) -> AsyncIterator[Pages]:
    followed = Followed(cluster, board, every=0.02)
    estimates = Estimates(cluster, board, lambda: 1_795_184_960.0)
    dashboard = Dashboard(board, followed, Reports(cluster), estimates)
    transport = httpx.ASGITransport(Doors(make_app(dashboard), TOKEN))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield Pages(client, dashboard)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what comes soon."""
    async with asyncio.timeout(SOON):
        while not holds():  # noqa: ASYNC110 (of many kinds of state)
            await asyncio.sleep(0.01)
