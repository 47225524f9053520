"""The launcher starts fast, counts over all workers, replaces the dead and stops without a loss."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.integration
SLEEP = {"WORKLOAD": "sleep", "VARIANT": "async"}
GENEROUS_SECONDS = 10.0  # what a busy machine may take; the budget of 1 s is printed beside it


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    ("workload", "variant"),
    [
        ("sleep", "async"),
        ("select", "sync"),
        ("select", "async"),
        ("select", "asyncpg"),
    ],
)
def test_it_is_ready_soon(
    run_service: Any,
    database_url: str,
    capsys: pytest.CaptureFixture[str],
    *,
    workload: str,
    variant: str,
    workers: str,
) -> None:
    with run_service(
        WORKLOAD=workload, VARIANT=variant, WORKERS=workers, DATABASE_URL=database_url
    ) as service:
        took = service.seconds_to_ready
    with capsys.disabled():
        sys.stdout.write(f"\nready: {workload}/{variant} workers={workers} {took:.2f} s\n")
    assert took < GENEROUS_SECONDS


def test_counters_of_all_workers_add_up_to_the_requests_sent(run_service: Any, until: Any) -> None:
    with run_service(**SLEEP, WORKERS="2") as service:
        until(lambda: len(service.pids()) == 2, "both workers count")
        with ThreadPoolExecutor(8) as clients:
            answers = list(clients.map(service.get, ["/sleep?ms=1"] * 200))
        until(lambda: service.snapshot()["inFlight"] == 0, "all requests are finished")
        snapshot = service.snapshot()
    assert {answer.status_code for answer in answers} == {200}
    assert (snapshot["requests"], snapshot["failed"]) == (200, 0)
    assert sum(process["requests"] for process in snapshot["processes"]) == 200
    assert all(process["cpuSeconds"] > 0 for process in snapshot["processes"])
    assert all(process["openFiles"] > 0 for process in snapshot["processes"])


def test_one_worker_is_a_child_process_too(run_service: Any) -> None:
    with run_service(**SLEEP, WORKERS="1") as service:
        (pid,) = service.pids()
        assert pid != service.process.pid


def test_a_killed_worker_is_replaced_and_its_counts_stay(run_service: Any, until: Any) -> None:
    with run_service(**SLEEP, WORKERS="2") as service:
        until(lambda: len(service.pids()) == 2, "both workers count")
        for _ in range(40):
            service.get("/sleep?ms=0")
        victim, survivor = service.pids()
        os.kill(victim, signal.SIGKILL)
        until(lambda: {victim} != set(service.pids()) - {survivor}, "another worker counts")
        for _ in range(40):
            assert service.get("/sleep?ms=0").status_code == 200
        until(lambda: service.snapshot()["inFlight"] == 0, "all requests are finished")
        assert service.snapshot()["requests"] == 80
        assert len(service.pids()) == 2


def test_a_killed_worker_leaves_nothing_in_flight(run_service: Any, until: Any) -> None:
    with run_service(**SLEEP) as service, ThreadPoolExecutor(1) as client:
        lost = client.submit(service.get, "/sleep?ms=20000")
        until(lambda: service.snapshot()["inFlight"] == 1, "the request is in flight")
        os.kill(service.pids()[0], signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            lost.result(timeout=20)
        until(lambda: service.snapshot()["inFlight"] == 0, "the lost request is forgotten")
        assert service.snapshot()["requests"] == 0


@pytest.mark.parametrize("variant", ["async", "sync"])
def test_a_request_in_flight_at_sigterm_is_answered(
    run_service: Any, until: Any, variant: str
) -> None:
    with (
        run_service(WORKLOAD="sleep", VARIANT=variant, WORKERS="2") as service,
        ThreadPoolExecutor(1) as client,
    ):
        answer = client.submit(service.get, "/sleep?ms=1500")
        until(lambda: service.snapshot()["inFlight"] == 1, "the request is in flight")
        service.process.terminate()
        until(lambda: refuses(service.url), "the listener is closed")
        assert not answer.done()
        assert answer.result(timeout=10).json() == {"wait_ms": 1500}
        assert service.process.wait(timeout=10) == 0


def refuses(url: str) -> bool:
    try:
        httpx.get(f"{url}/healthz", timeout=5)
    except httpx.TransportError:
        return True
    return False


def test_a_request_longer_than_the_grace_does_not_hold_the_stop_up(
    run_service: Any, until: Any
) -> None:
    with run_service(**SLEEP) as service, ThreadPoolExecutor(1) as client:
        lost = client.submit(service.get, "/sleep?ms=25000")
        until(lambda: service.snapshot()["inFlight"] == 1, "the request is in flight")
        started = time.monotonic()
        service.process.terminate()
        assert service.process.wait(timeout=15) == 0
        assert time.monotonic() - started < 13
        assert lost.exception(timeout=5) or lost.result().status_code >= 500


def test_the_instruments_answer_while_a_reader_stays_silent(run_service: Any, until: Any) -> None:
    with run_service(**SLEEP) as service:
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
        ({"WORKLOAD": "sleep", "VARIANT": "sync", "WORKERS": "0"}, "workers"),
    ],
    ids=["unknown variant", "bad variable"],
)
def test_a_bad_environment_is_named_and_ends_the_launcher(
    launch: Callable[..., Any], variables: dict[str, str], message: str
) -> None:
    process = launch(**variables)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert message in errors
    assert "Traceback" not in errors


def test_a_store_that_is_not_there_ends_the_launcher(
    launch: Callable[..., Any], unused_port: Callable[[], int]
) -> None:
    url = f"postgresql://loadlab@127.0.0.1:{unused_port()}/postgres"
    process = launch(WORKLOAD="select", VARIANT="asyncpg", WORKERS="2", DATABASE_URL=url)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 3
    assert "cannot serve" in errors
