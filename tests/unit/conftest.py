"""One healthy pod's document and one healthy trial; tests change one thing each."""

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.pod_log import PodReport, read_pod_log
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import GeneratorLoad, TrialMeasurement
from loadlab.plan.expected import LoadFacts

START = 1_800_000_000


def distribution(values_us: list[int]) -> dict[str, Any]:
    histogram = Histogram.of(values_us)
    return {"count": histogram.count, "hdr": histogram.encode()}


def split(status_class: str, values_us: list[int], queued_us: int = 0) -> dict[str, Any]:
    return {
        "name": "request",
        "class": status_class,
        "requests": len(values_us),
        "failed": len(values_us) if status_class in {"4xx", "5xx", "err"} else 0,
        "http_req_duration": distribution(values_us),
        "http_req_total": distribution([v + queued_us for v in values_us]),
    }


def document_of(values_us: list[int], *, segment: str = "", first_us: int = 0) -> dict[str, Any]:
    """A pod that measured for 10 s from `first_us` after START."""
    first = START * 1_000_000 + first_us
    scenario = {
        "requests": len(values_us),
        "failed": 0,
        "iterations": len(values_us),
        "droppedIterations": 0,
        "bytesReceived": 1,
        "firstStartUs": first,
        "firstSampleUs": first + 2000,
        "lastSampleUs": first + 10_000_000,
        "status": {"2xx": len(values_us), "4xx": 0, "5xx": 0, "err": 0},
        "splits": [split("2xx", values_us, queued_us=100)],
        "iteration_duration": distribution(values_us),
        "virtualUsersMax": 4,
        "series": [{"t": START + s, "n": len(values_us) // 10, "err": 0} for s in range(10)],
        "generator": {
            "cpuSeconds": 2.0,
            "wallSeconds": 10.0,
            "cpus": 1,
            "throttledSeconds": 0.0,
            "schedWaitUsP99": 200,
            "peakRssBytes": 70_000_000,
            "gcPauseUs": 10,
            "longestPauseUs": 4000,
        },
    }
    return {
        "version": 1,
        "generator": {"name": "k6", "version": "2.2.0"},
        "unit": "us",
        "complete": True,
        "segment": segment,
        "scenarios": {"measure": scenario},
        "counters": {"accepted": 0},
    }


def with_failures(document: dict[str, Any], failed: int, status: str = "5xx") -> dict[str, Any]:
    """Add failed requests, spread evenly over the ten seconds."""
    scenario = document["scenarios"]["measure"]
    for name in ("requests", "failed", "iterations"):
        scenario[name] += failed
    scenario["status"][status] += failed
    for second in scenario["series"]:
        second["n"] += failed // 10
        second["err"] += failed // 10
    return document


def snapshot_of(edge: str, at: float, cpu: float, requests: int) -> dict[str, Any]:
    service = {
        "cpuSeconds": cpu,
        "throttledSeconds": 0.0,
        "memoryBytes": 50_000_000,
        "openFiles": 30,
        "requests": requests,
        "eventLoopLagSeconds": {"p50": 0.0, "p99": 0.002, "max": 0.004},
        "processes": [
            {"pid": 7, "requests": requests // 4},
            {"pid": 8, "requests": requests - requests // 4},
        ],
    }
    postgres = {"cpuSeconds": cpu / 2, "memoryBytes": 90_000_000}
    return {
        "edge": edge,
        "takenAt": START + at,
        "components": {"service": service, "postgres": postgres},
        "errors": {},
    }


def log_of(document: dict[str, Any], *others: tuple[str, dict[str, Any]]) -> str:
    lines = [json.dumps({key: body}) for key, body in others]
    return "\n".join([*lines, json.dumps({"loadlab_result": document})])


TEN_MS = Histogram.of([9_000 + i % 2000 for i in range(30_000)])


@pytest.fixture
def values_us() -> list[int]:
    chosen = random.Random(7)
    return [int(chosen.lognormvariate(8, 0.5)) for _ in range(1000)]


@pytest.fixture
def document(values_us: list[int]) -> dict[str, Any]:
    return document_of(values_us)


@pytest.fixture
def report() -> Callable[..., PodReport]:
    """Build a report from a document with the snapshots of an untroubled service."""

    def build(document: dict[str, Any], pod: str = "k6-0", **account: Any) -> PodReport:
        others = [
            ("loadlab_snapshot", snapshot_of("start", 0.0, 1.0, 4000)),
            ("loadlab_snapshot", snapshot_of("end", 10.0, 1.5, 5000)),
        ]
        if account:
            others.append(("loadlab_account", {"drained": True, "drainSeconds": 0.1, **account}))
        return read_pod_log(pod, log_of(copy.deepcopy(document), *others))

    return build


@pytest.fixture
def load() -> LoadFacts:
    return LoadFacts(open_model=False, virtual_users=10, duration_seconds=30.0)


@pytest.fixture
def healthy(load: LoadFacts) -> TrialMeasurement:
    """10 virtual users, 10 ms an iteration, 1000 requests a second for 30 s: nothing is wrong."""
    return TrialMeasurement(
        load=load,
        pods=1,
        first_request_epoch_seconds=float(START),
        last_answer_epoch_seconds=START + 30.0,
        requests=30_000,
        failed=0,
        iterations=30_000,
        dropped_iterations=0,
        mean_iteration_ms=10.0,
        latency=TEN_MS,
        status={"2xx": 30_000, "4xx": 0, "5xx": 0, "err": 0},
        start_skew_ms=0.0,
        first_sample_skew_ms=0.0,
        components={
            "service": ComponentUsage(
                cpu_micros_per_request=200.0, memory_bytes=50_000_000, open_files=30
            ),
            "generator": ComponentUsage(cpu_micros_per_request=100.0, memory_bytes=70_000_000),
        },
        generator=GeneratorLoad(cpu_share=0.3, throttled_share=0.0, sched_wait_p99_ms=0.5),
        counts=RequestCounts(seconds=30.0, client=30_000.0, server=30_000),
    )
