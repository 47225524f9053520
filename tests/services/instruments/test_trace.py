"""A trace tells what sampled requests waited for; where none is asked for nothing is wrapped."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import anyio.to_thread
import httpx
import pytest
from fastapi import FastAPI

from loadlab_services.instruments.cells import Board
from loadlab_services.instruments.loop_gaps import MOST_GAPS, LoopGaps
from loadlab_services.instruments.snapshot import Source
from loadlab_services.instruments.trace import MOST_REQUESTS, MOST_SPANS, TracedRequest, Tracer
from loadlab_services.instruments.trace_slots import SLOT_BYTES, TraceSlot, slots_of
from loadlab_services.instruments.trace_wraps import WRAPPED, WRAPS, wrap_all
from loadlab_services.instruments.traced_app import TracedApp, trace
from loadlab_services.instruments.traces import MOST_BYTES, lay_together

SECONDS = 0.2
Trace = dict[str, Any]


@pytest.fixture(autouse=True)
def nothing_stays_wrapped() -> Iterator[None]:
    take_back = wrap_all()
    yield
    take_back()


def small_app() -> FastAPI:
    app = FastAPI()

    @app.get("/orders/{number}")
    def order(number: int) -> dict[str, int]:
        time.sleep(0.002)
        return {"number": number}

    @app.get("/held")
    async def held() -> None:
        time.sleep(0.03)  # noqa: ASYNC251 (which is what holds the loop)

    return app


async def ask(app: Any, paths: list[str], *, most: float = 0.6) -> None:
    """Ask for all of them again and again, until the trace is written."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        until = time.monotonic() + most
        while time.monotonic() < until:
            await asyncio.gather(*(client.get(path) for path in paths))


async def traced(paths: list[str], **options: Any) -> Trace:
    app, board = small_app(), Board.of(1, traced=True)
    slot = board.meter(0).trace
    assert slot is not None
    known: dict[str, Any] = {"seconds": SECONDS, "after_ms": 0, "processes": 1}
    trace(app, slot, health_path="/healthz", **(known | options))
    await ask(app, paths)
    found = Source(board).trace()
    assert found is not None
    return found


def stages(request: Trace) -> list[str]:
    return [stage for stage, _, _ in request["spans"]]


async def test_a_request_in_a_thread_is_told_stage_by_stage() -> None:
    told = await traced(["/orders/7"])

    first = told["requests"][0]
    assert (first["name"], first["status"]) == ("GET /orders/{number}", 200)
    assert stages(first)[:4] == ["loop", "thread", "loop", "serialise"]
    assert first["us"] > 2000
    assert all(0 <= at <= at + us <= first["us"] for _, at, us in first["spans"])
    assert told["seconds"] == SECONDS
    assert all(0 <= each["atUs"] <= SECONDS * 1e6 for each in told["requests"])


async def test_a_loop_that_is_held_is_seen() -> None:
    told = await traced(["/held"])

    (process,) = told["processes"]
    assert process["blocked"]
    assert max(length for _, length in process["blocked"]) > 20_000


async def test_of_many_requests_as_many_are_kept_as_a_picture_has_rows_evenly() -> None:
    told = await traced(["/orders/1"] * 20)

    seen = told["processes"][0]["seen"]
    assert seen > MOST_REQUESTS
    assert MOST_REQUESTS // 2 <= len(told["requests"]) <= MOST_REQUESTS
    came = [each["atUs"] for each in told["requests"]]  # a busy machine may stop them early
    assert 0.2 < sum(at < max(came) / 2 for at in came) / len(came) < 0.8


async def test_a_driver_that_the_app_imports_as_it_starts_is_traced_too(monkeypatch) -> None:
    """SQLAlchemy imports its driver as late: pages told their queries as the app's own code."""
    driver = SimpleNamespace(Cursor=SimpleNamespace(execute=lambda: time.sleep(0.002)))
    monkeypatch.delitem(sys.modules, "psycopg", raising=False)
    app, slot = FastAPI(), Board.of(1, traced=True).meter(0).trace

    @app.get("/rows")
    async def rows() -> None:
        monkeypatch.setitem(sys.modules, "psycopg", driver)
        driver.Cursor.execute()

    assert slot is not None
    trace(app, slot, seconds=SECONDS, after_ms=50, processes=1, health_path="/healthz")
    await ask(app, ["/rows"])

    assert "query" in stages(lay_together([slot.read()])["requests"][-1])


async def test_the_probes_are_not_traced() -> None:
    told = await traced(["/healthz"])

    assert told["requests"] == []


async def test_it_begins_when_it_is_told_to() -> None:
    told = await traced(["/orders/1"], after_ms=60_000)

    assert told == {"seconds": 0, "processes": [], "requests": []}


async def test_it_begins_anew_where_nothing_came_in_its_time() -> None:
    """A generator asks whether the service is ready, and waits for others before its load."""
    app, board = small_app(), Board.of(1, traced=True)
    slot = board.meter(0).trace
    assert slot is not None
    trace(app, slot, seconds=SECONDS, after_ms=100, processes=1, health_path="/healthz")
    await ask(app, ["/orders/1"], most=0.01)
    await asyncio.sleep(0.1 + SECONDS + 0.3)
    before = slot.read()
    await ask(app, ["/orders/2"], most=0.8)
    after = slot.read()

    assert before == {}
    assert after is not None
    assert after["seen"] > 1


async def test_one_that_is_still_under_way_has_no_end() -> None:
    slot, reached = slots_of(1)[0], asyncio.Event()

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        reached.set()
        await asyncio.Event().wait()

    tracer = Tracer(slot, seconds=SECONDS, after=0)
    scope = {"type": "http", "path": "/", "method": "GET"}
    asked: Any = TracedApp(app, tracer=tracer, health_path="/healthz")
    waiting = asyncio.create_task(asked(scope, None, None))
    await asyncio.wait_for(reached.wait(), 5)
    await asyncio.sleep(SECONDS + 0.5)
    told = slot.read()
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting

    assert told is not None
    assert [("us" in each, each["status"]) for each in told["requests"]] == [(False, 0)]


def test_of_a_request_with_many_stages_the_first_ones_stay() -> None:
    request = TracedRequest(10.0)
    for number in range(100):
        request.note("query", 10 + number, 10.5 + number)

    assert [at for _, at, _ in request.told()["spans"]] == [
        n * 1_000_000 for n in range(MOST_SPANS)
    ]


def test_the_traces_of_all_processes_begin_with_the_first_of_them() -> None:
    told = lay_together([None, process_trace(5_000_000), process_trace(5_000_300)])

    assert [each["process"] for each in told["processes"]] == [1, 2]
    assert [(each["process"], each["atUs"]) for each in told["requests"]] == [(1, 100), (2, 400)]
    assert told["processes"][1]["blocked"] == [(310, 9000)]


def test_what_is_too_much_to_be_sent_on_is_thinned_out() -> None:
    many = process_trace(0, requests=64)
    for request in many["requests"]:
        request["spans"] = [["serialise", 10**7, 10**7]] * MOST_SPANS

    told = lay_together([many] * 64)

    assert 1 < len(told["requests"]) < 64 * 64
    assert len(str(told)) <= MOST_BYTES


def test_of_many_processes_the_longest_gaps_stay() -> None:
    traces: list[Trace | None] = [process_trace(0, gap=length) for length in range(5000, 5100)]

    told = lay_together(traces[:64])

    lengths = [us for each in told["processes"] for _, us in each["blocked"]]
    assert len(lengths) == MOST_GAPS
    assert min(lengths) > 5000


def process_trace(begins: int, *, requests: int = 1, gap: int = 9000) -> Trace:
    request = {"name": "GET /", "status": 200, "atUs": begins + 100, "us": 5, "spans": []}
    return {
        "beginsUs": begins,
        "seconds": 1,
        "seen": requests,
        "blocked": [[begins + 10, gap]],
        "requests": [dict(request) for _ in range(requests)],
    }


def test_a_slot_has_a_whole_trace_or_none() -> None:
    slot = TraceSlot(memoryview(bytearray(SLOT_BYTES)))
    assert slot.read() is None
    slot.write({"a": 1})
    assert slot.read() == {"a": 1}
    slot.write({"a": "x" * SLOT_BYTES})
    assert slot.read() is None


async def test_a_loop_that_comes_round_has_no_gaps() -> None:
    gaps = LoopGaps()
    gaps.watch(0.1)
    await asyncio.sleep(0.15)

    assert sum(length for _, length in gaps.longest()) < 0.1


def test_what_is_wrapped_is_wrapped_once_and_taken_back() -> None:
    before = anyio.to_thread.run_sync
    assert hasattr(before, WRAPPED)

    take_back = wrap_all()
    assert anyio.to_thread.run_sync is before

    take_back()
    assert anyio.to_thread.run_sync is before


def test_outside_of_a_traced_request_a_wrapped_call_is_the_call() -> None:
    def call(number: int) -> int:
        return number + 1

    for _, _, _, wrap in WRAPS:
        assert wrap(call).__name__ == "call"


UNTRACED = """
import sys
from loadlab_services.apps import create_app
from loadlab_services.settings import ServiceSettings
import psycopg, psycopg_pool, sqlalchemy.pool, uvicorn.protocols.http.httptools_impl
import anyio.to_thread, fastapi.routing
app = create_app(ServiceSettings(workload="sleep", variant="sync"{more}))
app.build_middleware_stack()
print(hasattr(anyio.to_thread.run_sync, "loadlab_traces"),
      hasattr(fastapi.routing.serialize_response, "loadlab_traces"),
      hasattr(uvicorn.protocols.http.httptools_impl.HttpToolsProtocol.data_received,
              "loadlab_traces"),
      "loadlab_services.instruments.trace_wraps" in sys.modules,
      [each.cls.__name__ for each in app.user_middleware])
"""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", "False False False False ['RequestCounter']"),
        (", trace_seconds=1", "True True True True ['TracedApp', 'RequestCounter']"),
    ],
    ids=["off", "on"],
)
def test_nothing_is_wrapped_nor_imported_unless_it_is_asked_for(more: str, said: str) -> None:
    """So a service that traces nothing has the program, and the cost, that it had."""
    program = UNTRACED.format(more=more)
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == said


def test_a_board_has_room_for_traces_where_they_are_asked_for() -> None:
    without, with_room = Board.of(2, traced=False), Board.of(2, traced=True)

    assert (Source(without).trace(), without.meter(1).trace) == (None, None)
    assert with_room.meter(1).trace is not None
