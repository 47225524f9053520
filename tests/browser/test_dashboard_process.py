"""`loadlab dashboard` as a process: its address, its end, and readers that misbehave."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from loadlab.cli.dashboard.app import MOST_STREAMS
from loadlab.cli.dashboard.serving import MOST_CONNECTIONS
from tests.browser.dashboards import Running, dashboard
from tests.unit.cli.dashboard.resources import line, pod, running, trial

pytestmark = pytest.mark.integration

RUN = f"{trial('select', 4)}-a1"
POD = f"{RUN}-k6-x"
COMMAND = [sys.executable, "-c", "from loadlab.cli import main; main()", "dashboard", "--no-open"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dashboard")


@pytest.fixture(scope="module")
def shown(folder: Path) -> Iterator[Running]:
    """One for all tests that leave it as it was: it takes seconds to start."""
    with dashboard(folder) as found:
        found.move(lambda api: api.put(running()))
        yield found


@pytest.fixture
def client(shown: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=shown.address, timeout=20, trust_env=False) as found:
        yield found


def events(lines: Iterator[str], wanted: str) -> Iterator[dict[str, object]]:
    name = ""
    for each in lines:
        if each.startswith("event: "):
            name = each[7:]
        if each.startswith("data: ") and name == wanted:
            yield json.loads(each[6:])


def resident(process: int) -> int:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def raw(shown: Running, path: str) -> socket.socket:
    """Ask for a path and read nothing of what comes."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    at = urlsplit(shown.address)
    found.connect(("127.0.0.1", at.port))
    found.sendall(f"GET {at.path}{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return found


def status_of(shown: Running) -> int:
    return httpx.get(shown.address, trust_env=False).status_code


def test_it_listens_on_loopback_alone(shown: Running) -> None:
    at = urlsplit(shown.address)
    assert at.hostname == "127.0.0.1"
    assert len(at.path.strip("/")) == 32

    table = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    listening = [row.split()[1] for row in table.splitlines() if " 0A " in row]
    here = [local for local in listening if local.endswith(f":{at.port:04X}")]

    assert here == [f"0100007F:{at.port:04X}"]


def test_seconds_come_as_they_are_told(shown: Running, client: httpx.Client) -> None:
    def begin(api: object) -> None:
        shown.api.pods = [pod(RUN)]
        shown.api.say(POD, line(RUN, 1, 900, p95Us=8120))

    shown.move(begin)
    with client.stream("GET", "events", params={"e": "lab/select"}) as answer:
        told = events(answer.iter_lines(), "seconds")
        while not (first := next(told))["rows"]:
            pass
        shown.move(lambda api: api.say(POD, line(RUN, 2, 1850)))
        second = next(told)

    assert first["rows"] == [[1, 900.0, 0.0, 8.12, "measurement"]]
    assert second["rows"] == [[2, 950.0, 0.0, None, "measurement"]]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_tells_who_reads(tmp_path: Path, how: signal.Signals) -> None:
    with (
        dashboard(tmp_path) as shown,
        httpx.stream("GET", f"{shown.address}events", trust_env=False) as answer,
    ):
        assert shown.said() == "0 experiments in namespace lab\n"
        lines = answer.iter_lines()
        next(events(lines, "rows"))
        ended = threading.Thread(target=lambda: found.append(shown.end(how)))
        found: list[tuple[int, str, str]] = []
        ended.start()
        assert list(events(lines, "end")) == [{}]
        ended.join()

    assert found == [(0, "ended\n", "")]  # nobody had to be cut off, which would be told


def test_the_terminal_is_told_when_the_api_server_is_away(tmp_path: Path) -> None:
    with dashboard(tmp_path, "-A") as shown:
        assert shown.said() == "0 experiments in all namespaces\n"
        shown.move(lambda api: api.go_down())
        assert shown.said().startswith("The API server cannot be read: ")
        shown.move(lambda api: api.put(running()))
        shown.move(lambda api: setattr(api, "is_down", False))
        while (said := shown.said()).startswith("The API server cannot be read: "):
            """The words of its next failure."""
        assert said == "The API server answers again: 1 experiment in all namespaces\n"


def test_readers_who_take_nothing_cost_nothing_and_hold_up_nobody(
    shown: Running, client: httpx.Client
) -> None:
    with ExitStack() as kept:
        for _ in range(MOST_STREAMS - 2):
            kept.enter_context(raw(shown, "events"))
        before = resident(shown.process.pid)

        def much(api: object) -> None:
            for index in range(300):
                shown.api.put(running(f"x{index}", recommendation=["a" * 380]))

        with client.stream("GET", "events") as answer:
            told, names = events(answer.iter_lines(), "rows"), set[str]()
            next(told)
            for _ in range(3):
                shown.move(much)
            while len(names) < 300:
                names |= {row["name"] for row in next(told)["rows"]} - {"select"}  # type: ignore[attr-defined]

        assert resident(shown.process.pid) - before < 40_000_000


def test_one_page_too_many_is_told_so(shown: Running, client: httpx.Client) -> None:
    with ExitStack() as kept:
        for _ in range(MOST_STREAMS):
            kept.enter_context(client.stream("GET", "events"))

        assert httpx.get(f"{shown.address}events", trust_env=False).status_code == 503
        assert status_of(shown) == 200


def test_connections_are_bounded(shown: Running) -> None:
    at = urlsplit(shown.address)
    with ExitStack() as kept:
        for _ in range(MOST_CONNECTIONS):
            kept.enter_context(socket.create_connection(("127.0.0.1", at.port)))

        assert status_of(shown) == 503
    deadline = time.monotonic() + 10
    while status_of(shown) != 200:
        assert time.monotonic() < deadline


def test_a_port_that_is_taken_is_one_line(folder: Path, shown: Running) -> None:
    port = str(urlsplit(shown.address).port)
    config = str(folder / "kubeconfig")

    found = subprocess.run(
        [*COMMAND, "--port", port, "--kubeconfig", config],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith(f"loadlab: cannot listen on 127.0.0.1:{port}")
    assert found.stderr.count("\n") == 1
