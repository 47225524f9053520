"""One app's CPU per request by its instruments, by its Prometheus endpoint and by the meter."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cluster_tools import REPOSITORY, Lab, condition, run
from tests.e2e.premises import measure
from tests.e2e.test_running_service import CONTAINER
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.measured]

IMAGE = "localhost/metered:dev"
FOLDER = REPOSITORY / "tests" / "e2e" / "metered"
SHOP = "told-by-prometheus"
ALLOWED = 0.03  # of the mean of the three
APART = {"cpu": "1", "memory": "256Mi"}
DEPLOYED: list[Json] = [
    {
        "name": "wheel",
        "image": IMAGE,
        "instrumentsPort": 9000,
        "env": [{"name": "METER", "value": "wheel"}],
    },
    {"name": "meter", "image": IMAGE},
]
RUNNING: list[Json] = [
    {
        "name": "prometheus",
        "service": {"name": SHOP, "port": 80},
        "metrics": {"port": 80, "path": "/metrics"},
    }
]  # one that runs already is compared with no other
SPEC: Json = {
    "workload": "custom",
    "factors": {"rate": [40]},
    "placement": {"serviceCpu": "Shared"},
    "replicates": 5,
    "load": {
        "executor": "constant-arrival-rate",
        "warmup": "2s",
        "duration": "8s",
        "request": {"path": "/work"},
    },
}


def build(folder: Path) -> None:
    """Build the image with the wheel as a team does; the folder is one of nobody's."""
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    wheel = ["-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder)]
    source = folder.parent / "services"
    shutil.copytree(REPOSITORY / "services", source)  # so that no build/ is left in the tree
    run(sys.executable, *wheel, str(source), timeout=120)
    run(sys.executable, "-m", "loadlab_cluster", "image", str(folder), "metered", timeout=300)


def told_by_prometheus() -> list[Json]:
    labels = {"app": SHOP}
    container = CONTAINER | {
        "image": IMAGE,
        "resources": {"limits": APART, "requests": APART | {"cpu": "20m"}},
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    deployment = {"selector": {"matchLabels": labels}, "template": template}
    service = {"selector": labels, "ports": [{"port": 80, "targetPort": 8000}]}
    meta = {"name": SHOP, "labels": labels}
    return [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": deployment},
        {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": service},
    ]


@pytest.fixture
def running(lab: Lab, tmp_path: Path) -> Iterator[Lab]:
    build(tmp_path / "metered")
    try:
        for each in told_by_prometheus():
            lab.kubectl("apply", "-f", "-", stdin=json.dumps(each))
        lab.kubectl("rollout", "status", f"deployment/{SHOP}", "--timeout=60s")
        yield lab
    finally:
        lab.kubectl("delete", "deployment,service", SHOP, "--ignore-not-found")


def told(lab: Lab, name: str, variants: list[Json]) -> dict[str, float]:
    status, node = measure(lab, name, 300, **SPEC, variants=variants)
    lab.delete(name)
    node.require()
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    return {
        row["cell"]["variant"]: row["cpuMicrosPerRequest"]["service"] for row in status["results"]
    }


def test_all_three_tell_the_same(running: Lab):
    costs = told(running, "two-meters", DEPLOYED) | told(running, "third-meter", RUNNING)

    mean = sum(costs.values()) / len(costs)
    apart = {name: f"{value / mean - 1:+.1%}" for name, value in costs.items()}
    print(f"CPU µs per request of the service: {costs}; from their mean {apart}")
    assert set(costs) == {"wheel", "meter", "prometheus"}
    assert all(abs(value - mean) <= ALLOWED * mean for value in costs.values())
