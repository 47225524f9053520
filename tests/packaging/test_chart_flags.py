"""Flags of the chart beside metrics: each off unless asked for, and clear where it can't work."""

import re
from pathlib import Path

import pytest

from loadlab.controller.settings import from_environment
from loadlab.model.k6_outputs import K6Outputs, Receiver
from tests.manifests import Json
from tests.packaging.test_chart import CHART, KUBERNETES, deployment, environment

pytestmark = pytest.mark.integration
OUTPUTS = f"--values={CHART / 'ci/outputs-values.yaml'}"
BUDGET = "--set=podDisruptionBudget.enabled=true"
URL = "--set=k6Outputs.opentelemetry.url=http://collector.monitoring:4318/v1/metrics"
TO = "k6Outputs.opentelemetry.to"


def of_kind(objects: list[Json], kind: str) -> list[Json]:
    return [each for each in objects if each["kind"] == kind]


def outputs_of(objects: list[Json]) -> K6Outputs:
    told = environment(objects).get("LOADLAB_K6_OUTPUTS", "")
    return from_environment({"LOADLAB_K6_OUTPUTS": told}).images.k6_outputs


def test_k6_sends_nothing_anywhere_unless_asked_for(render):
    assert "LOADLAB_K6_OUTPUTS" not in environment(render())
    assert outputs_of(render()) == K6Outputs()


def test_values_of_an_earlier_release_are_enough(render):
    """As `helm upgrade --reuse-values` has them: without what has come since."""
    assert render("--set=podDisruptionBudget=null", "--set=k6Outputs=null") == render()


def test_the_operator_reads_what_the_chart_says_of_outputs(render):
    outputs = outputs_of(render(OUTPUTS))

    assert outputs.opentelemetry is not None
    assert outputs.opentelemetry.interval == "10s"
    assert outputs.receivers == (
        Receiver(namespace="monitoring", port=4318),
        Receiver(cidr="203.0.113.0/24", port=443),
    )
    prometheus = outputs.prometheus_remote_write
    assert prometheus is not None
    assert prometheus.headers == (("X-Scope-OrgID", "loadlab"),)
    assert [header.secret_key_ref.key for header in prometheus.headers_from] == ["token"]
    assert prometheus.trend_stats == ("p(95)", "p(99)")


def test_only_those_with_a_url_are_on(render):
    outputs = outputs_of(render(URL, f"--set={TO}.namespace=monitoring,{TO}.port=4318"))

    assert outputs.opentelemetry is not None
    assert outputs.prometheus_remote_write is None


def test_the_values_of_the_how_to_can_be_given_as_they_stand(render, tmp_path):
    text = (CHART.parents[1] / "docs/how-to/k6-metrics-in-grafana.md").read_text()
    collector, prometheus, headers = re.findall(
        r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL
    )
    for part in (collector + headers, prometheus + headers):
        values = tmp_path / "values.yaml"
        values.write_text(part)

        outputs = outputs_of(render(f"--values={values}"))

        (output,) = filter(None, (outputs.opentelemetry, outputs.prometheus_remote_write))
        assert output.to.namespace == "monitoring"
        assert output.headers_from[0].prefix == "Bearer "


def test_a_dollar_of_a_header_is_not_for_the_kubelet(render):
    header = '--set-json=k6Outputs.opentelemetry.headers={"X-A":"$(HOME)"}'
    objects = render(URL, f"--set={TO}.namespace=monitoring,{TO}.port=4318", header)

    assert "$" not in environment(objects)["LOADLAB_K6_OUTPUTS"]
    collector = outputs_of(objects).opentelemetry
    assert collector is not None
    assert collector.headers == (("X-A", "$(HOME)"),)


@pytest.mark.parametrize(
    "to",
    ["", f"{TO}.port=4318", f"{TO}.namespace=a", f"{TO}.namespace=a,{TO}.cidr=::/0,{TO}.port=1"],
)
def test_an_output_without_a_receiver_fails_with_the_remedy(run_helm, to):
    done = run_helm("template", "loadlab", str(CHART), KUBERNETES, URL, f"--set={to}")

    assert done.returncode != 0
    assert "k6Outputs.opentelemetry.to says whom" in done.stderr
    assert "such as {namespace: monitoring, port: 4318}" in done.stderr


def test_a_budget_is_there_where_it_is_asked_for_and_lets_a_drain_go_on(render):
    assert of_kind(render(), "PodDisruptionBudget") == []
    objects = render(BUDGET)
    (budget,) = of_kind(objects, "PodDisruptionBudget")

    pod = deployment(objects)["spec"]["template"]
    assert budget["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert deployment(objects)["spec"]["replicas"] == budget["spec"]["maxUnavailable"] == 1
    assert "minAvailable" not in budget["spec"]
    assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_whatever_may_be_missing_from_a_cluster_is_looked_for_in_one_way():
    """A ServiceMonitor without its API fails in test_chart; a budget asks by the same piece."""
    templates = {file.name: file.read_text() for file in Path(CHART, "templates").glob("*.*")}

    asking = {name for name, text in templates.items() if "Capabilities.APIVersions" in text}
    assert asking == {"_helpers.tpl"}
    needed = re.findall(r'"api" "([\w./]+)"', "".join(templates.values()))
    assert sorted(needed) == ["monitoring.coreos.com/v1", "policy/v1"]


def test_the_operators_pod_has_the_priority_and_place_that_are_given(render):
    pod = deployment(render(f"--values={CHART / 'ci/scheduling-values.yaml'}"))["spec"]["template"]

    assert pod["spec"]["priorityClassName"] == "system-cluster-critical"
    assert pod["spec"]["nodeSelector"] == {"kubernetes.io/os": "linux"}
    assert pod["spec"]["tolerations"][0]["key"] == "dedicated"
    assert "priorityClassName" not in deployment(render())["spec"]["template"]["spec"]


def test_a_network_policy_lets_the_prometheus_in_and_nobody_else(render):
    def ingress(*options: str) -> list[Json]:
        (policy,) = of_kind(render("--set=networkPolicy.enabled=true", *options), "NetworkPolicy")
        assert policy["spec"]["policyTypes"] == ["Ingress"]
        found: list[Json] = policy["spec"]["ingress"]
        return found

    assert of_kind(render(), "NetworkPolicy") == []
    assert ingress() == []
    monitoring = {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}
    values = f"--values={CHART / 'ci/metrics-values.yaml'}"
    assert ingress(values) == [
        {"from": [{"namespaceSelector": monitoring}], "ports": [{"port": "metrics"}]}
    ]
