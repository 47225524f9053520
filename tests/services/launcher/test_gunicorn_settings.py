"""gunicorn's threads and worker_connections: told, and idle under UvicornWorker."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration
ASKED, MS = 20, 500


def threads_of_workers(launcher: int) -> list[int]:
    """How many threads each process has that the launcher forked."""
    children = Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split()
    return sorted(len(list(Path(f"/proc/{child}/task").iterdir())) for child in children)


def seen(run_service: Any, **settings: str) -> tuple[list[int], float]:
    """Threads of the processes, and the seconds that so many requests at once take."""
    variables = {"WORKLOAD": "sleep", "VARIANT": "async", "SERVER": "gunicorn"}
    with run_service(**variables, **settings) as service:
        threads = threads_of_workers(service.process.pid)
        with ThreadPoolExecutor(ASKED) as clients:
            began = time.monotonic()
            paths = [f"/sleep?ms={MS}"] * ASKED
            statuses = {answer.status_code for answer in clients.map(service.get, paths)}
            took = time.monotonic() - began
    assert statuses == {200}
    return threads, took


def test_uvicorns_worker_has_no_use_for_them(run_service: Any) -> None:
    plain, _ = seen(run_service)
    told, took = seen(run_service, GUNICORN_THREADS="8", GUNICORN_WORKER_CONNECTIONS="1")

    assert told == plain, "no thread more"
    assert took < ASKED * MS / 1000 / 2, "more than one request was served at once"


def test_gunicorn_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from loadlab_services.instruments.cells import Board  # noqa: PLC0415
    from loadlab_services.servers.gunicorn_server import Gunicorn  # noqa: PLC0415
    from loadlab_services.servers.options import Serving  # noqa: PLC0415
    from loadlab_services.settings import ServiceSettings  # noqa: PLC0415

    monkeypatch.setattr("sys.argv", ["gunicorn"])
    known = {"workload": "sleep", "variant": "async"}
    told = known | {"gunicorn_threads": 8, "gunicorn_worker_connections": 10}
    found = []
    for settings in (known, told):
        serving = Serving(ServiceSettings.model_validate(settings), lambda *_: None, False)  # type: ignore[arg-type]
        cfg = Gunicorn(serving, Board(processes=1)).cfg
        found.append((cfg.threads, cfg.worker_connections, cfg.worker_class_str))

    assert found == [(1, 1000, found[0][2]), (8, 10, found[0][2])]
