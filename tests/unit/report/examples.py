"""Experiments as the API server returns them, with something in every part of a report."""

import copy
import json
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from loadlab.cli.reporting import build
from loadlab.measurement.histogram import Histogram

STORED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "analysis" / "golden" / "trial.json").read_text()
)
START = 1_795_184_900
SECONDS = 30
UID = "7f1c"
Resource = dict[str, Any]


def latency(median: float) -> dict[str, float]:
    factors = {"avg": 1.2, "min": 0.2, "med": 1, "p90": 2, "p95": 2.6, "p99": 4, "max": 9}
    return {name: median * factor for name, factor in factors.items()}


def row(variant: str, workers: int, rate: float, **other: Any) -> dict[str, Any]:
    median = 64_000 / rate / 2
    return {
        "cell": {"variant": variant, "workers": workers, "virtualUsers": 64, "poolSize": 10},
        "replicates": {"planned": 3, "valid": 3},
        "requests": round(rate * 90),
        "requestsPerSecond": {"mean": rate, "low": rate * 0.96, "high": rate * 1.05},
        "latencyMs": latency(median),
        "p95Ms": {"mean": median * 2.6, "low": median * 2.3, "high": median * 3},
        "failedRate": 0.0,
        "cpuMicrosPerRequest": {"service": 411, "postgres": 65, "generator": 190},
        "cpuMicros": {"mean": 476, "low": 460, "high": 490},
        "memoryBytes": {"service": 150 * 2**20},
        "bottleneck": {
            "name": "ServiceCpu",
            "confidence": "High",
            "evidence": "the service used 0.97 of 1 CPU",
            "remedy": "more workers, or a cheaper request",
            "stages": [
                {"name": "ServiceCpu", "ms": median * 0.6, "share": 0.5},
                {"name": "DatabasePool", "ms": median * 0.36, "share": 0.3},
                {"name": "Database", "ms": median * 0.24, "share": 0.2},
            ],
        },
        "validity": "Valid",
        **other,
    }


def rate_of(variant: str, workers: int) -> float:
    """By the universal scalability law, with more contention in one of the two."""
    contention = 0.05 if variant == "async" else 0.2
    one = 900 if variant == "async" else 620
    return one * workers / (1 + contention * (workers - 1) + 0.004 * workers * (workers - 1))


def cell_title(variant: str, workers: int) -> str:
    return f"{variant}/workers={workers}/virtualUsers=64/poolSize=10"


def comparison(figure: str, workers: int, ratio: float, outcome: str, **other: Any) -> Resource:
    return {
        "figure": figure,
        "of": cell_title("async", workers),
        "over": cell_title("sync", workers),
        "ratio": ratio,
        "low": ratio * 0.93,
        "high": ratio * 1.08,
        "blocks": 3,
        "p": 0.003,
        "outcome": outcome,
        "detectable": 0.06,
        **other,
    }


def law(variant: str, contention: float) -> Resource:
    one = 900.0 if variant == "async" else 620.0
    return {
        "factor": "workers",
        "of": f"{variant}/virtualUsers=64/poolSize=10",
        "levels": 4,
        "rateOfOne": {"mean": one, "low": one * 0.95, "high": one * 1.05},
        "contention": {"mean": contention, "low": contention / 2, "high": contention * 2},
        "coherence": {"mean": 0.004, "low": 0.002, "high": 0.006},
        "peakAt": 7.1,
        "peak": 2400,
        "knee": 3.4,
        "recommendation": f"4 workers of {variant} reach 92% of the peak",
    }


def expectation(name: str, published: float, ratio: float, outcome: str) -> Resource:
    return {
        "name": name,
        "figure": "requestsPerSecond",
        "expected": "1.5 or more",
        "published": published,
        "ratio": ratio,
        "low": ratio * 0.95,
        "high": ratio * 1.05,
        "replicates": 3,
        "outcome": outcome,
        "note": "over 3 blocks",
    }


def _series(chosen: random.Random, start: int, rate: float, median: float) -> Resource:
    """What a generator tells of each second."""
    return {
        "start_epoch_seconds": start + 8,
        "bin_seconds": 1,
        "requests": [round(rate * chosen.uniform(0.9, 1.1)) for _ in range(SECONDS)],
        "failed": [0] * SECONDS,
        "p50_us": [round(median * chosen.uniform(0.9, 1.1)) for _ in range(SECONDS)],
        "p99_us": [round(4 * median * chosen.uniform(0.7, 1.6)) for _ in range(SECONDS)],
    }


def trial(number: int, cell: Resource, rate: float, **status: Any) -> Resource:
    """A finished trial of 30 s with 5 s of warm-up, its series, its histogram and its usage."""
    chosen = random.Random(number)
    start = START + number * 45
    median = 32_000_000 / rate
    values = [round(median * math.exp(chosen.gauss(0, 0.5))) for _ in range(800)]
    stored = copy.deepcopy(STORED)
    stored["measurement"] |= {
        "first_request_epoch_seconds": start + 8.3,
        "last_answer_epoch_seconds": start + 8.3 + SECONDS,
        "latency": Histogram.of(values).encode(),
        "series": _series(chosen, start, rate, median),
    }
    return {
        "metadata": {
            "name": f"wells-3f2a11-{number:03}",
            "namespace": "lab",
            "ownerReferences": [{"uid": UID}],
        },
        "spec": {
            "experiment": "wells",
            "cell": cell,
            "role": "Measured",
            "replicate": number % 3 + 1,
            "position": number,
        },
        "status": {
            "phase": "Succeeded",
            "attempt": 1,
            "reason": "TrialFinished",
            "validity": "Valid",
            "requestsPerSecond": rate * chosen.uniform(0.97, 1.03),
            "p95Ms": median * 2.6 / 1000,
            "foreignCpu": round(chosen.uniform(0.05, 0.2), 2),
            "timings": {"started": start, "firstRequest": start + 3.2, "loadEnded": start + 38.3},
            "components": {
                "service": {
                    "qosClass": "Guaranteed",
                    "cpuLimit": 1,
                    "cpuRequest": 1,
                    "nodes": ["worker-1"],
                }
            },
            "node": "node-1",
            "measurement": stored,
            **status,
        },
    }


VOID = {
    "phase": "Invalid",
    "attempt": 2,
    "reason": "ResultInvalid",
    "validity": "Invalid",
    "reasons": ["others used 0.79 CPU of the service's own CPU, bound 0.43 CPU"],
    "foreignCpu": 0.79,
    "formerAttempts": [{"attempt": 1, "reason": "ForeignCpu", "message": "others used 0.6 CPU"}],
}
CONDITIONS = [
    {
        "type": "Finished",
        "status": "True",
        "reason": "Completed",
        "lastTransitionTime": "2026-11-20T14:00:00Z",
    },
    {
        "type": "Quiet",
        "status": "False",
        "reason": "NotQuiet",
        "message": "3 of 24 runs were void because others used the CPUs",
        "lastTransitionTime": "2026-11-20T14:00:00Z",
    },
]
DURABILITY = {
    "accepted": 1000,
    "persisted": 1000,
    "duplicates": 0,
    "lost": 0,
    "pending": 0,
    "deadLettered": 0,
    "idsMatch": True,
}
ENVIRONMENT = {
    "kubernetes": "v1.34.4",
    "node": "node-1",
    "images": {"service": f"sha256:{'7f' * 32}", "k6": f"sha256:{'0a' * 32}"},
}


def trials_of(grid: list[tuple[str, int]]) -> list[Resource]:
    """Three trials of each cell, one of them void."""
    each_thrice = [cell for cell in grid for _ in range(3)]
    trials = [
        trial(number, row(*cell, 1)["cell"], rate_of(*cell))
        for number, cell in enumerate(each_thrice, 1)
    ]
    trials[6]["status"] |= VOID
    return trials


def full() -> tuple[Resource, list[Resource]]:
    """An experiment with something to say in every section, and its trials, one of them void."""
    grid = [(variant, workers) for variant in ("sync", "async") for workers in (1, 2, 4, 8)]
    status: Resource = {
        "phase": "Succeeded",
        "verdict": "Passed",
        "conditions": CONDITIONS,
        "trials": {"planned": 24, "succeeded": 23, "invalid": 1},
        "recommendation": ["Take async with 4 workers: 2,900 requests/s, 1.6 times sync."],
        "best": {"cell": cell_title("async", 4), "requestsPerSecond": 2901.2, "p95Ms": 28.7},
        "results": [row(*cell, rate_of(*cell)) for cell in grid],
        "comparisons": [
            *(comparison("requestsPerSecond", n, 1.3 + n / 20, "Improved") for n in (1, 2, 4, 8)),
            comparison("cpuMicros", 1, 0.98, "Equivalent"),
            comparison("cpuMicros", 2, 1.21, "Regressed"),
            comparison("p95Ms", 4, 1.1, "Inconclusive", why="the replicates lie too far apart"),
        ],
        "noiseFloor": [
            {"figure": "cpuMicros", "ratio": 1.01, "low": 0.98, "high": 1.04, "blocks": 3}
        ],
        "scaling": [law("sync", 0.2), law("async", 0.05)],
        "criteria": [
            {"name": "tail", "threshold": "p(95)<500", "value": "268", "outcome": "Passed",
             "cell": cell_title("sync", 1)},
        ],
        "expectations": [
            expectation("async-wins", 1.79, 1.61, "Contradicted"),
            expectation("workers", 2.0, 2.05, "Reproduced"),
        ],
        "durability": DURABILITY,
        "environment": ENVIRONMENT,
        "chosen": {"seed": 42, "serviceCpu": "Exclusive"},
        "operatorVersion": "0.1.0",
        "completionTime": "2026-11-20T14:00:00Z",
        "startTime": "2026-11-20T13:40:00Z",
        "overheadSeconds": {"median": 1.9, "p95": 2.4},
    }  # fmt: skip
    status["results"][0] |= {
        "validity": "Suspect",
        "reasons": ["GeneratorSaturated: k6 used 85% of its CPUs, bound 60%"],
        "requestsPerSecond": {**status["results"][0]["requestsPerSecond"], "standing": "Bound"},
        "failures": [{"class": "5xx", "text": "503 Service Unavailable", "requests": 2,
                      "share": 0.001, "example": "pool exhausted"}],
    }  # fmt: skip
    trials = trials_of(grid)
    metadata = {"name": "wells", "namespace": "lab", "uid": UID}
    return {"metadata": metadata, "spec": {"workload": "wells"}, "status": status}, trials


def empty() -> Resource:
    return {"metadata": {"name": "wells", "namespace": "lab"}, "status": {"phase": "Pending"}}


def report(resource: Resource, trials: list[Resource] | None = None) -> str:
    return build(resource, trials or [])


def texts_of(value: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of all texts in a JSON value."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from texts_of(each, f"{path}.{name}")
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from texts_of(each, f"{path}.{place}")
