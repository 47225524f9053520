"""Cells compared at one rate: pilot trials find it, and what each cell carries."""

import pytest

from tests.e2e.cluster_tools import Lab, condition
from tests.e2e.premises import measure
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.measured]
BURNT = (1000, 3000)  # µs of the service's CPU for a request: it carries less than 330 a second
SPEC: Json = {
    "workload": "reference",
    "variants": [{"name": "async"}],
    "factors": {"burnMicros": list(BURNT), "delayMs": [0], "virtualUsers": [16]},
    "replicates": 1,
    "load": {"purpose": "Compare", "duration": "3s", "warmup": "1s"},
}


def test_cells_are_compared_at_half_of_what_the_slowest_carries(lab: Lab):
    status, node = measure(lab, "compared", 180, **SPEC)
    roles = [trial["spec"]["role"] for trial in lab.trials("compared").values()]
    lab.delete("compared")
    node.require()

    assert status["phase"] == "Succeeded", condition(status, "Finished")
    print(status["chosen"]["loads"], status["preliminarySeconds"])
    loads, rows = status["chosen"]["loads"], status["results"]
    (rate,) = {load["rate"] for load in loads}
    slowest = min(load["carries"] for load in loads)
    assert sorted(roles) == ["Measured", "Measured", "Pilot", "Pilot"]
    assert 0.4 * slowest < rate <= 0.5 * slowest < 0.5 * 1e6 / max(BURNT)
    assert [row["load"] for row in rows] == ["Kept", "Kept"]
    assert all(row["requests"] >= 0.99 * 1000 for row in rows)
    costs = [row["cpuMicrosPerRequest"]["service"] for row in rows]
    print(costs)
    assert costs[1] - costs[0] == pytest.approx(BURNT[1] - BURNT[0], rel=0.1)
