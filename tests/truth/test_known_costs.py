"""CPU per request, held against services that burn a known amount of it."""

import pytest

from tests.e2e.cluster_tools import Lab, condition
from tests.manifests import Json

pytestmark = pytest.mark.truth

BURNT = 2000  # us of CPU for each request
MORE = 0.05  # of all that a request costs
LOAD: Json = {"executor": "constant-arrival-rate", "duration": "4s", "warmup": "1s"}
OPEN: Json = {"workload": "reference", "variants": [{"name": "async"}], "load": LOAD}
PUT_OFF = 4000  # us of the worker's CPU for each message
KEPT, TOO_MUCH = 100, 400  # a second: what the worker keeps up with, and what it does not


def test_a_burner_and_one_at_five_percent_more(lab: Lab, measured):
    pilot = run(lab, "pilot", 300, replicates=2, **OPEN, factors=burners(0, BURNT))
    nothing, burner = (cost_of(pilot, "burnMicros", burnt) for burnt in (0, BURNT))
    dearer = BURNT + round(MORE * burner)
    status = run(lab, "burner", 900, replicates=20, **OPEN, factors=burners(BURNT, dearer, 0))
    nothing, burner = (cost_of(status, "burnMicros", burnt) for burnt in (0, BURNT))
    (found,) = [
        each
        for each in status["comparisons"]
        if each["figure"].startswith("cpuMicros") and f"burnMicros={dearer}" in each["of"]
    ]

    measured(
        3,
        f"{BURNT} us cost {burner - nothing:.0f} us more than none ({nothing:.0f} us); "
        f"+{dearer - BURNT} us: {found['outcome']}, {found['ratio']} "
        f"[{found['low']}, {found['high']}] by {found['blocks']} blocks, p {found['p']}",
    )
    assert burner - nothing == pytest.approx(BURNT, rel=0.05)
    assert found["outcome"] == "Regressed"
    assert found["low"] <= 1 + MORE <= found["high"]


def test_work_that_is_put_off(lab: Lab, measured):
    """Each difference is between cells of one kind: both keep up, or both fall behind.

    A worker without work keeps up with any rate; what its two consumers ask of the stores it sends
    together, which it no longer does while it burns. That alone is 0.1 to 0.2 ms of a message,
    and the longer it burns the less of it is together: so the work is large beside it.
    """
    spec = OPEN | {"variants": [{"name": "queued"}], "replicates": 3}
    levels = [0, PUT_OFF, 2 * PUT_OFF]
    factors = {"rate": [KEPT, TOO_MUCH], "delayMs": [0], "putOffMicros": levels}
    status = run(lab, "put-off", 900, **spec, factors=factors)
    cost = {
        (row["cell"]["rate"], row["cell"]["putOffMicros"]): row["cpuMicrosPerRequest"]["worker"]
        for row in status["results"]
    }
    kept = cost[KEPT, PUT_OFF] - cost[KEPT, 0]
    behind = cost[TOO_MUCH, 2 * PUT_OFF] - cost[TOO_MUCH, PUT_OFF]

    measured(
        8,
        f"{PUT_OFF} us of the worker: {kept:.0f} us at {KEPT}/s; {behind:.0f} us more than as much "
        f"again at {TOO_MUCH}/s (than nothing: {cost[TOO_MUCH, PUT_OFF] - cost[TOO_MUCH, 0]:.0f})",
    )
    assert kept == pytest.approx(PUT_OFF, rel=0.05)
    assert behind == pytest.approx(PUT_OFF, rel=0.05)


def burners(*micros: int) -> Json:
    return {"rate": [200], "delayMs": [0], "burnMicros": [*micros]}


def cost_of(status: Json, factor: str, level: int) -> float:
    """CPU of the service for a request, us, in the one cell of a level."""
    (row,) = [row for row in status["results"] if row["cell"][factor] == level]
    return float(row["cpuMicrosPerRequest"]["service"])


def run(lab: Lab, name: str, seconds: int, **spec: object) -> Json:
    lab.submit(name, **spec)
    status = lab.wait(name, seconds)
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    return status
