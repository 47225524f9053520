"""What a traced second of each variant shows: where a page and a ping beside it wait."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median
from threading import Event, Thread
from typing import Any

import httpx
import pytest
import uvicorn

from loadlab_services.apps import create_app
from loadlab_services.instruments.cells import Board
from loadlab_services.instruments.traces import lay_together
from loadlab_services.settings import ServiceSettings

# Service and users share an interpreter here, so that where the machine is busy all wait for all.
pytestmark = [pytest.mark.integration, pytest.mark.measured]
PAGE, PING = "GET /wells/{well_id}/details", "GET /ping"
USERS = 4
PAUSE = 0.02  # s
Trace = dict[str, Any]


@contextmanager
def serving(settings: ServiceSettings, board: Board) -> Iterator[str]:
    app = create_app(settings, board.meter(0))
    config = uvicorn.Config(app, port=settings.port, log_level="warning", ws="none", lifespan="on")
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{settings.port}"
    finally:
        server.should_exit = True
        thread.join(timeout=60)


def ask(url: str, over: Event, pause: float) -> None:
    with httpx.Client(timeout=30) as client:
        while not over.is_set():
            client.get(url)
            time.sleep(pause)


def traced(settings: ServiceSettings, pause: float) -> Trace:
    """Load a service with pages and pings until its trace is written; who asks for pages pauses."""
    board, over = Board.of(1, traced=True), Event()
    with serving(settings, board) as url, ThreadPoolExecutor(USERS + 1) as users:
        pages = [f"{url}/wells/{place}/details" for place in range(1, USERS + 1)]
        clients = [users.submit(ask, each, over, pause) for each in pages]
        clients.append(users.submit(ask, f"{url}/ping", over, PAUSE))
        time.sleep(settings.trace_after_ms / 1000 + settings.trace_seconds + 1)
        over.set()
        for client in clients:
            client.result()
        time.sleep(0.5)
    return lay_together([slot.read() for slot in board.traces])


def median_wait(trace: Trace, name: str, stage: str) -> float:
    """The median, over the requests of a name, of what they waited in a stage at all, in ms."""
    waits = [
        sum(length for told, _, length in each["spans"] if told == stage) / 1000
        for each in trace["requests"]
        if each["name"] == name
    ]
    assert len(waits) > 3
    return float(median(waits))


@pytest.fixture
def trace_of(
    settings_of: Callable[..., ServiceSettings], unused_port: Callable[[], int]
) -> Callable[..., Trace]:
    def trace(variant: str, *, pause: float = PAUSE, **changes: object) -> Trace:
        known = {"port": unused_port(), "trace_seconds": 1, "trace_after_ms": 500}
        return traced(settings_of(variant, **(known | changes)), pause)

    return trace


def test_behind_a_page_that_blocks_the_loop_every_request_waits_for_the_loop(trace_of) -> None:
    """A page waits for no thread and no connection; the loop stands still as it queries.

    What waits in front of a loop that stands still is seen where several come at once: users who
    never pause.
    """
    trace = trace_of("blocking", pause=0.0)

    assert median_wait(trace, PAGE, "loop") > 1
    assert median_wait(trace, PAGE, "thread") == 0
    assert median_wait(trace, PAGE, "connection") < 1
    assert still(trace) > 0.5


@pytest.mark.parametrize("variant", ["def", "threadpool", "async"])
def test_beside_pages_that_leave_the_loop_alone_a_ping_is_answered(trace_of, variant) -> None:
    trace = trace_of(variant)

    assert median_wait(trace, PING, "loop") < median_wait(trace, PAGE, "query")
    assert still(trace) < 0.5


def test_with_one_thread_pages_wait_for_it_and_with_one_connection_for_that(trace_of) -> None:
    """Of four users who never pause three wait, whatever a page takes."""
    threads = trace_of("threadpool", pause=0.0, thread_tokens=1, pool_size=4)
    connections = trace_of("async", pause=0.0, pool_size=1)

    assert median_wait(threads, PAGE, "thread") > median_wait(threads, PAGE, "query")
    assert median_wait(connections, PAGE, "connection") > median_wait(connections, PAGE, "query")


def still(trace: Trace) -> float:
    """The share of the time in which the loop did not come round."""
    return float(sum(us for _, us in trace["processes"][0]["blocked"]) / 1e6 / trace["seconds"])
