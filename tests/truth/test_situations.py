"""Situations that mislead, made on the cluster: the status names what holds the service back.

All sixteen are in tests/unit/analysis/test_situations.py, as the instruments see them. Those that
are not here need more than two CPUs, a hypervisor or a slow disk; those whose resource is simply
used up are in tests/e2e/test_bottlenecks.py.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
import yaml

from tests.e2e.cluster_tools import ANY_CPU, REPOSITORY, Lab, condition, run
from tests.e2e.plain_k6 import plain_postgres
from tests.manifests import Json

pytestmark = pytest.mark.truth

FOLDER = Path(__file__).parent / "hard"
IMAGE = "localhost/truth-hard:dev"
PATIENCE = 180
LOAD: Json = {"warmup": "2s", "duration": "6s"}
HARD: Json = {"name": "hard", "image": IMAGE, "instrumentsPort": 9000}
OWN: Json = {"workload": "select", "variants": [HARD]}
SMALL: Json = {"scale": 0.001}
SITUATIONS: dict[str, tuple[Json, str]] = {
    "a row lock": (
        {
            **OWN,
            "postgres": SMALL,
            "factors": {"virtualUsers": [32]},
            "load": {"request": {"path": "/locked"}},
        },
        "DatabaseLocks",
    ),
    "threads that hold connections": (
        {
            "workload": "select",
            "variants": [{"name": "sync"}],
            "postgres": SMALL,
            "factors": {"virtualUsers": [64], "poolSize": [40]},
            "resources": {"postgres": {"cpu": "250m"}},
        },
        "Database",
    ),
    "one user": (
        {
            "workload": "reference",
            "variants": [{"name": "async"}],
            "factors": {"virtualUsers": [1], "delayMs": [5]},
        },
        "Load",
    ),
    "overload": (
        {
            "workload": "reference",
            "variants": [{"name": "async"}],
            "factors": {"rate": [400], "burnMicros": [5000]},
            "load": {"executor": "constant-arrival-rate"},
        },
        "ServiceCpu",
    ),
    "a CPU that is full for half of the time": (
        {
            **OWN,
            "variants": [{**HARD, "env": [{"name": "AT_TIMES", "value": "1"}]}],
            "postgres": SMALL,
            "factors": {"rate": [40]},
            "load": {"executor": "constant-arrival-rate", "request": {"path": "/hashed"}},
        },
        "ServiceCpu",
    ),
    "an external database that is full": (
        {
            "workload": "select",
            "variants": [{"name": "async"}],
            "factors": {"virtualUsers": [32], "poolSize": [10]},
            "postgres": {"mode": "Existing", "secretRef": {"name": "external"}, **SMALL},
        },
        "Database",
    ),
    "a stranger on the shared CPU": (
        {
            "workload": "select",
            "variants": [{"name": "asyncpg"}],
            "postgres": SMALL,
            "factors": {"virtualUsers": [16], "poolSize": [10]},
            "placement": {"foreignCpu": ANY_CPU},
        },
        "NodeCpu",
    ),
}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The app with the wheel of the instruments, built as a team does."""
    folder = tmp_path_factory.mktemp("hard")
    shutil.copytree(FOLDER, folder / "app")
    source = folder / "services"
    shutil.copytree(REPOSITORY / "services", source)
    wheel = ["-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder / "app")]
    run(sys.executable, *wheel, str(source), timeout=120)
    run(sys.executable, "-m", "loadlab_cluster", "image", folder / "app", "truth-hard", timeout=300)


@pytest.mark.parametrize("name", SITUATIONS)
def test_what_holds_it_back_is_named(lab: Lab, measured, image: None, name: str):
    spec, expected = SITUATIONS[name]
    beside = {"an external database that is full": external, "a stranger on the shared CPU": busy}
    with beside.get(name, nullcontext)(lab):
        lab.submit("hard", **{**spec, "replicates": 1, "load": LOAD | spec.get("load", {})})
        status = lab.wait("hard", PATIENCE)
        lab.delete("hard")

    (row,) = status["results"]
    found = row["bottleneck"]
    measured(21, f"{name}: {found['name']} ({found['confidence']}): {found['evidence']}")
    assert status["phase"] == "Succeeded", condition(status, "Finished")
    assert found["name"] == expected
    assert found.get("remedy") or expected == "Load"


@contextmanager
def external(lab: Lab) -> Iterator[None]:
    """A Postgres that is none of the experiment's, with a quarter of a CPU."""
    with plain_postgres(lab, {}, cpu="250m") as url:
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "external"}}
        secret |= {"stringData": {"url": url}}
        lab.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(secret))
        yield


@contextmanager
def busy(_lab: Lab) -> Iterator[None]:
    """A process of nobody's on the CPU that no pod has alone."""
    command = ["taskset", "-c", "0", sys.executable, "-c", "while True: pass"]
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.kill()
        process.wait()
