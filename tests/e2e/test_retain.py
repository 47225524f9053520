"""What a failed experiment keeps with `retain: OnFailure`, by what its status says of it."""

import shlex

import pytest

from tests.e2e.cluster_tools import Lab, condition, eventually, run
from tests.manifests import Json

pytestmark = pytest.mark.e2e

# A service that runs and never says that it is ready.
NEVER_READY: Json = {
    "workload": "custom",
    "variants": [
        {
            "name": "shop",
            "image": "localhost/loadlab/own-service:dev",
            "readinessPath": "/there-is-none",
        }
    ],
    "factors": {"virtualUsers": [2]},
    "replicates": 1,
    "retry": {"attempts": 1},
    "timeouts": {"ready": "5s"},
    "placement": {"serviceCpu": "Shared"},
    "load": {"warmup": "0s", "duration": "2s", "request": {"path": "/work"}},
    "retain": "OnFailure",
    "retainFor": "5m",
}


def test_a_failed_service_stays_to_be_looked_at_until_it_is_cleared_away(lab: Lab):
    lab.submit("kept", **NEVER_READY)

    status = lab.wait("kept", 90)

    kept = status["retained"]
    print(f"{condition(status, 'Failed')['message']}\n{kept['look']}\n{kept['clear']}")
    assert status["phase"] == "Failed"
    (pod,) = [name for name in kept["pods"] if "steward" not in name]
    assert pod in run(*shlex.split(kept["look"]))
    assert "there-is-none" in lab.kubectl("logs", pod, "-c", "service")

    run(*shlex.split(kept["clear"]))

    eventually(lambda: not lab.leftovers("kept"), 30, "nothing is left of it")
    assert "retained" not in eventually(lambda: lab.status("kept"), 5, "its status")
    lab.delete("kept")
