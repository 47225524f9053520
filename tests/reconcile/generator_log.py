"""The log that a k6 pod would leave, made from numbers: what the fake cluster's pods say."""

import json
from functools import cache

from loadlab.results.histogram import Histogram


@cache
def hdr(values_us: tuple[int, ...]) -> dict[str, object]:
    histogram = Histogram.of(values_us)
    return {
        "count": histogram.count,
        "min": histogram.min_us,
        "max": histogram.max_us,
        "mean": histogram.mean_us,
        "hdr": histogram.encode(),
    }


@cache
def generator_log(*, run: str, requests: int = 12_000, seconds: float = 5.0) -> str:
    """A clean run in which every request took 1.6 ms or so."""
    start = 1_800_000_000.0
    values = tuple(1_600 + (i % 7) * 10 for i in range(requests))
    latency = hdr(values)
    per_second = int(requests / seconds)
    virtual_users = 10
    measure = {
        "requests": requests,
        "failed": 0,
        "iterations": requests,
        "droppedIterations": 0,
        "bytesReceived": requests * 100,
        "firstStartUs": int(start * 1e6),
        "firstSampleUs": int(start * 1e6) + 1600,
        "lastSampleUs": int((start + seconds) * 1e6),
        "status": {"2xx": requests},
        "splits": [
            {
                "name": "request",
                "class": "2xx",
                "requests": requests,
                "failed": 0,
                "http_req_duration": latency,
                "http_req_total": latency,
            }
        ],
        "iteration_duration": hdr((round(virtual_users / per_second * 1e6),) * requests),
        "virtualUsersMax": virtual_users,
        "series": [
            {"t": int(start) + i, "n": per_second, "err": 0, "p50": 1600, "p95": 1660, "p99": 1660}
            for i in range(int(seconds))
        ],
        "generator": {
            "cpuSeconds": 1.0,
            "wallSeconds": seconds,
            "cpus": 1,
            "throttledSeconds": 0.0,
            "schedWaitUsP99": 100,
            "peakRssBytes": 80_000_000,
            "gcPauseUs": 100,
        },
    }
    document = {
        "version": 1,
        "unit": "us",
        "lowest": 1,
        "highest": 120_000_000,
        "digits": 3,
        "complete": True,
        "segment": "",
        "sequence": "",
        "startedUs": int(start * 1e6),
        "endedUs": int((start + seconds) * 1e6),
        "scenarios": {"measure": measure},
        "trends": {},
        "counters": {},
    }
    lines = [
        _line("loadlab_snapshot", _snapshot(run, "start", start, 0)),
        _line("loadlab_snapshot", _snapshot(run, "end", start + seconds, requests)),
        _line("loadlab_account", {"run": run, "drained": True, "drainSeconds": 0}),
        _line("k6_histogram", document),
    ]
    return "\n".join(lines)


def _line(name: str, body: dict[str, object]) -> str:
    return json.dumps({name: body})


def _snapshot(run: str, edge: str, taken_at: float, requests: int) -> dict[str, object]:
    service = {
        "cpuSeconds": 1 + requests * 0.0001,
        "throttledSeconds": 0,
        "memoryBytes": 50_000_000,
        "openFiles": 30,
        "requests": requests,
        "failed": 0,
        "inFlight": 0,
        "eventLoopLagSeconds": {"p50": 0.001, "p99": 0.002, "max": 0.003},
        "threadTokensInUse": 0,
        "poolWaitSeconds": {"sum": 0.0, "count": 0},
        "processes": [
            {
                "pid": 7,
                "cpuSeconds": 1.0,
                "memoryBytes": 50_000_000,
                "openFiles": 30,
                "requests": requests,
            }
        ],
    }
    return {
        "edge": edge,
        "run": run,
        "takenAt": taken_at,
        "components": {"service": service},
        "errors": {},
    }
