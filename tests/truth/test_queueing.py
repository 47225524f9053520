"""A queue whose mean wait is known: requests that burn on one event loop, one after the other."""

from statistics import fmean

import pytest

from loadlab.measurement.histogram import Histogram
from tests.e2e.cluster_tools import Lab, condition
from tests.manifests import Json

pytestmark = pytest.mark.truth

HALF, RATE = 40, 80  # a second
SPEC: Json = {
    "workload": "reference",
    "variants": [{"name": "async"}],
    "factors": {"delayMs": [0], "burnMicros": [5000]},
    "replicates": 4,
}
LOAD: Json = {"executor": "constant-arrival-rate", "duration": "15s", "warmup": "1s"}
PATIENCE = 600


def test_poisson_arrivals_wait_as_long_as_the_formula_says(lab: Lab, measured):
    """Even ones never wait: what they take more than the burning is not the queue's.

    The mean wait is rate x service² / 2(1 - rate x service) where each service takes as long as any
    other (M/D/1, Pollaczek and Khinchine). The loop serves nothing while it burns and answers, so
    that a service is what one request more costs it in CPU: the slope between two rates, as what
    the process uses without requests is no part of a service.
    """
    even, costs = run(lab, "Even", [HALF, RATE])
    poisson, _ = run(lab, "Poisson", [RATE])
    service = (RATE * costs[RATE] - HALF * costs[HALF]) / (RATE - HALF)
    waited, busy = poisson[RATE] - even[RATE], RATE * service / 1000
    expected = service * busy / (2 * (1 - busy))

    measured(
        10,
        f"a service of {service:.2f} ms, busy for {busy:.1%} of the time: {waited:.2f} ms waited, "
        f"{expected:.2f} by the formula; mean latency {even[RATE]:.2f} ms even, "
        f"{poisson[RATE]:.2f} Poisson",
    )
    assert waited == pytest.approx(expected, rel=0.1)


def run(lab: Lab, arrivals: str, rates: list[int]) -> tuple[dict[int, float], dict[int, float]]:
    """Return mean latency and CPU of the service per request, both in ms by rate."""
    name = f"queue-{arrivals.lower()}"
    factors = SPEC["factors"] | {"rate": rates}
    lab.submit(name, **SPEC | {"factors": factors}, load=LOAD | {"arrivals": arrivals})
    status = lab.wait(name, PATIENCE)
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    latencies: dict[int, list[float]] = {rate: [] for rate in rates}
    for trial in lab.trials(name).values():
        if trial["status"]["phase"] == "Succeeded" and trial["spec"]["role"] == "Measured":
            answered = trial["status"]["measurement"]["measurement"]["latency"]
            rate = trial["spec"]["cell"]["rate"]
            latencies[rate].append(Histogram.decode(answered).mean_us / 1000)
    costs = {
        row["cell"]["rate"]: row["cpuMicrosPerRequest"]["service"] / 1000
        for row in status["results"]
    }
    return {rate: fmean(means) for rate, means in latencies.items()}, costs
