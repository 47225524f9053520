"""k6 against nothing and a cell against itself, on the cluster: what the instrument itself adds."""

import pytest

from tests.e2e.cluster_tools import Lab, condition
from tests.e2e.premises import measure
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.measured]
SPEC: Json = {
    "workload": "reference",
    "variants": [{"name": "async"}],
    "factors": {"burnMicros": [1000], "delayMs": [5], "rate": [200]},
    "replicates": 2,
    "comparison": {"controlTwice": True},
    "load": {
        "executor": "constant-arrival-rate",
        "duration": "3s",
        "warmup": "1s",
        "settling": "0s",
        "calibration": "3s",
    },
}


def test_the_instrument_tells_of_itself(lab: Lab):
    status, node = measure(lab, "calibrated", 180, **SPEC)
    roles = [trial["spec"]["role"] for trial in lab.trials("calibrated").values()]
    lab.delete("calibrated")
    node.require()

    assert status["phase"] == "Succeeded", condition(status, "Finished")
    print(status["calibration"], status["noiseFloor"], status["preliminarySeconds"])
    assert sorted(roles) == ["Calibration", *["ControlAgain"] * 2, *["Measured"] * 2]
    found = status["calibration"]
    assert found["rate"] == 200
    assert 0 < found["p50Ms"] <= found["p99Ms"]
    assert found["p50Ms"] < 5  # less than the service waits
    assert found["ceilingPerSecond"] > 10 * 200
    (row,) = status["results"]
    assert (row["replicates"]["valid"], row["load"]) == (2, "Kept")
    floor = {each["figure"]: each for each in status["noiseFloor"]}
    assert set(floor) == {"cpuMicros", "p95Ms"}
    assert floor["cpuMicros"]["blocks"] == 2
    assert 0.8 < floor["cpuMicros"]["ratio"] < 1.25
