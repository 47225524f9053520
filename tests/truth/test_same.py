"""A cell against itself: whatever tells the two apart is the machine's doing.

How far it may be from 1 is a bound for an idle machine, and no virtual one is idle: what shares
its cores and caches shows neither as steal nor as pressure. So k6 is the control. It sends the same
requests in both runs of a pair, and what its CPU per request differs by is not the service's.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable

import pytest

from tests.e2e.cluster_tools import Lab, condition
from tests.manifests import Json
from tests.truth.samples import load_of, submit_sample

pytestmark = pytest.mark.truth

COMPARISONS = 10
REPLICATES = 5
FIGURES = ("cpuMicros", "p95Ms")
BOUND = 0.03  # of CPU per request, where the control shows an idle machine


def test_at_most_one_of_ten_is_different(lab: Lab, measured):
    floors, controls = zip(
        *(floor_of(lab, f"same-{number}") for number in range(COMPARISONS)), strict=True
    )

    different = {name: sum(differs(floor[name]) for floor in floors) for name in FIGURES}
    apart = {name: [abs(floor[name]["ratio"] - 1) for floor in floors] for name in FIGURES}
    said = "; ".join(
        f"{name}: {different[name]} of {COMPARISONS} different, {spread(apart[name])}"
        for name in FIGURES
    )
    control = [abs(ratio - 1) for ratio in controls]
    claims = sum("low" in floor["p95Ms"] for floor in floors)
    measured(4, f"{said}; {claims} of p95 with an interval; k6's own CPU: {spread(control)}")
    assert all(count <= 1 for count in different.values())
    assert max(apart["cpuMicros"]) <= max(BOUND, *control)


def floor_of(lab: Lab, name: str) -> tuple[dict[str, Json], float]:
    """A cell's noise floor by figure, and the ratio of k6's own CPU per request."""
    load = load_of("noise-floor") | {"calibration": "0s"}
    submit_sample(lab, "noise-floor", name, replicates=REPLICATES, load=load)
    status = lab.wait(name, 300)
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    control = generator_ratio(lab.trials(name).values())
    lab.delete(name)
    floor = {each["figure"]: each for each in status["noiseFloor"]}
    ratios = [(f, *map(floor[f].get, ("ratio", "low", "high"))) for f in FIGURES]
    print(name, ratios, f"k6 {control:.4}")
    return floor, control


def generator_ratio(trials: Iterable[Json]) -> float:
    """The geometric mean over the blocks that have both runs."""
    blocks: dict[int, dict[str, float]] = defaultdict(dict)
    for trial in trials:
        if kept := trial["status"].get("measurement"):
            generator = kept["measurement"]["components"]["generator"]
            role = trial["spec"]["role"]
            blocks[trial["spec"]["replicate"]][role] = generator["cpu_micros_per_request"]
    logs = [
        math.log(block["ControlAgain"] / block["Measured"])
        for block in blocks.values()
        if len(block) == 2
    ]
    return math.exp(statistics.fmean(logs))


def spread(apart: Iterable[float]) -> str:
    values = sorted(apart)
    return f"at most {values[-1]:.1%} apart, half of them {statistics.median(values):.1%}"


def differs(floor: Json) -> bool:
    """Whether the two are said to differ; one that has no interval carries no claim."""
    return "low" in floor and not floor["low"] <= 1 <= floor["high"]
