"""A run in stores of others: the app in this process, the worker as one of its own, the steward."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from loadlab_services.settings import ServiceSettings, StewardSettings
from tests.services.serving import serving
from tests.services.stewards import access, steward

UID = "6f0c4b1e-0000-4000-8000-000000000001"
SPACE = f"loadlab:{UID}"
RUN = "ingest-001-a1"
READING = (
    '{"request_id":%d,"device_id":"device-1","temperature":1,"humidity":2,"battery":3,'
    '"recorded_at":"2026-01-01T00:00:00Z"}'
)
Run = Callable[..., Any]


@pytest.fixture
def finished_run(messages_url: str, unused_port: Callable[[], int]) -> Iterator[Run]:
    """Runs `ingest` once, as an experiment does; gives the account, with the steward gone again."""
    workers: list[subprocess.Popen[bytes]] = []

    def start(module: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", module]
        workers.append(subprocess.Popen(command, env=os.environ | environment))
        return workers[-1]

    async def run(
        module: str,
        variant: str,
        between: Callable[[], None] = lambda: None,
        **stores: Any,
    ) -> dict[str, Any]:
        told = {"workload": "ingest", "variant": variant, "run_id": RUN, **stores}
        told["database_url"] = messages_url
        environment = {name.upper(): str(value) for name, value in told.items()}
        ports = {"INSTRUMENTS_PORT": str(unused_port()), "CONSUMERS": "1"}
        settings = StewardSettings.model_validate(told | access(RUN))
        async with steward(settings) as client:
            await _ask(client, "arrive")
            worker = start(module, environment | ports)
            async with serving(ServiceSettings.model_validate(told)) as service:
                for number in range(30):
                    answer = await service.post("/write", content=READING % number)
                    assert answer.status_code == 202, answer.text
            account = await _ask(client, "finish")
            between()
            worker.send_signal(signal.SIGTERM)  # as all pods of a run are told at once
        assert worker.wait(timeout=60) == 0
        return account

    yield run
    for worker in workers:
        worker.kill()
        worker.wait()


async def _ask(client: httpx.AsyncClient, occasion: str) -> dict[str, Any]:
    body = {"pod": 0, "pods": 1} | ({"drainMs": 60_000} if occasion == "finish" else {})
    answer = await client.post(f"/runs/{RUN}/{occasion}", json=body, timeout=90)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
