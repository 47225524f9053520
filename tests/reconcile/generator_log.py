"""The log that a generator would leave, made from numbers: what the fake cluster's pods say."""

import json
from functools import cache

from loadlab.measurement.histogram import Histogram

START = 1_800_000_000.0
USERS = 10
GENERATOR: dict[str, object] = {
    "cpuSeconds": 1.0,
    "cpus": 1,
    "throttledSeconds": 0.0,
    "schedWaitUsP99": 100,
    "longestPauseUs": 4000,
    "peakRssBytes": 80_000_000,
    "gcPauseUs": 100,
}


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
def generator_log(
    *,
    run: str,
    requests: int = 12_000,
    seconds: float = 5.0,
    busy: float | None = None,
    answer_us: int = 1_600,
) -> str:
    """A clean run in which every request took as long or so; of 2 CPUs `busy` were busy."""
    measured = _measured(requests, seconds, answer_us)
    lines = [
        _line("loadlab_progress", _progress(requests)),
        _line("loadlab_snapshot", _snapshot(run, "start", START, 0) | _cpus(0.0, busy)),
        _line(
            "loadlab_snapshot",
            _snapshot(run, "end", START + seconds, requests) | _cpus(seconds, busy),
        ),
        _line("loadlab_account", {"run": run, "drained": True, "drainSeconds": 0}),
        _line("loadlab_result", _document(measured, seconds)),
    ]
    return "\n".join(lines)


def _document(measured: dict[str, object], seconds: float) -> dict[str, object]:
    return {
        "version": 1,
        "generator": {"name": "k6", "version": "2.2.0"},
        "unit": "us",
        "lowest": 1,
        "highest": 120_000_000,
        "digits": 3,
        "complete": True,
        "segment": "",
        "sequence": "",
        "startedUs": int(START * 1e6),
        "endedUs": int((START + seconds) * 1e6),
        "scenarios": {"measure": measured},
        "trends": {},
        "counters": {},
    }


def _measured(requests: int, seconds: float, answer_us: int = 1_600) -> dict[str, object]:
    latency = hdr(tuple(answer_us + (i % 7) * 10 for i in range(requests)))
    per_second = int(requests / seconds)
    split = {"name": "request", "class": "2xx", "requests": requests, "failed": 0}
    percentiles = {"p50": answer_us, "p95": answer_us + 60, "p99": answer_us + 60}
    return {
        "requests": requests,
        "failed": 0,
        "iterations": requests,
        "droppedIterations": 0,
        "bytesReceived": requests * 100,
        "firstStartUs": int(START * 1e6),
        "firstSampleUs": int(START * 1e6) + answer_us,
        "lastSampleUs": int((START + seconds) * 1e6),
        "status": {"2xx": requests},
        "splits": [split | {"http_req_duration": latency, "http_req_total": latency}],
        "iteration_duration": hdr((round(USERS / per_second * 1e6),) * requests),
        "virtualUsersMax": USERS,
        "series": [
            {"t": int(START) + i, "n": per_second, "err": 0, **percentiles}
            for i in range(int(seconds))
        ],
        "generator": GENERATOR | {"wallSeconds": seconds},
    }


def _progress(requests: int) -> dict[str, object]:
    return {
        "version": 1,
        "seconds": 1,
        "phase": "measurement",
        "requests": requests // 5,
        "failed": 0,
        "inFlight": USERS,
    }


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
    postgres = {"cpuSeconds": 1 + requests * 0.00005, "transactions": requests}
    return {
        "edge": edge,
        "run": run,
        "takenAt": taken_at,
        "components": {"service": service, "postgres": postgres},
        "errors": {},
    }


def _cpus(at: float, busy: float | None) -> dict[str, object]:
    """The CPUs beside the service's, of which generator and Postgres use 0.2 and 0.12."""
    if busy is None:
        return {}
    seen = {"quiet": True, "waitedSeconds": 1.5, "busyCpus": 0.1, "idleCpus": {"shared": 0.1}}
    shared = {"cpus": 2, "cpuSeconds": 50 + busy * at, "stealSeconds": 0}
    return {"sharedCpus": shared, "quietness": seen}
