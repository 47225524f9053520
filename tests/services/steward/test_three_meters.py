"""One app under load, read by its own endpoint and by its instruments: the same CPU, one figure."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from loadlab_services.steward.app_metrics import AppMetrics
from loadlab_services.steward.snapshot import read_instruments

pytestmark = pytest.mark.integration
REQUESTS = 400
APP = """
from prometheus_client import Counter, make_asgi_app
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from loadlab_services.instruments import instrument

SERVED = Counter("http_requests", "As an instrumentator counts them.", ["handler"])

async def work(request):
    SERVED.labels(handler="/work").inc()
    return PlainTextResponse(str(sum(range(100_000))))

app = instrument(Starlette(routes=[Route("/work", work), Mount("/metrics", make_asgi_app())]))
"""


@pytest.fixture
def ports(
    tmp_path: Path, unused_tcp_port_factory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[int, int]]:
    """The ports of a running app and of its instruments."""
    (tmp_path / "app.py").write_text(APP)
    port, instruments = unused_tcp_port_factory(), unused_tcp_port_factory()
    monkeypatch.setenv("INSTRUMENTS_PORT", str(instruments))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    command = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port)]
    process = subprocess.Popen([*command, "--log-level", "warning"], cwd=tmp_path)
    try:
        _await_port(port)
        yield port, instruments
    finally:
        process.terminate()
        process.wait(timeout=20)


def _await_port(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            assert httpx.get(f"http://127.0.0.1:{port}/work").status_code == 200
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the app never answered")


async def test_its_own_endpoint_and_its_instruments_tell_the_same_cpu_per_request(ports):
    port, instruments = ports
    own, reader = f"http://127.0.0.1:{port}", AppMetrics()

    async def read(http: httpx.AsyncClient) -> tuple[float, float, int, int]:
        told = await reader.read(http, f"{own}/metrics/", "run")
        metered = await read_instruments(http, f"http://127.0.0.1:{instruments}")
        cpu = sum(each["cpuSeconds"] for each in metered["processes"])
        return told["cpuSeconds"], cpu, told["requests"], metered["requests"]

    async with httpx.AsyncClient() as http:
        before = await read(http)
        for _ in range(REQUESTS):
            (await http.get(f"{own}/work")).raise_for_status()
        after = await read(http)

    by_endpoint, by_instruments, counted, seen = (
        last - first for first, last in zip(before, after, strict=True)
    )
    assert counted == REQUESTS
    assert seen == REQUESTS + 1  # with the last look at /metrics
    assert by_endpoint == pytest.approx(by_instruments, rel=0.03, abs=0.02)  # ticks of 10 ms
    print(f"{by_endpoint / counted * 1e6:.0f} and {by_instruments / counted * 1e6:.0f} us each")
