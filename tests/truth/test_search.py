"""The search for a capacity, held against the sweep of all rates of its range."""

import pytest

from tests.e2e.cluster_tools import Lab, condition
from tests.manifests import Json

pytestmark = pytest.mark.truth

STEP = 1.05
REPLICATES = 3
MOST_LEVELS = 20  # of a factor: of a search that began far below, the sweep is of the upper ones
BOUND_MS = 100
SHORT: Json = {"duration": "4s", "warmup": "1s"}
SPEC: Json = {
    "workload": "reference",
    "variants": [{"name": "async"}],
    "successCriteria": [
        {"name": "tail", "metric": "http_req_duration", "threshold": f"p(95)<{BOUND_MS}"}
    ],
}
BURNER: Json = {"burnMicros": [2500], "delayMs": [0]}


def test_a_search_finds_what_a_sweep_finds(lab: Lab, measured):
    load = SHORT | {"purpose": "Capacity", "search": {}}
    searched = run(lab, "searched", 500, factors=BURNER | {"virtualUsers": [8]}, load=load)
    (found,), (chosen,) = searched["capacity"], searched["chosen"]["loads"]
    print("searched", chosen["rates"], found)
    rates = steps(min(chosen["rates"]), max(chosen["rates"]))[-MOST_LEVELS:]
    load = SHORT | {"executor": "constant-arrival-rate", "arrivals": "Poisson"}
    swept = run(
        lab,
        "swept",
        900,
        factors=BURNER | {"rate": rates},
        load=load,
        replicates=REPLICATES,
        maxTrials=REPLICATES * len(rates),
    )
    best, trials = highest_that_holds(swept), REPLICATES * len(rates)

    measured(
        9,
        f"searched {found['atLeast']:.0f}/s by {found['trials']} trials ({found['ended']}, then "
        f"{found['belowOutcome']} by {found['limitedBy']}); swept {best}/s by {trials} trials",
    )
    assert found["ended"] == "Found"
    assert found["atLeast"] == pytest.approx(best, rel=0.1)
    assert found["trials"] <= 0.4 * trials


def steps(low: int, high: int) -> list[int]:
    """List the rates of a range, both ends included."""
    rates = [low]
    while rates[-1] < high:
        rates.append(min(high, round(rates[-1] * STEP)))
    return rates


def highest_that_holds(status: Json) -> int:
    """Return the last rate before the first one that fails, by the mean of its replicates."""
    rows = sorted(status["results"], key=lambda row: row["cell"]["rate"])
    best = 0
    for row in rows:
        if row["load"] != "Kept" or row["latencyMs"]["p95"] >= BOUND_MS:
            break
        best = row["cell"]["rate"]
    return best


def run(lab: Lab, name: str, seconds: int, **spec: object) -> Json:
    lab.submit(name, **SPEC, **spec)
    status = lab.wait(name, seconds)
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    return status
