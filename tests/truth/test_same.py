"""A cell against itself: whatever tells the two apart is the machine's doing."""

import pytest

from tests.e2e.cluster_tools import Lab, condition
from tests.manifests import Json
from tests.truth.samples import load_of, submit_sample

pytestmark = pytest.mark.truth

COMPARISONS = 10
REPLICATES = 5
FIGURES = ("cpuMicros", "p95Ms")
BOUND = 0.03  # of CPU per request, on an idle machine


def test_at_most_one_of_ten_is_different(lab: Lab, measured):
    floors = [floor_of(lab, f"same-{number}") for number in range(COMPARISONS)]

    different = {name: sum(differs(floor[name]) for floor in floors) for name in FIGURES}
    widest = {name: max(abs(floor[name]["ratio"] - 1) for floor in floors) for name in FIGURES}
    said = "; ".join(
        f"{name}: {different[name]} of {COMPARISONS} different, at most {widest[name]:.1%} apart"
        for name in FIGURES
    )
    claims = sum("low" in floor["p95Ms"] for floor in floors)
    measured(4, f"{said}; {claims} of p95 with an interval")
    assert all(count <= 1 for count in different.values())
    assert widest["cpuMicros"] <= BOUND


def floor_of(lab: Lab, name: str) -> dict[str, Json]:
    load = load_of("noise-floor") | {"calibration": "0s"}
    submit_sample(lab, "noise-floor", name, replicates=REPLICATES, load=load)
    status = lab.wait(name, 300)
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    lab.delete(name)
    floor = {each["figure"]: each for each in status["noiseFloor"]}
    print(name, [(f, *map(floor[f].get, ("ratio", "low", "high"))) for f in FIGURES])
    return floor


def differs(floor: Json) -> bool:
    """Whether the two are said to differ; one that has no interval carries no claim."""
    return "low" in floor and not floor["low"] <= 1 <= floor["high"]
