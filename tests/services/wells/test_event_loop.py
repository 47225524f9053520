"""What the workload is there to show: who answers a ping while a heavy page waits for Postgres."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Thread

import httpx
import psycopg
import pytest
import uvicorn

from loadlab_services.apps import create_app
from loadlab_services.settings import ServiceSettings

pytestmark = pytest.mark.integration
PATIENCE_SECONDS = 3.0
WAITING = "SELECT count(*) FROM pg_locks WHERE relation = 'wells'::regclass AND NOT granted"


@contextmanager
def serving(settings: ServiceSettings) -> Iterator[str]:
    """Run a server with an event loop of its own."""
    config = uvicorn.Config(
        create_app(settings), port=settings.port, log_level="warning", ws="none", lifespan="on"
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield f"http://127.0.0.1:{settings.port}"
    finally:
        server.should_exit = True
        thread.join(timeout=60)


@contextmanager
def locked_wells(wells_url: str) -> Iterator[None]:
    """Keep every reader of the table waiting until the block ends."""
    with psycopg.connect(wells_url) as connection:
        connection.execute("LOCK TABLE wells IN ACCESS EXCLUSIVE MODE")
        yield


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def ping(url: str) -> str:
    try:
        return httpx.get(f"{url}/ping", timeout=PATIENCE_SECONDS).text
    except httpx.ReadTimeout:
        return "no answer"


@pytest.mark.parametrize(
    ("variant", "answer"),
    [
        ("blocking", "no answer"),
        ("def", '{"pong":true}'),
        ("threadpool", '{"pong":true}'),
        ("async", '{"pong":true}'),
    ],
)
def test_a_ping_beside_a_heavy_page(
    settings_of: Callable[..., ServiceSettings],
    unused_port: Callable[[], int],
    database: psycopg.Connection,
    wells_url: str,
    variant: str,
    answer: str,
) -> None:
    """The only thread is taken by the page, so a ping that needs one would wait as well."""
    settings = settings_of(variant, port=unused_port(), thread_tokens=1)
    with serving(settings) as url, ThreadPoolExecutor(1) as threads:
        with locked_wells(wells_url):
            page = threads.submit(httpx.get, f"{url}/wells/1/details", timeout=60)
            wait_until(lambda: database.execute(WAITING).fetchone() == (1,))
            during = ping(url)
            assert not page.done()
        assert page.result().status_code == 200
        after = ping(url)
    assert (during, after) == (answer, '{"pong":true}')
