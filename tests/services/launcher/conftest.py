"""Runs the launcher as the image does: a process of its own, configured by its environment."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from loadlab_services.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class Service:
    """A running launcher."""

    process: "subprocess.Popen[str]"
    url: str
    instruments: str
    seconds_to_ready: float

    def get(self, path: str) -> httpx.Response:
        """Ask over a connection of its own, as many clients would."""
        return ask(f"{self.url}{path}", timeout=30)

    def snapshot(self) -> Any:
        return ask(f"{self.instruments}/snapshot", timeout=30).json()

    def pids(self) -> list[int]:
        return [process["pid"] for process in self.snapshot()["processes"]]


RunService = Callable[..., AbstractContextManager[Service]]


@pytest.fixture
def scratch() -> Iterator[str]:
    """Temporary files of a launcher, as its pod has them: a fork server leaves its socket there."""
    with tempfile.TemporaryDirectory(prefix="loadlab-") as folder:
        yield folder


@pytest.fixture
def launch(
    unused_port: Callable[[], int], scratch: str
) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts a launcher without waiting for it; ends it with the test."""
    launched: list[subprocess.Popen[str]] = []

    def start(**variables: str) -> "subprocess.Popen[str]":
        known = {name.upper() for name in ServiceSettings.model_fields}
        clean = {name: value for name, value in os.environ.items() if name not in known}
        ports = {"PORT": str(unused_port()), "INSTRUMENTS_PORT": str(unused_port())}
        process = subprocess.Popen(
            [sys.executable, "-m", "loadlab_services.programs.serve"],
            env=clean | {"TMPDIR": scratch} | ports | variables,
            stderr=subprocess.PIPE,
            text=True,
        )
        launched.append(process)
        return process

    yield start
    for process in launched:
        process.terminate()
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate(timeout=60)
            raise


@pytest.fixture
def run_service(
    launch: Callable[..., "subprocess.Popen[str]"], unused_port: Callable[[], int]
) -> RunService:
    """Starts a launcher and waits for its readiness."""

    @contextmanager
    def run(**variables: str) -> Iterator[Service]:
        port, instruments = unused_port(), unused_port()
        started = time.perf_counter()
        process = launch(PORT=str(port), INSTRUMENTS_PORT=str(instruments), **variables)
        url = f"http://127.0.0.1:{port}"
        until(lambda: is_healthy(process, url), "the service is ready")
        took = time.perf_counter() - started
        yield Service(process, url, f"http://127.0.0.1:{instruments}", took)

    return run


def ask(url: str, *, timeout: float) -> httpx.Response:
    """Send one request over its own connection."""
    # Without TLS there is nothing to verify; reading the certificates would take most of the time.
    return httpx.get(url, timeout=timeout, verify=False)


def is_healthy(process: "subprocess.Popen[str]", url: str) -> bool:
    if process.poll() is not None:
        pytest.fail(f"the launcher ended with {process.returncode}: {process.communicate()[1]}")
    try:
        return ask(f"{url}/healthz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def until(condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds} s in vain until {what}")
        time.sleep(0.02)


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., None]:
    """Waits until a condition holds."""
    return until
