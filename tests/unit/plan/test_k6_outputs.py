"""k6's own outputs: on where the chart says so, known by their trial, bound to a receiver."""

import json
from dataclasses import replace

import pytest
from pydantic import ValidationError

from loadlab.model.k6_outputs import K6Outputs
from loadlab.plan import Plan, make_plan
from tests.manifests import Json

KEY = {"name": "k6-metrics", "key": "authorization"}
SECRET = {"name": "Authorization", "prefix": "Bearer ", "secretKeyRef": KEY}
COLLECTOR: Json = {
    "url": "https://otel.example.com:4318/otlp/v1/metrics",
    "interval": "5s",
    "headers": {"X-Scope-OrgID": "lab$(HOME)"},
    "headersFrom": [SECRET],
    "to": {"cidr": "203.0.113.0/24", "port": 4318},
}
PROMETHEUS: Json = {
    "url": "http://prometheus.monitoring.svc/api/v1/write",
    "headersFrom": [SECRET],
    "to": {"namespace": "monitoring", "port": 9090},
}
BOTH = {"opentelemetry": COLLECTOR, "prometheusRemoteWrite": PROMETHEUS}


@pytest.fixture
def plan(experiment, images):
    def plan(outputs: Json, **spec: object) -> Plan:
        sending = replace(images, k6_outputs=K6Outputs.model_validate(outputs))
        return make_plan(experiment(**spec), sending)

    return plan


def pod_of(plan: Plan) -> Json:
    pod: Json = plan.run_manifests(plan.trials[0], attempt=1)[-1]["spec"]["template"]["spec"]
    return pod


def container_of(plan: Plan) -> Json:
    (container,) = pod_of(plan)["containers"]
    found: Json = container
    return found


def variables_of(plan: Plan) -> Json:
    return {v["name"]: v.get("value", v.get("valueFrom")) for v in container_of(plan)["env"]}


def egress_of(plan: Plan) -> list[Json]:
    policies = {p["metadata"]["name"]: p["spec"] for p in plan.policy_manifests()}
    (spec,) = (spec for name, spec in policies.items() if name.endswith("k6"))
    found: list[Json] = spec["egress"]
    return found


def test_nothing_of_a_plan_changes_where_there_are_none(plan, experiment, images):
    without = make_plan(experiment(), images)

    none = plan({})

    assert none.run_manifests(none.trials[0], 1) == without.run_manifests(without.trials[0], 1)
    assert none.policy_manifests() == without.policy_manifests()
    assert none.fingerprint == without.fingerprint != plan(BOTH).fingerprint


def test_plans_are_kept_by_what_an_installation_says(images):
    one, two = (replace(images, k6_outputs=K6Outputs.model_validate(BOTH)) for _ in range(2))

    assert {one: "plan"}[two] == "plan"
    assert hash(one) != hash(images)


def test_the_documents_own_output_is_the_first(plan):
    args = container_of(plan(BOTH))["args"]

    outputs = [arg for arg in args if arg.startswith("--out=")]
    assert outputs == ["--out=histogram", "--out=opentelemetry", "--out=experimental-prometheus-rw"]
    assert "--log-output=stdout" in args


def test_a_collector_is_told_by_its_parts(plan):
    variables = variables_of(plan({"opentelemetry": COLLECTOR}))

    assert variables["K6_OTEL_HTTP_EXPORTER_ENDPOINT"] == "otel.example.com:4318"
    assert variables["K6_OTEL_HTTP_EXPORTER_URL_PATH"] == "/otlp/v1/metrics"
    assert variables["K6_OTEL_HTTP_EXPORTER_INSECURE"] == "false"
    assert variables["K6_OTEL_EXPORT_INTERVAL"] == "5s"
    assert not [name for name in variables if name.startswith("K6_PROMETHEUS")]


@pytest.mark.parametrize(
    ("stats", "name", "value"),
    [
        ([], "K6_FEATURES", "native-histograms"),
        (["p(95)", "max"], "K6_PROMETHEUS_RW_TREND_STATS", "p(95),max"),
    ],
)
def test_a_prometheus_gets_histograms_unless_it_takes_none(stats, name, value, plan):
    variables = variables_of(plan({"prometheusRemoteWrite": PROMETHEUS | {"trendStats": stats}}))

    assert variables[name] == value
    assert len({"K6_FEATURES", "K6_PROMETHEUS_RW_TREND_STATS"} & variables.keys()) == 1


def test_a_header_of_a_secret_is_a_reference_that_may_lead_nowhere(plan):
    both = plan(BOTH)

    variables = variables_of(both)
    told = json.loads(variables["LOADLAB_OUTPUT_HEADERS"])
    plain, secret = told["opentelemetry"]
    assert plain == {"name": "X-Scope-OrgID", "value": "lab$(HOME)"}
    assert "$" not in variables["LOADLAB_OUTPUT_HEADERS"]  # the kubelet would expand it
    assert variables[secret["variable"]] == {"secretKeyRef": {**KEY, "optional": True}}
    assert told["prometheusRemoteWrite"] == [secret]
    assert "initContainers" not in pod_of(both)  # a token that is renewed ends no experiment


def test_samples_are_known_by_their_trial(plan):
    both = plan(BOTH)

    tags = json.loads(variables_of(both)["TRIAL_0"])["tags"]
    assert tags == {
        "loadlab_namespace": "lab",
        "loadlab_experiment": "demo",
        "loadlab_trial": both.trials[0].name,
        "loadlab_attempt": "1",
        "loadlab_cell": both.trials[0].cell.title(),
        "loadlab_variant": "asyncpg",
    }


def test_policies_let_out_to_the_receivers_and_nobody_else(plan):
    before, after = egress_of(plan({})), egress_of(plan(BOTH))

    added = [rule for rule in after if rule not in before]
    namespace = {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}
    assert added == [
        {
            "to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}],
            "ports": [{"protocol": "TCP", "port": 4318}],
        },
        {
            "to": [{"namespaceSelector": namespace, "podSelector": {}}],
            "ports": [{"protocol": "TCP", "port": 9090}],
        },
    ]
    assert [rule for rule in before if rule not in after] == []


def test_another_generator_has_none_and_is_let_out_nowhere(plan):
    load = {"generator": "wrk", "request": {"path": "/"}}
    spec = {"workload": "custom", "variants": [{"name": "a", "image": "a:1"}], "load": load}

    sending, without = plan(BOTH, **spec), plan({}, **spec)

    assert container_of(sending) == container_of(without)
    assert egress_of(sending) == egress_of(without)


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://user:secret@collector/v1/metrics"},
        {"url": "http://collector/v1/metrics?key=secret"},
        {"url": "http://$(STEWARD_TOKEN)/"},
        {"url": "collector:4318"},
        {"interval": "10ms"},
        {"to": {"port": 4318}},
        {"to": {"namespace": "a", "cidr": "10.0.0.0/8", "port": 4318}},
        {"to": {"namespace": "a"}},
        {"headers": {"X-A": "two\nlines"}},
        {"headers": {"X A": "a"}},
        {"headersFrom": [SECRET | {"secretKeyRef": {**KEY, "namespace": "monitoring"}}]},
    ],
)
def test_what_cannot_be_had_is_refused(change: Json):
    with pytest.raises(ValidationError):
        K6Outputs.model_validate({"opentelemetry": COLLECTOR | change})


def test_samples_are_not_kept_for_longer_than_their_memory_is_there():
    with pytest.raises(ValidationError, match="interval"):
        K6Outputs.model_validate({"prometheusRemoteWrite": PROMETHEUS | {"interval": "30s"}})
