"""Experiments that each starve one resource: the status names it.

`test_samples.py` looks at what holds the samples back.
"""

import pytest

from tests.e2e.cluster_tools import Lab, condition
from tests.e2e.premises import measure

pytestmark = [pytest.mark.e2e, pytest.mark.measured]

LOAD = {"duration": "3s", "warmup": "1s"}
STARVED = {
    # It sleeps in its event loop.
    "blocked": (
        {
            "workload": "sleep",
            "variants": [{"name": "mixed-async"}],
            "factors": {"ms": [50], "virtualUsers": [16]},
        },
        {"mixed-async": "EventLoop"},
    ),
    "throttled": (
        {
            "workload": "sleep",
            "variants": [{"name": "async"}],
            "factors": {"ms": [1], "virtualUsers": [16]},
            "resources": {"service": {"cpu": "200m", "memory": "256Mi"}},
            "placement": {"serviceCpu": "Shared"},
        },
        {"async": "CpuThrottling"},
    ),
    # A new connection for each write costs Postgres 5 ms of CPU. The one connection of the pool is
    # held by its commit, as by a slow disk. The worker commits each entry apart.
    "ingest": (
        {
            "workload": "ingest",
            "variants": [{"name": "naive"}, {"name": "pooled"}, {"name": "queued-insert"}],
            "factors": {"poolSize": [1], "virtualUsers": [32], "consumers": [2]},
            "resources": {"postgres": {"cpu": "500m"}},
            "postgres": {"settings": {"commit_delay": "1500", "commit_siblings": "0"}},
        },
        {"naive": "Database", "pooled": "DatabasePool", "queued-insert": "Queue"},
    ),
}


@pytest.mark.parametrize("name", STARVED)
def test_the_starved_resource_is_named(lab: Lab, name):
    spec, expected = STARVED[name]
    status, node = measure(lab, name, 120, **spec, replicates=1, load=LOAD)
    lab.delete(name)

    assert status["phase"] == "Succeeded", condition(status, "Finished")
    rows = {row["cell"]["variant"]: row["bottleneck"] for row in status["results"]}
    for variant, found in rows.items():
        print(f"{variant}: {found['name']} ({found['confidence']}): {found['evidence']}")
    node.require()
    assert {variant: found["name"] for variant, found in rows.items()} == expected
    assert status["best"]["bottleneck"] == expected[status["best"]["cell"].partition("/")[0]]
