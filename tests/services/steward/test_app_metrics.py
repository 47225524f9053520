"""An app's own endpoint for a Prometheus, read as the figures of one process."""

from collections.abc import Callable

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from loadlab_services.steward.app_metrics import MOST_BYTES, SCRAPES, AppMetrics
from loadlab_services.steward.errors import SourceError

URL = "http://shop.team.svc:80/metrics"


def told(
    started: float = 1_800_000_000.25, *, without: str = "", requests: int = 40, cpu: float = 1.5
) -> str:
    """What prometheus_client and an instrumentator of FastAPI apps write."""
    registry = CollectorRegistry()
    figures = {
        "process_start_time_seconds": started,
        "process_resident_memory_bytes": 50_000_000,
        "process_open_fds": 12,
    }
    for name, value in figures.items():
        Gauge(name, "x", registry=registry).set(value)
    Counter("process_cpu_seconds", "x", registry=registry).inc(cpu)
    served = Counter("http_requests", "x", ["handler"], registry=registry)
    served.labels(handler="/search").inc(requests)
    served.labels(handler="/login").inc(2)
    lines = generate_latest(registry).decode().splitlines()
    return "\n".join(line for line in lines if not (without and without in line)) + "\n"


def answering(answer: Callable[[], str | bytes]) -> httpx.AsyncClient:
    def respond(_: httpx.Request) -> httpx.Response:
        given = answer()
        body = given.encode() if isinstance(given, str) else given
        return httpx.Response(200, stream=httpx.ByteStream(body))

    return httpx.AsyncClient(transport=httpx.MockTransport(respond))


async def test_cpu_memory_files_and_requests_of_the_process_are_known():
    async with answering(told) as http:
        found = await AppMetrics().read(http, URL, "run-1")

    assert found == {
        "cpuSeconds": 1.5,
        "requests": 42,
        "memoryBytes": 50_000_000,
        "openFiles": 12,
    }


async def test_several_processes_that_take_turns_are_noticed():
    started = iter([7.0, 8.0] * SCRAPES)
    async with answering(lambda: told(next(started))) as http:
        with pytest.raises(SourceError, match=r"several processes answer .*instrumentsPort"):
            await AppMetrics().read(http, URL, "run-1")


@pytest.mark.parametrize("other", [{"requests": 39}, {"cpu": 1.4}], ids=["requests", "CPU"])
async def test_workers_that_began_in_one_tick_are_told_by_counters_that_fall(other):
    """Of six starts of `uvicorn --workers 4` six had two with the same start time."""
    workers = iter([told(), told(**other)] * SCRAPES)
    async with answering(lambda: next(workers)) as http:
        with pytest.raises(SourceError, match="several processes answer"):
            await AppMetrics().read(http, URL, "run-1")


async def test_a_counter_that_fell_since_the_first_edge_is_another_process():
    said, reader = [told()], AppMetrics()
    async with answering(lambda: said[0]) as http:
        await reader.read(http, URL, "run-1")
        said[0] = told(requests=41, cpu=1.2)
        with pytest.raises(SourceError, match="several processes answer"):
            await reader.read(http, URL, "run-1")


async def test_another_process_at_the_end_is_noticed_and_the_next_run_begins_anew():
    process = [7.0]
    reader = AppMetrics()
    async with answering(lambda: told(process[0])) as http:
        await reader.read(http, URL, "run-1")
        process[0] = 8.0
        with pytest.raises(SourceError, match="or it was restarted"):
            await reader.read(http, URL, "run-1")

        assert await reader.read(http, URL, "run-2")


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ("process_start_time", "has no process_start_time_seconds"),
        ("process_cpu", "has no process_cpu_seconds_total, so that CPU per request"),
        ("http_requests", "has no count of requests"),
    ],
)
async def test_what_is_missing_is_named(lacking, said):
    async with answering(lambda: told(without=lacking)) as http:
        with pytest.raises(SourceError, match=said):
            await AppMetrics().read(http, URL, "run-1")


async def test_memory_that_is_missing_is_left_out():
    async with answering(lambda: told(without="process_resident")) as http:
        found = await AppMetrics().read(http, URL, "run-1")

    assert "memoryBytes" not in found
    assert found["requests"] == 42


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>",
        b"\xff\xfe\x00",
        b'http_requests_total{a="',
        b"process_cpu_seconds_total nan\nprocess_start_time_seconds -inf\n",
        b"process_start_time_seconds 1\nprocess_cpu_seconds_total 1e300\n",
        b"",
        b"x 1\n" * (MOST_BYTES // 4 + 1),
    ],
)
async def test_whatever_it_answers_is_no_figure_and_no_crash(answer):
    async with answering(lambda: answer) as http:
        with pytest.raises(SourceError):
            await AppMetrics().read(http, URL, "run-1")
