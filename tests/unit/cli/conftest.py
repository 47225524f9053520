"""A finished experiment as the API server returns it."""

import copy
import json
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from loadlab.cli import main
from tests.unit.cli.api_server import ApiServer, Run, kubeconfig_for

FINISHED = {"type": "Finished", "status": "True", "reason": "Completed"}
SINCE = {"lastTransitionTime": "2026-11-20T14:00:00Z"}


def row(variant: str, rate: float, p95: float, **other: Any) -> dict[str, Any]:
    return {
        "cell": {"variant": variant, "workers": 2, "virtualUsers": 64},
        "replicates": {"planned": 3, "valid": 3},
        "requests": 60_000,
        "requestsPerSecond": {"mean": rate, "low": rate * 0.95, "high": rate * 1.05},
        "latencyMs": {
            "avg": p95 / 2, "min": 1.1, "med": p95 / 2, "p90": p95 - 1, "p95": p95,
            "p99": p95 * 2, "max": p95 * 4,
        },
        "p95Ms": {"mean": p95},
        "failedRate": 0.0,
        "cpuMicrosPerRequest": {"service": 411, "postgres": 65, "generator": 190},
        "memoryBytes": {"service": 150 * 2**20, "postgres": 90 * 2**20},
        "openFiles": 41,
        "generatorCpu": 0.42,
        "validity": "Valid",
        **other,
    }  # fmt: skip


def async_row() -> dict[str, Any]:
    """A row with everything that only some rows have."""
    named = [
        {
            "name": name,
            "requests": 600,
            "failedRate": 0.01,
            "latencyMs": row("", 1, p95)["latencyMs"],
        }
        for name, p95 in (("page", 41.25), ("ping", 1.25))
    ]
    return row(
        "async",
        2008.4,
        41.25,
        failedRate=0.0004,
        eventLoopLagMs=3.2,
        threadTokens=40,
        byRequest=named,
        work={"transactions": 1.02, "cacheHitRate": 0.75, "recordsPerCommit": 480},
        requestsPerSecond={
            "mean": 2008.4,
            "low": 1907.98,
            "high": 2108.82,
            "standing": "Bound",
            "why": "GeneratorSaturated",
        },
        bottleneck={
            "name": "ServiceCpu",
            "confidence": "Medium",
            "evidence": "the service used 0.94 of 1 CPU; also full: k6 used 87% of its CPUs",
        },
        validity="Suspect",
        reasons=["GeneratorSaturated: k6 used 85% of its CPUs, bound 60%"],
    )


def finished_experiment() -> dict[str, Any]:
    return copy.deepcopy(
        {
            "metadata": {"name": "select", "namespace": "lab", "resourceVersion": "7"},
            "status": {
                "phase": "Succeeded",
                "conditions": [{**FINISHED, **SINCE}],
                "verdict": "Passed",
                "progress": "9/9",
                "best": {
                    "cell": "async/workers=2/virtualUsers=64",
                    "requestsPerSecond": 2008.4,
                    "p95Ms": 41.25,
                    "bottleneck": "ServiceCpu",
                },
                "results": [
                    row("sync", 1105.2, 88.0),
                    async_row(),
                    {
                        "cell": {"variant": "asyncpg", "workers": 2, "virtualUsers": 64},
                        "replicates": {"planned": 3, "valid": 0},
                        "requests": 0,
                        "validity": "Invalid",
                        "reasons": ["NoReplicate: no replicate of this cell came to a result"],
                    },
                ],
                "criteria": [
                    {
                        "name": "tail",
                        "threshold": "p(95)<500",
                        "value": "88",
                        "cell": "sync/workers=2/virtualUsers=64",
                        "outcome": "Passed",
                    }
                ],
                "durability": {
                    "accepted": 1000, "persisted": 1000, "duplicates": 0, "lost": 0,
                    "pending": 0, "deadLettered": 0, "idsMatch": True,
                },
            },
        }
    )  # fmt: skip


@pytest.fixture
def finished() -> dict[str, Any]:
    return finished_experiment()


@pytest.fixture
def running() -> dict[str, Any]:
    return {
        "metadata": {"name": "select", "namespace": "lab", "resourceVersion": "5"},
        "status": {"phase": "Running", "progress": "3/9", "currentTrial": "select-004"},
    }


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Iterator[Path]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), ApiServer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    path = tmp_path / "config"
    path.write_text(json.dumps(kubeconfig_for(f"http://127.0.0.1:{server.server_port}")))
    yield path
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def loadlab(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    def run(*arguments: str, config: Path = kubeconfig) -> tuple[int, str, str]:
        monkeypatch.delenv("COLUMNS", raising=False)  # pytest-xdist sets it
        monkeypatch.setattr(sys, "argv", ["loadlab", *arguments, "--kubeconfig", str(config)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, captured.out, captured.err

    return run
