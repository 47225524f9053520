"""Runs pods of generators of others as the image does, against the real service `reference`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadlab.catalogue.generators import DEFAULT, Generator, Skill
from loadlab.plan.generator import configuration_variables
from tests.loadgen.stand_in import TOKEN, Server, serving
from tests.manifests import Json

OTHERS = [each for each in Generator if each is not DEFAULT]
TOOLS = pytest.mark.parametrize("tool", [each.value for each in OTHERS])
NUMBERING = pytest.mark.parametrize(
    "tool", [each.value for each in OTHERS if not each.lacks(Skill.VARIABLES)]
)
LINE_TOKEN = "0011223344"
# With Locust, which the image has; that of the tests, unless another one is given.
PYTHON = os.environ.get("LOADLAB_GENERATOR_PYTHON", sys.executable)


@dataclass
class Pods:
    """Starts generator pods against a target; the steward is a stand-in."""

    steward: str
    target: str
    processes: "list[subprocess.Popen[str]]" = field(default_factory=list)

    def configure(self, path: str, **changes: Any) -> Json:
        request: Json = {
            "name": "request",
            "method": "POST",
            "path": path,
            "headers": {},
            "body": None,
        }
        load = {"executor": "constant-vus", "arrivals": "Even", "arrivalsSeed": 1, "rate": None,
                "virtualUsers": 4, "timeUnitMs": 1000, "maxVirtualUsers": None, "rampUpMs": 0,
                "durationMs": 3000, "warmupMs": 1000, "gracefulStopMs": 3000}  # fmt: skip
        return {
            "run": "reference-003-a1", "pods": 1, "target": self.target,
            "readinessPath": "/healthz", "steward": self.steward, "variant": "async",
            "requests": [{**request, "weight": 1, "writes": False, **changes.pop("request", {})}],
            "side": None, "freshness": None, "paddingBytes": 0, "tellsCache": False,
            "timeoutMs": 5000, "redirects": "Fail", "thinkTimeMs": 0, "variables": {},
            "load": load | changes.pop("load", {}),
            "deadlines": {"readyMs": 5000, "drainMs": 5000}, **changes,
        }  # fmt: skip

    def start(
        self,
        tool: str,
        config: Json,
        pod: int = 0,
        *,
        options: Sequence[str] = (),
        variables: Json | None = None,
    ) -> "subprocess.Popen[str]":
        environment = {**os.environ, **configuration_variables(config), **(variables or {})}
        environment |= {"LOADLAB_TOKEN": LINE_TOKEN, "STEWARD_TOKEN": TOKEN}
        process = subprocess.Popen(
            [PYTHON, "-m", "loadlab_services.generators", tool, *options],
            env=environment | {"JOB_COMPLETION_INDEX": str(pod)},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.processes.append(process)
        return process

    def run(self, tool: str, config: Json) -> "Ended":
        return self.end(self.start(tool, config))

    def end(self, process: "subprocess.Popen[str]") -> "Ended":
        stdout, stderr = process.communicate(timeout=90)
        return Ended(process.returncode, stdout, stderr)


@dataclass(frozen=True)
class Ended:
    """One pod after its end."""

    code: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[Json]:
        return [
            json.loads(line.removeprefix(f"{LINE_TOKEN} ")) for line in self.stdout.splitlines()
        ]

    @property
    def document(self) -> Json:
        document: Json = self.lines[-1]["loadlab_result"]
        return document

    @property
    def measured(self) -> Json:
        measured: Json = self.document["scenarios"]["measure"]
        return measured


@dataclass(frozen=True)
class Reference:
    """The real service of the workload `reference`."""

    url: str
    instruments: str

    def served(self) -> int:
        snapshot = httpx.get(f"{self.instruments}/snapshot", verify=False).json()
        return int(snapshot["requests"])


@pytest.fixture
def reference(tmp_path: Path) -> Iterator[Reference]:
    port, instruments = free_port(), free_port()
    told = {"WORKLOAD": "reference", "VARIANT": "async", "TMPDIR": str(tmp_path)}
    told |= {"PORT": str(port), "INSTRUMENTS_PORT": str(instruments)}
    process = subprocess.Popen(
        [sys.executable, "-m", "loadlab_services.programs.serve"], env=os.environ | told
    )
    service = Reference(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{instruments}")
    deadline = time.monotonic() + 60
    while not is_ready(service.url):
        assert process.poll() is None, "the service ended"
        assert time.monotonic() < deadline, "the service was not ready in 60 s"
        time.sleep(0.05)
    yield service
    process.terminate()
    process.communicate(timeout=60)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", verify=False).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def steward() -> Server:
    return Server()


@pytest.fixture
async def pods(steward: Server) -> AsyncIterator[Pods]:
    """Pods of which the target is the stand-in, unless a test gives them another one."""
    async with serving(steward) as address:
        pods = Pods(address, address)
        yield pods
        for process in pods.processes:
            if process.poll() is None:
                process.kill()
                process.communicate()


@pytest.fixture(scope="session")
def schemas() -> dict[str, Json]:
    """The schemas by their file's name."""
    folder = Path(__file__).parents[2] / "docs" / "contracts"
    return {file.name: json.loads(file.read_text()) for file in folder.glob("*.schema.json")}


def await_child(pid: int) -> int:
    """Wait for the tool that a pod starts: not for what it asks for its version."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in task.read_text().split():
                words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
                is_program = words[0] in {b"wrk", b"hey"} and len(words) > 4
                if is_program or b"loadlab_services.generators.locust_users" in words:
                    return int(child)
        time.sleep(0.01)
    raise AssertionError("no tool was started")


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    os.kill(pid, number)


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
