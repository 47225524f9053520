"""A launcher that is told to trace serves what all of its workers traced, by either server."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.integration
SLEEP = {"WORKLOAD": "sleep", "VARIANT": "sync", "WORKERS": "2"}
TOLD = {"TRACE_SECONDS": "1", "TRACE_AFTER_MS": "0", "THREAD_TOKENS": "1"}
PATH = "/sleep?ms=5"


def trace_of(service: Any) -> httpx.Response:
    return httpx.get(f"{service.instruments}/trace", timeout=30)


@pytest.mark.parametrize("server", ["uvicorn", "gunicorn"])
def test_the_trace_is_of_all_workers(
    run_service: Any, until: Callable[..., None], server: str
) -> None:
    with run_service(**SLEEP, **TOLD, SERVER=server) as service, ThreadPoolExecutor(16) as users:

        def is_traced() -> bool:
            list(users.map(service.get, [PATH] * 64))
            return len(trace_of(service).json()["processes"]) == 2

        assert trace_of(service).json() == {"seconds": 0, "processes": [], "requests": []}
        until(is_traced, "both workers have traced")
        told = trace_of(service).json()

    assert {each["process"] for each in told["requests"]} == {0, 1}
    assert all(each["status"] == 200 for each in told["requests"])
    waits = [us for each in told["requests"] for stage, _, us in each["spans"] if stage == "thread"]
    assert max(waits) > 5_000  # there is one thread, and each holds it for 5 ms


@pytest.mark.parametrize("server", ["uvicorn", "gunicorn"])
def test_one_that_is_not_told_has_no_trace(run_service: Any, server: str) -> None:
    with run_service(**SLEEP, SERVER=server) as service:
        assert trace_of(service).status_code == 404
