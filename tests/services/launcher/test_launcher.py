"""The launcher starts fast, counts over all workers, replaces the dead and stops without a loss."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.integration
SLEEP = {"WORKLOAD": "sleep", "VARIANT": "async"}
each_server = pytest.mark.parametrize("server", ["uvicorn", "gunicorn"])
GENEROUS_SECONDS = 10.0  # what a busy machine may take; the budget of 1 s is printed beside it


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    ("server", "workload", "variant"),
    [
        ("uvicorn", "sleep", "async"),
        ("uvicorn", "select", "sync"),
        ("uvicorn", "select", "async"),
        ("uvicorn", "select", "asyncpg"),
        ("gunicorn", "select", "async"),
    ],
)
def test_it_is_ready_soon(
    run_service: Any,
    database_url: str,
    capsys: pytest.CaptureFixture[str],
    *,
    server: str,
    workload: str,
    variant: str,
    workers: str,
) -> None:
    chosen = {"SERVER": server, "WORKLOAD": workload, "VARIANT": variant, "WORKERS": workers}
    with run_service(**chosen, DATABASE_URL=database_url) as service:
        took = service.seconds_to_ready
    with capsys.disabled():
        sys.stdout.write(f"\nready: {'/'.join(chosen.values())} {took:.2f} s\n")
    assert took < GENEROUS_SECONDS


@each_server
@pytest.mark.parametrize("workers", [1, 3])
def test_once_ready_there_are_as_many_workers_as_asked_for(
    run_service: Any, server: str, workers: int
) -> None:
    with run_service(**SLEEP, SERVER=server, WORKERS=str(workers)) as service:
        pids = service.pids()
        assert (len(pids), len({*pids, service.process.pid})) == (workers, workers + 1)


def test_no_signal_changes_the_number_of_gunicorns_workers(run_service: Any) -> None:
    with run_service(**SLEEP, SERVER="gunicorn") as service:
        status = Path(f"/proc/{service.process.pid}/status").read_text()
    ignored = int(next(line for line in status.splitlines() if "SigIgn" in line).split()[1], 16)
    resizing = (signal.SIGHUP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGUSR2)
    assert [number.name for number in resizing if not ignored >> (number - 1) & 1] == []


@each_server
def test_counters_of_all_workers_add_up_to_the_requests_sent(
    run_service: Any, until: Any, server: str
) -> None:
    with run_service(**SLEEP, SERVER=server, WORKERS="2") as service:
        with ThreadPoolExecutor(8) as clients:
            answers = list(clients.map(service.get, ["/sleep?ms=1"] * 100))
        until(lambda: service.snapshot()["inFlight"] == 0, "all requests are finished")
        snapshot = service.snapshot()
    assert {answer.status_code for answer in answers} == {200}
    assert (snapshot["requests"], snapshot["failed"]) == (100, 0)
    assert sum(process["requests"] for process in snapshot["processes"]) == 100
    assert all(process["cpuSeconds"] > 0 for process in snapshot["processes"])
    assert all(process["openFiles"] > 0 for process in snapshot["processes"])


@pytest.mark.parametrize(
    ("server", "listen"),
    [("uvicorn", "shared"), ("uvicorn", "reuseport"), ("gunicorn", "shared")],
)
def test_a_killed_worker_is_replaced_and_its_counts_stay(
    run_service: Any, until: Any, server: str, listen: str
) -> None:
    with run_service(**SLEEP, SERVER=server, LISTEN=listen, WORKERS="2") as service:
        for _ in range(40):
            service.get("/sleep?ms=0")
        victim, survivor = service.snapshot()["processes"]
        os.kill(victim["pid"], signal.SIGKILL)
        until(lambda: victim["pid"] not in service.pids(), "the dead worker is forgotten")
        until(lambda: len(service.pids()) == 2, "another worker counts")
        for _ in range(40):
            assert service.get("/sleep?ms=0").status_code == 200
        until(lambda: service.snapshot()["inFlight"] == 0, "all requests are finished")
        snapshot = service.snapshot()
    pids = {process["pid"] for process in snapshot["processes"]}
    assert (len(pids), victim["pid"] in pids, survivor["pid"] in pids) == (2, False, True)
    assert snapshot["requests"] == 80
    own = sum(process["requests"] for process in snapshot["processes"])
    assert own == 80 - victim["requests"]


@each_server
def test_a_killed_worker_leaves_nothing_in_flight(
    run_service: Any, until: Any, server: str
) -> None:
    with run_service(**SLEEP, SERVER=server) as service, ThreadPoolExecutor(1) as client:
        lost = client.submit(service.get, "/sleep?ms=20000")
        until(lambda: service.snapshot()["inFlight"] == 1, "the request is in flight")
        os.kill(service.pids()[0], signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            lost.result(timeout=60)
        until(lambda: service.snapshot()["inFlight"] == 0, "the lost request is forgotten")
        assert service.snapshot()["requests"] == 0


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"VARIANT": "async"}, id="async"),
        pytest.param({"VARIANT": "sync"}, id="sync"),
        pytest.param({"VARIANT": "async", "LISTEN": "reuseport"}, id="reuseport"),
        pytest.param({"VARIANT": "async", "SERVER": "gunicorn"}, id="gunicorn"),
        pytest.param(
            {"VARIANT": "sync", "SERVER": "gunicorn", "LISTEN": "reuseport"},
            id="gunicorn, reuseport",
        ),
    ],
)
def test_a_request_in_flight_at_sigterm_is_answered(
    run_service: Any, until: Any, variables: dict[str, str]
) -> None:
    with (
        run_service(WORKLOAD="sleep", WORKERS="2", **variables) as service,
        ThreadPoolExecutor(1) as client,
    ):
        answer = client.submit(service.get, "/sleep?ms=3000")
        until(lambda: service.snapshot()["inFlight"] == 1, "the request is in flight")
        service.process.terminate()
        until(lambda: refuses(service.url), "the listener is closed")
        assert not answer.done()
        assert service.snapshot()["inFlight"] == 1
        assert answer.result(timeout=60).json() == {"wait_ms": 3000}
        assert service.process.wait(timeout=60) == 0
    with pytest.raises(httpx.TransportError):
        service.snapshot()


def refuses(url: str) -> bool:
    try:
        httpx.get(f"{url}/healthz", timeout=5)
    except httpx.TransportError:
        return True
    return False


def test_a_request_longer_than_the_grace_does_not_hold_the_stop_up(
    run_service: Any, until: Any
) -> None:
    with (
        run_service(**SLEEP, SERVER="uvicorn") as uvicorn,
        run_service(**SLEEP, SERVER="gunicorn") as gunicorn,
        ThreadPoolExecutor(2) as client,
    ):
        services = (uvicorn, gunicorn)
        lost = [client.submit(service.get, "/sleep?ms=25000") for service in services]
        for service in services:
            until(lambda s=service: s.snapshot()["inFlight"] == 1, "the request is in flight")
        started = time.monotonic()
        for service in services:
            service.process.terminate()
        assert [service.process.wait(timeout=60) for service in services] == [0, 0]
        assert time.monotonic() - started < 20
        assert all(a.exception(timeout=5) or a.result().status_code >= 500 for a in lost)


@pytest.mark.parametrize("workers", [2, 4])
def test_with_a_socket_for_each_every_worker_serves(
    run_service: Any, until: Any, workers: int
) -> None:
    with run_service(**SLEEP, LISTEN="reuseport", WORKERS=str(workers)) as service:
        with ThreadPoolExecutor(8) as clients:
            answers = list(clients.map(service.get, ["/sleep?ms=0"] * 100))
        until(lambda: service.snapshot()["inFlight"] == 0, "all requests are finished")
        served = [process["requests"] for process in service.snapshot()["processes"]]
    assert {answer.status_code for answer in answers} == {200}
    # The kernel draws a worker for each of the 100 connections.
    assert (len(served), sum(served), min(served) > 5) == (workers, 100, True)


@each_server
def test_the_instruments_answer_while_a_reader_stays_silent(run_service: Any, server: str) -> None:
    with run_service(**SLEEP, SERVER=server) as service:
        host, port = "127.0.0.1", httpx.URL(service.instruments).port
        assert port is not None
        with socket.create_connection((host, port), timeout=5):
            started = time.monotonic()
            assert service.snapshot()["requests"] == 0
            assert time.monotonic() - started < 5
        assert "loadlab_requests_total" in httpx.get(f"{service.instruments}/metrics").text


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"WORKLOAD": "sleep", "VARIANT": "gevent"}, "no variant 'gevent' of workload 'sleep'"),
        ({"WORKLOAD": "sleep", "VARIANT": "sync", "WORKERS": "0"}, "WORKERS: "),
        ({"WORKLOAD": "sleep", "VARIANT": "sync", "SERVER": "apache"}, "'uvicorn' or 'gunicorn'"),
        ({"WORKLOAD": "sleep", "VARIANT": "sync", "LISTEN": "unix"}, "'shared' or 'reuseport'"),
        ({"WORKLOAD": "sleep"}, "VARIANT: Field required"),
        ({"WORKLOAD": "wheels", "VARIANT": "sync"}, "WORKLOAD: no workload 'wheels'"),
        ({"WORKLOAD": "select", "VARIANT": "sync"}, "DATABASE_URL: not set"),
    ],
    ids=[
        "unknown variant",
        "bad variable",
        "unknown server",
        "unknown way to listen",
        "no variant",
        "unknown workload",
        "no database",
    ],
)
def test_a_bad_environment_is_named_and_ends_the_launcher(
    launch: Callable[..., Any], variables: dict[str, str], message: str
) -> None:
    process = launch(**variables)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert message in errors
    assert errors.startswith("loadlab: ")
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize(
    ("server", "message"), [("uvicorn", "cannot serve"), ("gunicorn", "exited with code 3")]
)
def test_a_store_that_is_not_there_ends_the_launcher(
    launch: Callable[..., Any], unused_port: Callable[[], int], server: str, message: str
) -> None:
    url = f"postgresql://loadlab@127.0.0.1:{unused_port()}/postgres"
    chosen = {"SERVER": server, "WORKLOAD": "select", "VARIANT": "asyncpg", "WORKERS": "2"}
    process = launch(**chosen, DATABASE_URL=url)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 3
    assert message in errors
