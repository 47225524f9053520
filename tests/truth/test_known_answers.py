"""Percentiles of an open model, held against what is known of them beforehand.

What HTTP, the network and the client add is known from a cell of the same experiment that waits for
5 ms and does nothing else: its latencies, and what a service does beyond that, are independent
parts of the other cell's, so that the other's percentiles are those of their sum.
"""

import math
from collections import defaultdict
from statistics import fmean

import pytest

from loadlab.measurement.histogram import Histogram
from loadlab_services.workloads.reference.behaviour import Behaviour
from loadlab_services.workloads.reference.truth import Truth, truth_of
from tests.e2e.cluster_tools import Lab, condition
from tests.manifests import Json

pytestmark = pytest.mark.truth

WAIT_MS = 5
PERCENTS = {"med": 50.0, "p90": 90.0, "p95": 95.0, "p99": 99.0}
# Beyond the wait: 2 of 100 take 195 ms more; a stall of 240 ms every two seconds.
SLOW = Behaviour(delay_ms=0, slow_ms=195, slow_permille=20)
STALL = Behaviour(delay_ms=0, stall_ms=240, stall_every_seconds=2)
GRID = 500  # points of the plain cell's distribution
PATIENCE = 400
LOAD: Json = {"executor": "constant-arrival-rate", "warmup": "1s"}
REFERENCE: Json = {"workload": "reference", "variants": [{"name": "async"}], "replicates": 3}
MIXTURE: Json = {
    "factors": {"rate": [200], "delayMs": [0, WAIT_MS], "slowMs": [0, 200], "slowPermille": [20]},
    "exclude": [{"delayMs": 0, "slowMs": 200}],
}
# By no rate that divides the period: even arrivals would meet the same moments of it for ever. At a
# low one the queue that a stall leaves is short, for that is no part of the formula.
STALLS: Json = {
    "factors": {
        "rate": [101],
        "delayMs": [WAIT_MS],
        "stallMs": [0, 240],
        "stallEverySeconds": [2],
    }
}
Pair = tuple[int, int]  # how long requests wait, and the other factor's level


@pytest.mark.parametrize("pods", [1, 3])
@pytest.mark.parametrize("arrivals", ["Even", "Poisson"])
def test_percentiles_are_those_of_the_truth(lab: Lab, measured, arrivals: str, pods: int):
    load = {"arrivals": arrivals, "parallelism": pods, "duration": "6s"}
    rows, latencies = run(lab, MIXTURE, "slowMs", load)
    plain = latencies[WAIT_MS, 0]
    found, took = rows[WAIT_MS, 200], rows[WAIT_MS, 0]["med"] - rows[0, 0]["med"]
    truth = {
        name: fmean(expected_ms(truth_of(SLOW), each, percent) for each in plain)
        for name, percent in PERCENTS.items()
    }

    said = ", ".join(f"{name} {found[name]:g} for {truth[name]:.2f} ms" for name in PERCENTS)
    measured(1, f"{arrivals}, pods {pods}: {said}; {WAIT_MS} ms took {took:.2f}")
    for name, expected in truth.items():
        assert found[name] == pytest.approx(expected, rel=0.01, abs=0.5), name
    assert took == pytest.approx(WAIT_MS, abs=0.5)


@pytest.mark.parametrize("arrivals", ["Even", "Poisson"])
def test_a_stall_is_in_the_percentiles(lab: Lab, measured, arrivals: str):
    rows, latencies = run(lab, STALLS, "stallMs", {"arrivals": arrivals, "duration": "16s"})
    found, stalled = rows[WAIT_MS, 240], latencies[WAIT_MS, 240]
    truth = {
        name: fmean(
            expected_ms(truth_of(STALL), each, PERCENTS[name]) for each in latencies[WAIT_MS, 0]
        )
        for name in ("p95", "p99")
    }

    said = ", ".join(f"{name} {found[name]:g} for {truth[name]:.1f} ms" for name in truth)
    measured(2, f"{arrivals}: {said}")
    for name, expected in truth.items():
        low, high = (
            between(stalled, PERCENTS[name]) if arrivals == "Poisson" else (found[name],) * 2
        )
        assert low / 1.05 <= expected <= high * 1.05


def between(trials: list[Histogram], percent: float) -> tuple[float, float]:
    """Return the percentiles, in ms, between which that of all such trials lies in 99 of 100.

    How many of so many chance arrivals meet a stall is binomial, as the number of requests below
    any quantile is (order statistics; here by the normal approximation).
    """
    share, n = percent / 100, sum(trial.count for trial in trials)
    margin = 2.576 * math.sqrt(share * (1 - share) / n)
    ends = (100 * (share - margin), 100 * (share + margin))
    low, high = (fmean(trial.percentile_us(end) / 1000 for trial in trials) for end in ends)
    return low, high


def run(
    lab: Lab, spec: Json, factor: str, load: Json
) -> tuple[dict[Pair, Json], dict[Pair, list[Histogram]]]:
    """Run an experiment: latencies by wait and factor, and so each trial's distribution."""
    lab.delete("known")
    lab.submit("known", **REFERENCE, **spec, load=LOAD | load)
    status = lab.wait("known", PATIENCE)
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    rows = {
        (row["cell"]["delayMs"], row["cell"][factor]): row["latencyMs"] for row in status["results"]
    }
    latencies = defaultdict[Pair, list[Histogram]](list)
    for trial in lab.trials("known").values():
        if trial["status"]["phase"] == "Succeeded" and trial["spec"]["role"] == "Measured":
            cell, found = trial["spec"]["cell"], trial["status"]["measurement"]["measurement"]
            latencies[cell["delayMs"], cell[factor]].append(Histogram.decode(found["latency"]))
    return rows, latencies


def expected_ms(beyond: Truth, plain: Histogram, percent: float) -> float:
    """The percentile of a sum: of what a service does beyond the plain cell, and of that cell."""
    points = [plain.percentile_us(100 * (k + 0.5) / GRID) / 1000 for k in range(GRID)]
    low, high = 0.0, points[-1] + beyond.percentile_ms(99.99)
    while high - low > 0.005:
        middle = (low + high) / 2
        if fmean(beyond.share_within(middle - point) for point in points) < percent / 100:
            low = middle
        else:
            high = middle
    return high
