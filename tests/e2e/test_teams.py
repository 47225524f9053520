"""Three applications as teams write them: each measured by a short file, and held against plain k6.

Both take turns, an experiment of one replicate and a plain run, so that a machine that drifts has
its part in both of a pair.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

import pytest
import yaml

from tests.e2e import mesh
from tests.e2e.agreement import disagreements, of_row, of_run
from tests.e2e.cluster_tools import Lab, RefusedError, condition, eventually, run
from tests.e2e.plain_k6 import PlainService, plain_postgres, plain_service
from tests.e2e.premises import QuietNode
from tests.manifests import Json

pytestmark = [pytest.mark.e2e, pytest.mark.measured, pytest.mark.timeout(900)]

TEAMS = Path(__file__).parent / "teams"
TURNS = 5
MOST_SECONDS = 120
LIMITS = {"min": {"cpu": "20m"}, "default": {"cpu": "1"}, "defaultRequest": {"cpu": "20m"}}


def spec_of(file: Path) -> Json:
    documents = yaml.safe_load_all(file.read_text())
    return next(dict(each["spec"]) for each in documents if each["kind"] == "LoadExperiment")


def build_image(team: str) -> None:
    """As the tutorial says it: make image DIR=… NAME=…."""
    run(
        sys.executable, "-m", "loadlab_cluster", "image", TEAMS / team, f"teams-{team}", timeout=400
    )


def measure(lab: Lab, file: Path) -> Json:
    """Run a file's experiment for one replicate, and return its only row."""
    name = f"teams-{file.parent.name}" + ("" if file.stem == "experiment" else f"-{file.stem}")
    lab.delete(name)
    *others, experiment = yaml.safe_load_all(file.read_text())
    experiment["spec"] |= {"replicates": 1}
    experiment["spec"]["load"] |= {"settling": "0s"}
    lab.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all([*others, experiment]))
    try:
        status = lab.wait(name, MOST_SECONDS)
    except RefusedError as error:
        raise AssertionError(f"{error}: {lab.status(name)}, {lab.leftovers(name)}") from error
    assert status["phase"] == "Succeeded", condition(status, "Failed")
    (row,) = status["results"]
    assert row["validity"] != "Invalid", row["reasons"]
    assert row["failedRate"] == 0, row["failures"]
    eventually(lambda: not lab.leftovers(name), 60, f"{name}'s children gone")
    lab.delete(name)
    return dict(row)


def hold(lab: Lab, team: str, plain: PlainService) -> None:
    """Measure a team's service by LoadLab and by plain k6: the figures are the same."""
    node = QuietNode()
    rows, runs = [], []
    for _ in range(TURNS):
        rows.append(of_row(measure(lab, TEAMS / team / "experiment.yaml")))
        print(rows[-1])
        run = plain.run()
        assert run["failedRate"] == 0, run
        runs.append(of_run(run))

    wrong = disagreements(rows, runs, ("LoadLab", "plain k6"))
    node.require()
    assert wrong == []


@pytest.fixture
def secret(lab: Lab) -> Iterator[None]:
    """As the head of crud/experiment.yaml says it."""
    name, value = "teams-crud", "jwt-secret=a-secret-of-32-bytes-for-tests-only"
    lab.kubectl("delete", "secret", name, "--ignore-not-found")
    lab.kubectl("create", "secret", "generic", name, f"--from-literal={value}")
    yield
    lab.kubectl("delete", "secret", name)


def test_a_crud_service_with_a_login_and_a_database(lab: Lab, secret: None):
    spec = spec_of(TEAMS / "crud" / "experiment.yaml")
    build_image("crud")

    with plain_postgres(lab, spec) as url:
        env = [{"name": "DATABASE_URL", "value": url}]
        with plain_service(lab, spec, TEAMS / "crud" / "plain.js", env) as plain:
            plain.exec(*spec["preparation"]["command"])
            hold(lab, "crud", plain)


def test_an_upload_and_search_service_with_background_tasks(lab: Lab):
    spec = spec_of(TEAMS / "documents" / "experiment.yaml")
    build_image("documents")

    with plain_service(lab, spec, TEAMS / "documents" / "plain.js") as plain:
        hold(lab, "documents", plain)


@pytest.fixture
def meshed(lab: Lab, tmp_path: Path) -> Iterator[Lab]:
    """A namespace with a LimitRange, where LoadLab's pods get a sidecar."""
    limits = [{"type": "Container", **LIMITS}]
    body: Json = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "teams"}}
    mesh.remove(lab)
    try:
        lab.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(body | {"spec": {"limits": limits}}))
        mesh.install(lab, tmp_path)
        yield lab
    finally:
        mesh.remove(lab)
        lab.kubectl("delete", "limitrange", "teams", "--ignore-not-found", "--wait")


def test_a_service_behind_a_sidecar_in_a_namespace_with_a_limit_range(meshed: Lab):
    spec = spec_of(TEAMS / "meshed" / "experiment.yaml")
    beside = [mesh.sidecar(mesh.services_image())]

    with plain_service(meshed, spec, TEAMS / "meshed" / "plain.js", beside=beside) as plain:
        hold(meshed, "meshed", plain)


def test_login_then_read_by_steps_and_by_a_script_are_the_same(lab: Lab):
    node = QuietNode()
    files = [TEAMS / "login" / f"{name}.yaml" for name in ("steps", "script")]
    steps, scripts = zip(
        *([measure(lab, file) for file in files] for _ in range(TURNS)), strict=True
    )
    lab.kubectl("delete", "configmap", "teams-login", "--ignore-not-found")

    # Both make two requests in an iteration.
    costs = [
        2 * fmean(row["cpuMicrosPerRequest"]["generator"] for row in rows)
        for rows in (steps, scripts)
    ]
    print(f"generator CPU an iteration: steps {costs[0]:.0f} µs, script {costs[1]:.0f} µs")
    print(f"steps over script: {costs[0] / costs[1]:.3f}")
    wrong = disagreements(
        [of_row(row) for row in steps], [of_row(row) for row in scripts], ("steps", "script")
    )
    node.require()
    assert wrong == []
