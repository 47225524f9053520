"""A queue whose mean wait is known: requests that burn on one event loop, one after the other."""

from statistics import fmean, pvariance

import pytest

from loadlab.measurement.histogram import Histogram
from tests.e2e.cluster_tools import Lab, condition
from tests.manifests import Json

pytestmark = pytest.mark.truth

RATE = 20  # a second
SPEC: Json = {
    "workload": "reference",
    "variants": [{"name": "async"}],
    "factors": {"delayMs": [0], "burnMicros": [20_000]},
}
OPEN: Json = {"executor": "constant-arrival-rate", "warmup": "1s"}
# A loop that always has a next request serves one after the other: the time of each is 1 / X.
USERS = 4
FULL: Json = {"replicates": 2, "seconds": 20}
# Of n arrivals that are 42 % busy the mean wait has a standard error of some 3 waits / sqrt(n), as
# one long wait makes others: 12,000 know it to 2.6 %. By 3,000 it was 10.06 % below the formula.
EVEN: Json = {"replicates": 4, "seconds": 20}
POISSON: Json = {"replicates": 10, "seconds": 60}
PATIENCE = 1100


def test_poisson_arrivals_wait_as_long_as_the_formula_says(lab: Lab, measured):
    """Theirs is rate x E[service²] / 2(1 - rate x E[service]) (M/G/1, Pollaczek and Khinchine).

    A service is what occupies the loop, not what an answer takes, of which network and generator
    have a part: by the utilisation law a full loop serves one request in that time (Denning and
    Buzen 1978). How far services differ is told by even arrivals, which never wait.
    """
    full, _ = run(lab, "full", FULL, {"executor": "constant-vus"}, {"virtualUsers": [USERS]})
    _, even = run(lab, "even", EVEN, OPEN | {"arrivals": "Even"}, {"rate": [RATE]})
    _, poisson = run(lab, "poisson", POISSON, OPEN | {"arrivals": "Poisson"}, {"rate": [RATE]})
    service = 1000 / full["requestsPerSecond"]["mean"]
    square = service**2 + pvariance(even)
    waited, busy = fmean(poisson) - fmean(even), RATE * service / 1000
    expected = RATE / 1000 * square / (2 * (1 - busy))

    measured(
        10,
        f"a service of {service:.2f} ms, busy for {busy:.1%} of the time: {waited:.2f} ms waited, "
        f"{expected:.2f} by the formula; mean latency {fmean(even):.2f} ms even, "
        f"{fmean(poisson):.2f} Poisson",
    )
    assert waited == pytest.approx(expected, rel=0.1)


def run(lab: Lab, kind: str, size: Json, load: Json, factors: Json) -> tuple[Json, list[float]]:
    """Return the row, and latencies in ms from the intended start, of all replicates."""
    name = f"queue-{kind}"
    spec = SPEC | {"factors": SPEC["factors"] | factors, "replicates": size["replicates"]}
    lab.submit(name, **spec, load=load | {"duration": f"{size['seconds']}s"})
    status = lab.wait(name, PATIENCE)
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    found = list[float]()
    for trial in lab.trials(name).values():
        if trial["status"]["phase"] == "Succeeded" and trial["spec"]["role"] == "Measured":
            found += values_ms(trial["status"]["measurement"]["measurement"]["latency"])
    return status["results"][0], found


def values_ms(histogram: str) -> list[float]:
    """Return each value of a histogram, to the width of its buckets."""
    found = Histogram.decode(histogram)
    ranks = (100 * (rank + 0.5) / found.count for rank in range(found.count))
    return [found.percentile_us(rank) / 1000 for rank in ranks]
