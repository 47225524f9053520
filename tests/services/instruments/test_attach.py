"""`instrument(app)`: a foreign app under uvicorn, one process or several, tells about itself."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from loadlab_services.instruments import instrument
from loadlab_services.instruments.attach import Instruments

pytestmark = pytest.mark.integration
APP = """
import os
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from loadlab_services.instruments import instrument

async def pid(request):
    return JSONResponse(os.getpid())

async def boom(request):
    raise ValueError

app = Starlette(routes=[Route("/pid", pid), Route("/boom", boom), Route("/ready", pid)])
instrument(app)
"""


def test_without_the_variable_the_app_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INSTRUMENTS_PORT", raising=False)
    app = Starlette()

    instrument(app)

    assert app.user_middleware == []


def test_the_instruments_are_the_outermost_middleware(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTRUMENTS_PORT", "9000")
    app = Starlette(middleware=[Middleware(Instruments, port=1, health_path="")])

    instrument(app)

    outermost = app.user_middleware[0]
    added: object = outermost.cls  # Starlette types it as a factory, which no class is said to be
    assert added is Instruments
    told = {"port": 9000, "health_path": "/healthz", "health_is_load": False}
    assert outermost.kwargs == told


@dataclass(frozen=True, slots=True)
class Service:
    """A running server of the app above, and the port of its instruments."""

    process: "subprocess.Popen[bytes]"
    url: str
    instruments: str

    def ask(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=30)

    def snapshot(self) -> Any:
        return httpx.get(f"{self.instruments}/snapshot", timeout=30).json()

    def pids(self) -> set[int]:
        return {process["pid"] for process in self.snapshot()["processes"]}


@pytest.fixture
def serve(tmp_path: Path, unused_port: Callable[[], int]) -> Iterator[Callable[..., Service]]:
    """Starts servers of the app, with the environment that a plan gives them."""
    (tmp_path / "foreign.py").write_text(APP)
    instruments, started = unused_port(), []
    given = {"INSTRUMENTS_PORT": str(instruments), "READINESS_PATH": "/ready"}
    environment = os.environ | given | {"TMPDIR": str(tmp_path)}

    def start(*options: str, **told: str) -> Service:
        port = unused_port()
        command = [sys.executable, "-m", "uvicorn", "foreign:app", "--port", str(port), *options]
        with (tmp_path / "log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=tmp_path, env=environment | told, stdout=log, stderr=log
            )
        started.append(process)
        service = Service(process, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{instruments}")
        until(lambda: service.ask("/ready").status_code == 200)
        return service

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=60)


def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until a condition holds; a server that does not answer is none."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(httpx.TransportError):
            if holds():
                return
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.05)


def test_one_process_counts_its_requests_but_not_its_probes(serve: Callable[..., Service]) -> None:
    service = serve()
    pid = service.ask("/pid").json()
    assert service.ask("/boom").status_code == 500
    until(lambda: service.snapshot()["eventLoopLagSeconds"]["max"] > 0)

    found = service.snapshot()

    assert (found["requests"], found["failed"], found["inFlight"]) == (2, 1, 0)
    (process,) = found["processes"]
    assert (process["pid"], process["requests"]) == (pid, 2)
    assert process["cpuSeconds"] > 0


def test_workers_that_uvicorn_starts_count_on_one_board(serve: Callable[..., Service]) -> None:
    service = serve("--workers", "2")
    until(lambda: len(service.pids()) == 2)

    served = {service.ask("/pid").json() for _ in range(30)}

    assert served <= service.pids()
    until(lambda: service.snapshot()["requests"] == 30)


def test_when_the_process_that_answers_is_killed_another_takes_over(
    serve: Callable[..., Service],
) -> None:
    first, second = serve(), serve()
    for service in (first, second):
        service.ask("/pid")
    first.process.kill()
    first.process.wait()

    until(lambda: second.snapshot()["requests"] == 2)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_image_that_is_told_to_traces_its_requests(
    serve: Callable[..., Service], workers: str
) -> None:
    service = serve("--workers", workers, TRACE_SECONDS="1", TRACE_AFTER_MS="100")

    def trace() -> Any:
        return httpx.get(f"{service.instruments}/trace", timeout=30).json()

    def is_traced() -> bool:
        return len(trace()["processes"]) == int(workers) or not service.ask("/pid")

    until(is_traced)
    told = trace()["requests"]
    assert {each["process"] for each in told} <= set(range(int(workers)))
    assert {each["name"] for each in told} == {"GET /pid"}
    assert all(each["spans"][0][0] == "loop" for each in told)


def test_an_image_that_is_not_told_to_has_no_trace(serve: Callable[..., Service]) -> None:
    assert httpx.get(f"{serve().instruments}/trace", timeout=30).status_code == 404


def test_off_means_that_nothing_but_the_package_is_imported() -> None:
    """What lies in memory costs: Python's garbage collector looks through all of it."""
    program = """if True:
        import sys
        before = set(sys.modules)
        from loadlab_services.instruments import instrument
        app = object()
        assert instrument(app) is app
        mine = {name for name in set(sys.modules) - before if "loadlab" in name}
        print(sorted(mine))
    """
    environment = {name: v for name, v in os.environ.items() if name != "INSTRUMENTS_PORT"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout == "['loadlab_services', 'loadlab_services.instruments']\n"
