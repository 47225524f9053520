"""The search for a capacity, of a service that burns a known amount of CPU for each request."""

import pytest

from tests.e2e.cluster_tools import Lab, condition
from tests.e2e.premises import measure
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.measured]
BURNT = 2500  # µs of the service's one CPU for a request: it carries less than 400 a second
SPEC: Json = {
    "workload": "reference",
    "variants": [{"name": "async"}],
    "factors": {"burnMicros": [BURNT], "delayMs": [0], "virtualUsers": [8]},
    "load": {"purpose": "Capacity", "search": {"within": "20%"}, "duration": "3s", "warmup": "1s"},
    "maxTrials": 10,
    "successCriteria": [{"name": "tail", "metric": "http_req_duration", "threshold": "p(95)<100"}],
}


def test_a_search_ends_below_what_the_burner_leaves_of_a_cpu(lab: Lab):
    status, node = measure(lab, "searched", 240, **SPEC)
    lab.delete("searched")
    node.require()

    assert status["phase"] == "Succeeded", condition(status, "Finished")
    (found,), (load,) = status["capacity"], status["chosen"]["loads"]
    print(found, load)
    assert (found["ended"], found["belowOutcome"]) == ("Found", "Failed"), found
    assert found["limitedBy"] == "ServiceCpu"
    assert found["atLeast"] < 1e6 / BURNT
    assert 0.6 * load["carries"] < found["atLeast"] < found["below"] < 1.3 * load["carries"]
    assert status["verdict"] == "Passed"
