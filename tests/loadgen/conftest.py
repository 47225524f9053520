"""Fixtures for tests that run the real k6 binary against a small server on loopback."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from loadlab.plan.generator import configuration_variables
from tests.loadgen.stand_in import TOKEN, Server, serving
from tests.manifests import Json

REPOSITORY = Path(__file__).parents[2]
LOADGEN = REPOSITORY / "loadgen"
FLAGS = ["--quiet", "--no-usage-report", "--summary-mode=disabled", "--no-thresholds"]
FLAGS += ["--log-format", "raw"]
ENVIRONMENT_TOO = "--include-system-env-vars"
WORK: Json = {
    "name": "request", "method": "GET", "path": "/work?id=${request_id}&user=${user_id}",
    "headers": {}, "body": None, "weight": 1, "writes": True,
}  # fmt: skip


@pytest.fixture(scope="session")
def k6(pytestconfig: pytest.Config) -> Path:
    """Find the binary: $LOADLAB_K6, or the one that `make images` packs, built now if need be."""
    given = os.environ.get("LOADLAB_K6")
    if given:
        return Path(given)
    command = [sys.executable, "-m", "loadlab_cluster", "path", "k6"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "cluster")}
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        done = subprocess.run(
            command, env=environment, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True
        )
    return Path(done.stdout.strip())


@dataclass(frozen=True)
class Ended:
    """One k6 process after its end."""

    code: int
    stdout: str
    stderr: str

    def lines(self, key: str) -> list[Json]:
        found = [line for line in (self.stdout + self.stderr).splitlines() if f'{{"{key}"' in line]
        return [json.loads(line)[key] for line in found]

    @property
    def document(self) -> Json:
        """The last line of stdout, as a collector reads it."""
        document: Json = json.loads(self.stdout.splitlines()[-1])["loadlab_result"]
        return document


def environment_of(config: Json, pod: int = 0) -> dict[str, str]:
    env = {**os.environ, "JOB_COMPLETION_INDEX": str(pod), **configuration_variables(config)}
    env |= {"K6_AUTO_EXTENSION_RESOLUTION": "false", "STEWARD_TOKEN": TOKEN}
    return env | {"LOADLAB_TARGET": config["target"]}


@dataclass
class Lab:
    """Starts k6 pods against one server."""

    k6: Path
    folder: Path
    server: Server
    address: str
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def configure(
        self, *, pods: int = 1, request: Json | None = None, extra: Json | None = None, **load: Any
    ) -> Json:
        return {
            "run": "select-003-a1", "pods": pods, "target": self.address,
            "readinessPath": "/healthz", "steward": self.address,
            "variant": "asyncpg",
            "requests": [WORK | (request or {})],
            "timeoutMs": 5000, "redirects": "Fail", "thinkTimeMs": 0,
            "tellsCache": False, "paddingBytes": 0,
            "side": None, "freshness": None, **(extra or {}),
            "variables": {"user_id": {"min": 1, "max": 10000}},
            "load": {"executor": "constant-vus", "virtualUsers": 4, "rate": None,
                     "arrivals": "Even", "arrivalsSeed": 1,
                     "timeUnitMs": 1000, "rampUpMs": 500,
                     "maxVirtualUsers": 3 * load.get("rate", 0) or None,
                     "durationMs": 1000, "warmupMs": 0, "gracefulStopMs": 3000, **load},
            "deadlines": {"readyMs": 20000, "drainMs": 5000},
        }  # fmt: skip

    def start(
        self,
        *flags: str,
        config: Json,
        pod: int = 0,
        out: bool = True,
        token: str = "",
        script: Path = LOADGEN / "scripts" / "scenario.js",
    ) -> Any:
        env = environment_of(config, pod) | {"LOADLAB_TOKEN": token}
        outputs = ["--out", "histogram"] if out else []
        process = subprocess.Popen(
            [self.k6, "run", *FLAGS, *outputs, *flags, script],
            env=env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.processes.append(process)
        return process

    def requirements(self, config: Json) -> Json:
        """What k6 says before it begins: its scenarios, their time, and the users of all."""
        script = LOADGEN / "scripts" / "scenario.js"
        command: list[str | Path] = [
            self.k6,
            "inspect",
            "--execution-requirements",
            ENVIRONMENT_TOO,
            script,
        ]
        done = subprocess.run(
            command, env=environment_of(config), check=True, stdout=subprocess.PIPE, text=True
        )
        return dict(json.loads(done.stdout))

    def run(self, *flags: str, **how: Any) -> Ended:
        return self.end(self.start(*flags, **how))

    def end(self, process: subprocess.Popen[str]) -> Ended:
        stdout, stderr = process.communicate(timeout=120)
        return Ended(process.returncode, stdout, stderr)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def lab(k6: Path, tmp_path: Path, server: Server) -> AsyncIterator[Lab]:
    async with serving(server) as address:
        lab = Lab(k6, tmp_path, server, address)
        yield lab
        for process in lab.processes:
            if process.poll() is None:
                process.kill()
                process.communicate()
