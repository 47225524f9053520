"""The chart, rendered by Helm 3 and 4, for each file of values in its ci folder."""

import re
import shutil
import tarfile
import textwrap
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from prometheus_client.core import Metric
from prometheus_client.samples import Sample

from loadlab.controller.metrics import Metrics
from loadlab.controller.settings import DEFAULT_IMAGES, from_environment
from loadlab.model.resources import Experiment
from tests.manifests import Json

REPOSITORY = Path(__file__).resolve().parents[2]
CHART = REPOSITORY / "charts" / "loadlab"
VALUES = sorted((CHART / "ci").glob("*-values.yaml"))
EMBEDDED = REPOSITORY / "cluster" / "values.yaml"
KUBERNETES = "--kube-version=1.34.0"
NOT_BUILT_IN = ("apiextensions.k8s.io/v1",)

pytestmark = pytest.mark.integration
each_values_file = pytest.mark.parametrize(
    "values", [*VALUES, EMBEDDED], ids=lambda path: f"{path.parent.name}/{path.stem}"
)


def deployment(objects: list[Json]) -> Json:
    (found,) = [item for item in objects if item["kind"] == "Deployment"]
    return found


def environment(objects: list[Json]) -> dict[str, str]:
    (container,) = deployment(objects)["spec"]["template"]["spec"]["containers"]
    return {each["name"]: each["value"] for each in container["env"] if "value" in each}


def names(objects: list[Json], kind: str) -> set[str]:
    return {item["metadata"]["name"] for item in objects if item["kind"] == kind}


@each_values_file
def test_lint_has_nothing_to_say(run_helm, values):
    done = run_helm("lint", "--strict", str(CHART), KUBERNETES, f"--values={values}")

    assert done.returncode == 0, done.stdout + done.stderr


@each_values_file
def test_objects_are_valid(render, values):
    objects = [o for o in render(f"--values={values}") if o["apiVersion"] not in NOT_BUILT_IN]

    assert objects
    for item in objects:
        kubernetes_validate.validate(item, "1.34", strict=True)


@pytest.mark.parametrize(
    "setting",
    [
        "replicas=2",
        "crds.remove=true",
        "crds.keep=yes please",
        "images.k6.repository=",
        "images.k6.pullPolicy=Always",
        "images.operator.digest=sha256:short",
        "imagePullPolicy=Sometimes",
        "watchNamespaces={Upper_Case}",
        "healthPort=80",
        "k6Outputs.opentelemetry.url=collector:4318",
        "k6Outputs.opentelemetry.url=http://user:secret@collector/",
        "k6Outputs.opentelemetry.interval=10ms",
        "k6Outputs.prometheusRemoteWrite.trendStats={p95}",
        "k6Outputs.prometheusRemoteWrite.interval=30s",
        "k6Outputs.statsd.url=http://collector/",
        "k6Outputs.opentelemetry.headersFrom[0].secretKeyRef.namespace=monitoring",
        "podDisruptionBudget.minAvailable=1",
        "resources.limits.gpu=1",
        "extraEnv[0].name=LOADLAB_IMAGE_K6,extraEnv[0].value=x",
        "extraEnv[0].name=A",
    ],
)
def test_bad_values_are_refused(run_helm, setting):
    done = run_helm("template", "loadlab", str(CHART), KUBERNETES, f"--set={setting}")

    assert done.returncode != 0
    assert "schema" in done.stderr


def test_old_kubernetes_is_refused(run_helm):
    done = run_helm("template", "loadlab", str(CHART), "--kube-version=1.28.0")

    assert done.returncode != 0
    assert "incompatible" in done.stderr


@pytest.mark.parametrize(
    "entry",
    ["shop.example.com", "*.example.com:443", "10.0.0.1:80", "localhost:80", "A.b:80", "a.b:0"],
)
def test_a_host_is_a_name_and_a_port(run_helm, entry):
    hosts = f'--set-json=allowedHosts=["{entry}"]'
    done = run_helm("template", "loadlab", str(CHART), KUBERNETES, hosts)

    assert done.returncode != 0
    assert "allowedHosts" in done.stderr


def test_no_host_may_be_loaded_unless_it_is_listed(render):
    listed = '--set-json=allowedHosts=["shop.example.com:443","a.example.com:80"]'

    assert "LOADLAB_ALLOWED_HOSTS" not in environment(render())
    given = environment(render(listed))["LOADLAB_ALLOWED_HOSTS"]
    assert from_environment({"LOADLAB_ALLOWED_HOSTS": given}).images.allowed_hosts == (
        "shop.example.com:443",
        "a.example.com:80",
    )


def test_the_chart_names_every_image_that_the_operator_starts(render):
    given = environment(render())

    assert {name: given[f"LOADLAB_IMAGE_{name}"] for name in DEFAULT_IMAGES} == DEFAULT_IMAGES


def test_a_digest_takes_the_place_of_the_tag(render):
    objects = render(f"--values={CHART / 'ci/digests-values.yaml'}")

    image = environment(objects)["LOADLAB_IMAGE_SERVICES"]
    assert image == f"registry.example.com/mirror/loadlab/services@sha256:{'2'.rjust(64, '0')}"
    assert (
        environment(objects)["LOADLAB_IMAGE_POSTGRES"] == "registry.example.com/mirror/postgres:15"
    )
    assert environment(objects)["LOADLAB_IMAGE_PULL_SECRETS"] == "registry-login"
    pod = deployment(objects)["spec"]["template"]["spec"]
    assert pod["imagePullSecrets"] == [{"name": "registry-login"}]


def test_with_namespaces_nothing_is_granted_on_the_cluster(render):
    objects = render(f"--values={CHART / 'ci/namespaces-values.yaml'}")

    assert names(objects, "ClusterRoleBinding") == set()
    assert names(objects, "ClusterRole") == {"loadlab-view", "loadlab-edit"}
    labels = [o["metadata"]["labels"] for o in objects if o["kind"] == "ClusterRole"]
    aggregated = [{n for n in each if "/aggregate-to-" in n} for each in labels]
    assert [len(found) for found in aggregated] == [0, 2]  # as its values say
    roles = [o for o in objects if o["kind"] == "Role" and o["metadata"]["name"] == "loadlab"]
    assert {role["metadata"]["namespace"] for role in roles} == {"team-a", "team-b"}
    assert environment(objects)["LOADLAB_WATCH_NAMESPACES"] == "team-a,team-b"


def test_crds_are_kept_on_uninstall_unless_told_otherwise(render):
    def policies(*options: str) -> set[str | None]:
        crds = [o for o in render(*options) if o["kind"] == "CustomResourceDefinition"]
        return {
            (c["metadata"].get("annotations") or {}).get("helm.sh/resource-policy") for c in crds
        }

    assert policies() == {"keep"}
    assert policies("--set=crds.keep=false") == {None}
    assert policies("--set=crds.enabled=false") == set()


def test_crds_of_the_chart_equal_the_canonical_ones(render):
    rendered = {
        item["metadata"]["name"]: item["spec"]
        for item in render()
        if item["kind"] == "CustomResourceDefinition"
    }

    files = (REPOSITORY / "crds").glob("*.yaml")
    canonical = [yaml.safe_load(file.read_text()) for file in files]
    assert rendered == {crd["metadata"]["name"]: crd["spec"] for crd in canonical}


def test_bring_your_own_account_and_roles(render):
    objects = render(f"--values={CHART / 'ci/bring-your-own-values.yaml'}")

    own = [o for o in objects if "helm.sh/hook" not in (o["metadata"].get("annotations") or {})]
    assert {item["kind"] for item in own} == {"Deployment"}
    pod = deployment(own)["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "loadlab-account"


def test_helm_test_holds_the_whole_program(render):
    (pod,) = [item for item in render() if item["kind"] == "Pod"]
    (container,) = pod["spec"]["containers"]

    program = (CHART / "files" / "accepts_experiment.py").read_text()
    assert container["command"][:2] == ["python", "-c"]
    assert container["command"][2].strip() == program.strip()


def test_the_archive_holds_no_test_values(run_helm, tmp_path):
    done = run_helm("package", str(CHART), "--destination", str(tmp_path))
    assert done.returncode == 0, done.stderr

    (archive,) = tmp_path.iterdir()
    with tarfile.open(archive) as packed:
        held = packed.getnames()
    assert "loadlab/files/accepts_experiment.py" in held
    assert not [name for name in held if name.startswith("loadlab/ci/")]


@pytest.fixture
def notes(run_helm, tmp_path):
    """NOTES.txt as Helm would print it, which `helm template` does not."""
    copied = shutil.copytree(CHART, tmp_path / "loadlab")
    shutil.copy(copied / "templates" / "NOTES.txt", copied / "files" / "notes")
    (copied / "templates" / "n.yaml").write_text(
        'notes: {{ tpl (.Files.Get "files/notes") . | toJson }}\n'
    )

    def print_notes(*options: str) -> str:
        shown = ("--show-only=templates/n.yaml", "--namespace=loadlab-system", KUBERNETES)
        done = run_helm("template", "loadlab", str(copied), *shown, *options)
        assert done.returncode == 0, done.stderr
        notes: str = yaml.safe_load(done.stdout)["notes"]
        return notes

    return print_notes


@pytest.mark.parametrize(
    ("options", "namespace"), [((), "default"), (("--set=watchNamespaces={team-a}",), "team-a")]
)
def test_notes_hold_three_commands_and_an_experiment_that_is_valid(notes, options, namespace):
    text = notes(*options)

    verbs = re.findall(rf"^  kubectl (apply|wait|get) -n {namespace} ", text, re.MULTILINE)
    assert verbs == ["apply", "wait", "get"]
    body = yaml.safe_load(textwrap.dedent(text.split("<<'YAML'\n")[1].split("  YAML\n")[0]))
    body["metadata"]["namespace"] = namespace
    assert Experiment.model_validate(body).metadata.name == "first"


def test_notes_say_what_uninstall_leaves(notes):
    assert "kubectl delete crd" in notes()
    assert "kubectl delete crd" not in notes("--set=crds.keep=false")


METRICS = f"--values={CHART / 'ci/metrics-values.yaml'}"
SERVICE_MONITORS = "--api-versions=monitoring.coreos.com/v1"
MONITORED = "--set=metrics.serviceMonitor.enabled=true"


def test_nobody_is_told_metrics_unless_asked_for(render):
    assert "LOADLAB_METRICS_PORT" not in environment(render())
    assert environment(render(METRICS))["LOADLAB_METRICS_PORT"] == "9100"


def test_a_service_monitor_is_made_where_its_api_is(render):
    objects = render(METRICS, MONITORED, SERVICE_MONITORS)

    (monitor,) = [each for each in objects if each["kind"] == "ServiceMonitor"]
    services = [each for each in objects if each["kind"] == "Service"]
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    assert [wanted <= each["metadata"]["labels"].items() for each in services] == [True]
    assert monitor["spec"]["endpoints"][0]["port"] == services[0]["spec"]["ports"][0]["name"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ((METRICS, MONITORED), "install the Prometheus operator"),
        ((MONITORED, SERVICE_MONITORS), "needs metrics.enabled: true"),
        ((METRICS, "--set=metrics.port=8080"), "give the metrics a port of their own"),
    ],
)
def test_flags_that_cannot_work_fail_with_the_remedy(run_helm, settings, said):
    done = run_helm("template", "loadlab", str(CHART), KUBERNETES, *settings)

    assert done.returncode != 0
    assert said in done.stderr


def test_the_dashboard_asks_for_metrics_that_there_are(render):
    (board,) = [each for each in render(METRICS) if each["kind"] == "ConfigMap"]
    asked = re.findall(r"loadlab_[a-z_]+", board["data"]["loadlab.json"])

    known = {
        sample.name for family in Metrics().registry.collect() for sample in _every_sample(family)
    }
    assert asked
    assert set(asked) <= known


def _every_sample(family: Metric) -> list[Sample]:
    """The samples of a metric; of one with labels and no value yet, those that it would have."""
    suffixes = {"counter": "_total", "histogram": "_bucket"}.get(family.type, "")
    return [*family.samples, Sample(f"{family.name}{suffixes}", {}, 0.0)]
