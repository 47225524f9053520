"""A run of its own for each test: settings, workers as processes, and the steward's look at it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count

import httpx
import psycopg
import pytest

from loadlab_services.broker.inspection import Broker
from loadlab_services.broker.names import queue_name
from loadlab_services.settings import CeleryWorkerSettings, ServiceSettings, StewardSettings
from tests.services.stewards import access

RUNS = count(1)


class RunSettings(ServiceSettings, CeleryWorkerSettings, StewardSettings):
    """What all three processes of a run are told."""


Worker = subprocess.Popen[bytes]
Start = Callable[[], Worker]


@pytest.fixture
def settings(
    messages_url: str,
    amqp_url: str,
    amqp_metrics_port: int,
    unused_port: Callable[[], int],
) -> RunSettings:
    """Of a run that no other test has."""
    run = f"celery-{os.getpid()}-{next(RUNS):03d}-a1"
    return RunSettings(
        workload="ingest",
        variant="celery",
        run_id=run,
        **access(run),
        database_url=messages_url,
        amqp_url=amqp_url,
        amqp_metrics_port=amqp_metrics_port,
        instruments_port=unused_port(),
        consumers=2,
        pool_size=2,
    )


@pytest.fixture
def queue(settings: RunSettings) -> str:
    return queue_name(settings.queue_prefix, settings.run_id)


@pytest.fixture
async def broker(settings: RunSettings) -> AsyncIterator[Broker]:
    """The steward's way to RabbitMQ."""
    async with httpx.AsyncClient(trust_env=False) as http:
        broker = Broker(settings.amqp_url, http=http, metrics_port=settings.amqp_metrics_port)
        yield broker
        await broker.close()


@pytest.fixture
def start_worker(settings: RunSettings) -> Iterator[Start]:
    """Starts workers of the run; what still runs at the end is killed with its children."""
    started: list[Worker] = []
    environment = os.environ | {
        "WORKLOAD": settings.workload,
        "VARIANT": settings.variant,
        "RUN_ID": settings.run_id,
        "DATABASE_URL": settings.database_url,
        "AMQP_URL": settings.amqp_url,
        "INSTRUMENTS_PORT": str(settings.instruments_port),
        "CONSUMERS": str(settings.consumers),
    }

    def start() -> Worker:
        command = [sys.executable, "-m", "loadlab_services.programs.celery_worker"]
        started.append(subprocess.Popen(command, env=environment, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def snapshot(settings: RunSettings) -> Callable[[], dict[str, object]]:
    """Asks the worker of the run for its figures."""

    def ask() -> dict[str, object]:
        url = f"http://127.0.0.1:{settings.instruments_port}/snapshot"
        figures: dict[str, object] = httpx.get(url, timeout=30, trust_env=False).json()
        return figures

    return ask


@pytest.fixture
def stored(messages_url: str) -> Callable[[], list[int]]:
    """Reads the request ids of all rows, in order."""

    def read() -> list[int]:
        with psycopg.connect(messages_url) as connection:
            rows = connection.execute(
                "select (payload->>'request_id')::int as id from messages order by id"
            ).fetchall()
        return [row[0] for row in rows]

    return read


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Waits for what another process does."""

    def wait(reached: Callable[[], bool], *, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, "not reached in time"
            time.sleep(0.05)

    return wait
