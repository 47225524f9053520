"""A queue whose mean wait is known: requests that burn on one event loop, one after the other."""

from statistics import fmean

import pytest

from loadlab.measurement.histogram import Histogram
from tests.e2e.cluster_tools import Lab, condition
from tests.manifests import Json

pytestmark = pytest.mark.truth

RATE = 20  # a second
SPEC: Json = {
    "workload": "reference",
    "variants": [{"name": "async"}],
    # Long beside what HTTP and the instruments take, of which nobody knows what occupies the loop.
    "factors": {"delayMs": [0], "burnMicros": [20_000], "rate": [RATE]},
}
LOAD: Json = {"executor": "constant-arrival-rate", "warmup": "1s"}
# Of n arrivals that are 42 % busy the mean wait has a standard error of some 3 waits / sqrt(n), as
# one long wait makes others: 12,000 know it to 2.6 %. By 3,000 it was 10.06 % below the formula.
EVEN: Json = {"replicates": 4, "seconds": 20}
POISSON: Json = {"replicates": 10, "seconds": 60}
PATIENCE = 1100


def test_poisson_arrivals_wait_as_long_as_the_formula_says(lab: Lab, measured):
    """Even ones never wait: what they take, from the send, is the service.

    The mean wait is rate x E[service²] / 2(1 - rate x E[service]) (M/G/1, Pollaczek and Khinchine;
    M/D/1 where all services take as long). The loop serves nothing while it burns and answers.
    """
    even, sent = run(lab, "Even", **EVEN)
    poisson, _ = run(lab, "Poisson", **POISSON)
    service, square = fmean(sent), fmean(each * each for each in sent)
    waited, busy = fmean(poisson) - fmean(even), RATE * service / 1000
    expected = RATE / 1000 * square / (2 * (1 - busy))

    measured(
        10,
        f"a service of {service:.2f} ms, busy for {busy:.1%} of the time: {waited:.2f} ms waited, "
        f"{expected:.2f} by the formula; mean latency {fmean(even):.2f} ms even, "
        f"{fmean(poisson):.2f} Poisson",
    )
    assert waited == pytest.approx(expected, rel=0.1)


def run(lab: Lab, arrivals: str, replicates: int, seconds: int) -> tuple[list[float], list[float]]:
    """Return latencies in ms from the intended start and from the send, of all replicates."""
    name = f"queue-{arrivals.lower()}"
    load = LOAD | {"arrivals": arrivals, "duration": f"{seconds}s"}
    lab.submit(name, **SPEC, replicates=replicates, load=load)
    status = lab.wait(name, PATIENCE)
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    intended, sent = list[float](), list[float]()
    for trial in lab.trials(name).values():
        if trial["status"]["phase"] == "Succeeded" and trial["spec"]["role"] == "Measured":
            found = trial["status"]["measurement"]["measurement"]
            intended += values_ms(found["latency"])
            sent += values_ms(found["sending"]["latency"])
    return intended, sent


def values_ms(histogram: str) -> list[float]:
    """Return each value of a histogram, to the width of its buckets."""
    found = Histogram.decode(histogram)
    ranks = (100 * (rank + 0.5) / found.count for rank in range(found.count))
    return [found.percentile_us(rank) / 1000 for rank in ranks]
