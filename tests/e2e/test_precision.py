"""The number of replicates follows from the noise of the first: computed once, and bound."""

import pytest

from tests.e2e.cluster_tools import Lab, condition
from tests.e2e.premises import measure
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.measured]
PILOT, MOST = 3, 4
SPEC: Json = {
    "workload": "reference",
    "variants": [{"name": "async"}],
    "factors": {"burnMicros": [500], "delayMs": [0], "rate": [200]},
    "replicates": PILOT,
    # No noise is so low: what may be spent is spent.
    "precision": {"figure": "cpuMicros", "halfWidth": "0.1%", "maxReplicates": MOST},
    "load": {"executor": "constant-arrival-rate", "duration": "2s", "warmup": "1s"},
}


def test_replicates_grow_as_far_as_they_may(lab: Lab):
    status, node = measure(lab, "precise", 180, **SPEC)
    blocks = {trial["spec"]["replicate"] for trial in lab.trials("precise").values()}
    lab.delete("precise")
    node.require()

    assert status["phase"] == "Succeeded", condition(status, "Finished")
    print(status["precision"])
    found = status["precision"]
    assert (found["pilot"], found["blocks"], len(blocks)) == (PILOT, MOST, MOST)
    assert found["needed"] > MOST
    assert found["achieved"] > 0.001
    assert found["message"].startswith("cpuMicros is known within ")
    assert status["chosen"]["replicates"] == MOST
