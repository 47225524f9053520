"""tests/e2e/teams: short files that are accepted, plain scripts that ask the same, fitting pods."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from loadlab.base.quantities import milliseconds, seconds
from loadlab.model.resources import Experiment
from loadlab.plan import Images, Plan, make_plan
from loadlab_cluster.own_image import with_stand_ins
from tests.e2e import mesh
from tests.e2e.agreement import Ends, Figures, disagreements, of_row
from tests.e2e.cluster_tools import Lab
from tests.e2e.plain_k6 import build_k6_pod, plain_postgres, plain_service
from tests.manifests import Json
from tests.packaging.test_pod_security import pods_of, violations

TEAMS = Path(__file__).resolve().parents[1] / "e2e" / "teams"
FILES = sorted(TEAMS.rglob("*.yaml"))
MEASURED = sorted(file.parent.name for file in TEAMS.glob("*/plain.js"))
BUILT = sorted(file.parent.name for file in TEAMS.glob("*/Dockerfile"))
IMAGES = Images(services="s", k6="k6", postgres="p", redis="r", rabbitmq="mq")
MOST_LINES = 40


def experiment_of(file: Path) -> Json:
    (found,) = (
        document
        for document in yaml.safe_load_all(file.read_text())
        if document["kind"] == "LoadExperiment"
    )
    return dict(found)


def plan_of(file: Path) -> Plan:
    body = experiment_of(file)
    metadata = body["metadata"] | {"namespace": "team", "uid": "u"}
    return make_plan(Experiment.model_validate(body | {"metadata": metadata}), IMAGES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_file_is_short_and_accepted(file):
    lines = file.read_text().splitlines()
    plan = plan_of(file)

    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= 110
    assert plan.run_manifests(plan.trials[0], attempt=1)
    assert len(plan.trials) == 5  # of one cell: an interval


def test_there_are_three_applications_with_a_plain_script():
    assert MEASURED == ["crud", "documents", "meshed"]


@pytest.mark.parametrize("team", MEASURED)
def test_the_plain_script_makes_the_load_of_the_experiment(team):
    load = plan_of(TEAMS / team / "experiment.yaml").context.spec.load
    factors = experiment_of(TEAMS / team / "experiment.yaml")["spec"]["factors"]
    script = (TEAMS / team / "plain.js").read_text()
    ((factor, (level,)),) = factors.items()

    assert f"const SECONDS = {seconds(load.duration):g};" in script
    assert f"duration: '{seconds(load.warmup):g}s'" in script
    assert f"executor: '{load.executor.value}'" in script
    assert f"{ {'virtualUsers': 'vus', 'rate': 'rate'}[factor] }: {level}," in script
    if pause := milliseconds(load.request.think_time):
        assert f"sleep({pause / 1000:g});" in script


@pytest.mark.parametrize("team", BUILT)
def test_an_image_can_be_built_and_knows_nothing_of_loadlab(team):
    recipe = (TEAMS / team / "Dockerfile").read_text()
    locked = (TEAMS.parents[2] / "requirements" / "services.txt").read_text()
    wanted = re.findall(
        r"^([\w-]+)\S*==(\S+)$", (TEAMS / team / "requirements.txt").read_text(), re.MULTILINE
    )

    assert with_stand_ins(recipe, where="Dockerfile")
    assert "\nUSER 10001:10001\n" in recipe
    assert "loadlab" not in (TEAMS / team / "app.py").read_text().lower()
    for name, version in wanted:
        ours = re.search(rf"^{name}==(\S+) ", locked, re.MULTILINE)
        assert ours is None or ours[1] == version, name


class Recorder(Lab):
    """A namespace that takes everything."""

    def __init__(self) -> None:
        super().__init__("team")
        self.applied: list[Json] = []

    def kubectl(self, *arguments: str, stdin: str | None = None, timeout: float = 120) -> str:
        self.applied += list(yaml.safe_load_all(stdin)) if stdin else []
        return ""


def plain_pods() -> Iterator[Json]:
    lab = Recorder()
    for team in MEASURED:
        spec = experiment_of(TEAMS / team / "experiment.yaml")["spec"]
        beside = [mesh.sidecar("services")]
        with (
            plain_postgres(lab, spec),
            plain_service(lab, spec, TEAMS / team / "plain.js", beside=beside),
        ):
            pass
    for manifest in [*lab.applied, build_k6_pod("k6", "http://plain")]:
        yield from pods_of(manifest)


def test_the_plain_pods_meet_pod_security_restricted():
    pods = list(plain_pods())

    assert len(pods) == 2 * len(MEASURED) + 1
    assert [fault for pod in pods for fault in violations(pod)] == []


def test_a_plain_service_has_the_variables_and_limits_of_the_experiment():
    lab = Recorder()
    spec = experiment_of(TEAMS / "crud" / "experiment.yaml")["spec"]
    spec |= {"resources": {"service": {"cpu": "2", "cpuRequest": "20m"}}}
    database = {"name": "DATABASE_URL", "value": "postgresql://plain"}

    with plain_service(lab, spec, TEAMS / "crud" / "plain.js", env=[database]):
        (pod,) = [pod for manifest in lab.applied for pod in pods_of(manifest)]

    (container,) = pod["containers"]
    assert container["image"] == "localhost/teams-crud:dev"
    assert container["env"] == [database, *spec["variants"][0]["env"]]
    assert container["resources"]["limits"] == {"cpu": "2", "memory": "1Gi"}


def runs(*values: tuple[float, float, float]) -> list[Figures]:
    names = ("requestsPerSecond", "p50", "p95")
    return [{n: Ends(v, v) for n, v in zip(names, run, strict=True)} for run in values]


def test_figures_of_pairs_agree_though_the_machine_drifts():
    plain = [(100, 5, 20), (80, 9, 40), (60, 15, 70)]
    ours = [(99, 5.1, 21), (81, 9.4, 39), (59.5, 15.2, 72)]

    assert disagreements(runs(*ours), runs(*plain), ("one", "other")) == []


def test_a_figure_that_is_apart_is_named():
    plain = [(100, 5, 20), (80, 9, 40), (60, 15, 70)]
    ours = [(0.9 * rate, 1.3 * p50, 1.4 * p95) for rate, p50, p95 in plain]
    wrong = disagreements(runs(*ours), runs(*plain), ("one", "other"))

    assert [line.split(":")[0].strip() for line in wrong] == ["requestsPerSecond", "p50", "p95"]


def test_of_a_request_that_was_sent_late_both_ends_are_meant():
    row = {"requestsPerSecond": {"mean": 50.0}, "latencyMs": {"med": 4.0, "p95": 7.0}}
    figures = of_row(row | {"latencyFromSendMs": {"med": 3.0, "p95": 5.0}})

    assert figures["p95"] == Ends(5, 7)
    assert of_row(row)["p50"] == Ends(4, 4)
    plain = runs((50, 3.9, 6), (50, 3.1, 5.5), (50, 3.5, 6.5))
    assert disagreements([figures] * 3, plain, ("one", "other")) == []


def test_runs_that_would_hide_any_difference_are_no_agreement(capsys):
    plain = [(100, 50, 200)] * 5
    ours = [(100, 50 * share, 200) for share in (0.4, 0.7, 1, 1.6, 2.9)]
    (wrong,) = disagreements(runs(*ours), runs(*plain), ("one", "other"))

    assert "p50" in wrong
    assert "UNKNOWN within 5.0%" in wrong
    assert capsys.readouterr().out.count("the same within") == 2


def test_an_interval_beyond_what_is_allowed_is_not_called_the_same(capsys):
    """As it was measured: whether one is shorter by a third or longer by a quarter nobody knows."""
    plain = [(100, 50, 200)] * 5
    ours = [(100, 50 * share, 200) for share in (0.65, 0.75, 0.9, 1.05, 1.25)]

    assert disagreements(runs(*ours), runs(*plain), ("one", "other")) == []
    assert "not told apart within 5.0%" in capsys.readouterr().out
