"""The shortest experiment there is, and how long it takes until something of it is so."""

import time
from collections.abc import Callable

from tests.e2e.cluster_tools import Lab, eventually
from tests.manifests import Json

NAP: Json = {
    "workload": "sleep",
    "variants": [{"name": "async"}],
    "factors": {"ms": [10], "virtualUsers": [1]},
    "replicates": 1,
    "load": {"duration": "2s", "warmup": "0s", "settling": "0s"},
}


def begun(lab: Lab, name: str) -> object:
    return lab.status(name).get("startTime")


def seconds_until(check: Callable[[], object], most: float, what: str) -> float:
    began = time.monotonic()
    eventually(check, most, what, every=0.1)
    return time.monotonic() - began
