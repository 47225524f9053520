"""A folder is all that another workload takes: here one that is nothing like the others.

It has no database, URL parameters, work put off to the stream, and errors by design.
"""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx
import pytest

from loadlab_services import workloads
from loadlab_services.programs.put_off import find_work
from loadlab_services.settings import ServiceSettings, StewardSettings, StreamWorkerSettings
from loadlab_services.steward.app import create_app
from loadlab_services.stores.connect import connect_redis
from loadlab_services.stream.consumer import Consumer, Pace
from loadlab_services.stream.entry import dead_letter_key, stream_key
from loadlab_services.stream.stream import Stream
from loadlab_services.workload import StreamWork
from loadlab_services.workloads import find_variant, load_workloads
from tests.services.stewards import AUTHORIZED, access

OpenApp = Callable[[ServiceSettings], AbstractAsyncContextManager[httpx.AsyncClient]]
RUN = "added-001-a1"
DESCRIPTION = """
from loadlab_services.workload import Reference, Store, StreamWork, Variant, Workload

WORKLOAD = Workload(
    name="added",
    variants={
        "put-off": Variant(
            f"{__name__}.put_off",
            frozenset({Store.REDIS}),
            put_off=StreamWork(Reference(f"{__name__}.sink:open_sink")),
        )
    },
)
"""
VARIANT = """
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request

from loadlab_services.stores.connect import connect_redis
from loadlab_services.stream.entry import stream_key
from loadlab_services.stream.producer import Appender

router = APIRouter()


@asynccontextmanager
async def resources(app, settings):
    async with connect_redis(settings.redis_url) as redis:
        key = stream_key(settings.key_prefix, settings.run_id)
        app.state.appender = Appender(redis, key=key, limit=settings.backlog_limit)
        yield


@router.get("/work", openapi_extra={"x-errors-by-design": [500]})
async def work(request: Request, steps: Annotated[int, Query(ge=1, le=9)] = 3, fail: bool = False):
    if fail:
        raise HTTPException(500, "by design")
    return {"id": await request.app.state.appender.append(b"%d" % steps)}
"""
SINK = """
class Sink:
    persisted = commits = 0
    done = []

    async def write(self, entries):
        self.done += [int(entry.payload) for entry in entries]
        self.persisted += len(entries)
        self.commits += 1

    async def close(self):
        pass


def open_sink(settings):
    return Sink()
"""


class Counts:
    """Counts nothing."""

    def add(self, extra: str, amount: int) -> None:
        pass


@pytest.fixture(autouse=True)
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One more folder beside the others."""
    folder = tmp_path / "added"
    folder.mkdir()
    for name, text in (("__init__", DESCRIPTION), ("put_off", VARIANT), ("sink", SINK)):
        (folder / f"{name}.py").write_text(text)
    monkeypatch.setattr(workloads, "__path__", [*workloads.__path__, str(tmp_path)])
    yield
    for name in [
        name for name in sys.modules if name.startswith("loadlab_services.workloads.added")
    ]:
        del sys.modules[name]


def test_it_is_found() -> None:
    assert load_workloads()["added"].uses_stream
    assert find_variant("added", "put-off").needs == ["REDIS_URL", "RUN_ID"]


def test_its_worker_needs_no_database() -> None:
    settings = StreamWorkerSettings(
        workload="added", variant="put-off", run_id=RUN, redis_url="redis://nowhere"
    )
    assert isinstance(find_work(settings, StreamWork, to="a stream"), StreamWork)


@pytest.mark.integration
async def test_its_requests_fail_only_as_they_should_and_its_work_is_done_and_accounted_for(
    open_app: OpenApp, stream_url: str
) -> None:
    settings = ServiceSettings(
        workload="added", variant="put-off", run_id=RUN, redis_url=stream_url
    )
    steward = create_app(StewardSettings(workload="added", redis_url=stream_url, **access(RUN)))
    async with (
        open_app(settings) as client,
        steward.router.lifespan_context(steward),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(steward),
            base_url=f"http://steward/runs/{RUN}",
            headers=AUTHORIZED,
        ) as asked,
    ):
        await asked.post("/arrive", json={"pod": 0, "pods": 1})
        paths = ("/work", "/work?steps=7", "/work?steps=10", "/work?fail=true")
        statuses = [(await client.get(path)).status_code for path in paths]
        late = await asked.post("/finish", json={"pod": 0, "pods": 1, "drainMs": 1})
        done = await consumed(stream_url)
    assert statuses == [200, 200, 422, 500]
    assert late.json().items() >= {"drained": False, "pending": 2, "deadLettered": 0}.items()
    assert done == [3, 7]


async def consumed(stream_url: str) -> list[int]:
    work = find_variant("added", "put-off").put_off
    assert isinstance(work, StreamWork)
    settings = StreamWorkerSettings(
        workload="added", variant="put-off", run_id=RUN, redis_url=stream_url
    )
    sink, stop = work.sink.load()(settings), asyncio.Event()
    async with connect_redis(stream_url) as redis:
        key, dead = stream_key("loadlab:added:", RUN), dead_letter_key("loadlab:added:", RUN)
        stream = Stream(redis, key=key, dead_key=dead, consumer="one")
        running = asyncio.create_task(
            Consumer(stream, sink, pace=Pace(), counter=Counts()).run(stop)
        )
        async with asyncio.timeout(20):
            while await redis.xlen(key):  # noqa: ASYNC110 (Redis has to be asked)
                await asyncio.sleep(0.01)
        stop.set()
        await running
    return sink.done  # type: ignore[attr-defined, no-any-return]
