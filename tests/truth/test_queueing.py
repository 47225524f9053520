"""A queue whose mean wait is known: requests that burn on one event loop, one after the other."""

from statistics import fmean

import pytest

from loadlab.measurement.histogram import Histogram
from tests.e2e.cluster_tools import Lab, condition
from tests.manifests import Json

pytestmark = pytest.mark.truth

RATE = 80  # a second
SPEC: Json = {
    "workload": "reference",
    "variants": [{"name": "async"}],
    "factors": {"rate": [RATE], "delayMs": [0], "burnMicros": [5000]},
    "replicates": 4,
}
LOAD: Json = {"executor": "constant-arrival-rate", "duration": "15s", "warmup": "1s"}
PATIENCE = 400


def test_poisson_arrivals_wait_as_long_as_the_formula_says(lab: Lab, measured):
    """Even ones never wait: what they take more than the burning is not the queue's.

    The mean wait is rate x service² / 2(1 - rate x service) where each service takes as long as any
    other (M/D/1, Pollaczek and Khinchine). The loop serves nothing while it burns and answers, so
    that a service is what a request costs it in CPU.
    """
    even, _ = run(lab, "Even")
    poisson, service = run(lab, "Poisson")
    waited, busy = poisson - even, RATE * service / 1000
    expected = service * busy / (2 * (1 - busy))

    measured(
        10,
        f"a service of {service:.2f} ms, busy for {busy:.1%} of the time: {waited:.2f} ms waited, "
        f"{expected:.2f} by the formula; mean latency {even:.2f} ms even, {poisson:.2f} Poisson",
    )
    assert waited == pytest.approx(expected, rel=0.1)


def run(lab: Lab, arrivals: str) -> tuple[float, float]:
    """Return the mean latency of all trials, and what a request costs the service in CPU, in ms."""
    name = f"queue-{arrivals.lower()}"
    lab.submit(name, **SPEC, load=LOAD | {"arrivals": arrivals})
    status = lab.wait(name, PATIENCE)
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    means = [
        Histogram.decode(trial["status"]["measurement"]["measurement"]["latency"]).mean_us
        for trial in lab.trials(name).values()
        if trial["status"]["phase"] == "Succeeded" and trial["spec"]["role"] == "Measured"
    ]
    (row,) = status["results"]
    return fmean(means) / 1000, row["cpuMicrosPerRequest"]["service"] / 1000
