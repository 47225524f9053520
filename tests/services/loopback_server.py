"""Real servers on loopback: a free port, a process that runs, and a wait until it answers."""

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import pytest

PATIENCE_SECONDS = 180  # RabbitMQ starts in 6 s, and in 40 s beside eight busy processes
# Below the ephemeral ports (32768 on), a thousand for each of pytest-xdist's processes.
XDIST_PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PORTS = cycle(range(14_000 + 1000 * XDIST_PROCESS, 15_000 + 1000 * XDIST_PROCESS))


def free_port() -> int:
    """A port of this process's share of those that no client is ever given.

    The kernel's own choice (port 0) is an ephemeral port: until the server binds it, any
    connection of the tests beside this one may be given it too.
    """
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable: the ports go round")


def require(program: Path, *, package: str) -> None:
    if not program.exists():
        pytest.fail(f"{program} is missing: apt-get install {package}")


def run_once(command: list[str], folder: str, *, user: str | None) -> None:
    subprocess.run(
        command, check=True, capture_output=True, cwd=folder, user=user, timeout=PATIENCE_SECONDS
    )


def get_answer(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return bytes(answer.read())


@contextmanager
def running(
    command: list[str],
    folder: str,
    *,
    user: str | None = None,
    env: dict[str, str] | None = None,
    log: str = "log",
    end: signal.Signals = signal.SIGINT,  # Postgres' fast shutdown: waits for no client
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a server until the block ends; its log is shown where it fails to start."""
    path = Path(folder) / log
    with path.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, cwd=folder, user=user, env=env
        )
    try:
        yield process
    except TimeoutError as error:
        raise TimeoutError(f"{error}; its log:\n{path.read_text()}") from error
    finally:
        process.send_signal(end)
        process.wait(timeout=PATIENCE_SECONDS)


def wait_for(
    answers: Callable[[], object], not_yet: type[Exception] | tuple[type[Exception], ...]
) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answers()
        except not_yet as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no answer within {PATIENCE_SECONDS} s: {error}") from error
            time.sleep(0.05)
        else:
            return
