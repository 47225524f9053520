"""Every rule of the spec has two sides, CEL and Python, and they say the same."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loadlab.base.rules import Rule, TransitionRule
from loadlab.catalogue import WORKLOADS, Factor
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.placement import ServiceCpu
from tests.manifests import Json
from tests.unit.model.cel import evaluate
from tests.unit.model.load_rule_cases import LOAD_CASES
from tests.unit.model.pod_rule_cases import POD_CASES
from tests.unit.model.rule_case import CLAIM, Case
from tests.unit.model.spec_rule_cases import PRECISION, SPEC, SPEC_CASES
from tests.unit.model.spec_rules import BY_NAME, OF_MODELS, OF_TEXTS, TRANSITIONS
from tests.unit.model.spec_schema import filled_in, spec_schema
from tests.unit.model.store_rule_cases import STORE_CASES

CASES = [*SPEC_CASES, *POD_CASES, *LOAD_CASES, *STORE_CASES]
URLS = (  # texts, of which the first three are in order
    *("https://a.example", "http://a-b.example.com:8080", "https://a.b.c.d.xn--p1ai"),
    *("https://10.0.0.1", "http://a", "https://a.b/", "https://u@a.b", "http://a.b:0", "ftp://a.b"),
    *("https://A.b", "https://a..b", "https://-a.b", "http://1.2.3.0x4", ""),
)
STEERING = {"suspend", "terminate", "ttl_strategy", "retain", "retain_for"}  # may change


def rules_in(schema: Json) -> Iterator[dict[str, str]]:
    yield from schema.get("x-kubernetes-validations", [])
    for inner in schema.get("properties", {}).values():
        yield from rules_in(inner)
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from rules_in(schema[name])


def test_the_crd_has_the_rules_of_the_models_and_no_others():
    known: list[Rule[Any] | TransitionRule[Any]] = [rule for _, rule in OF_MODELS]
    of_crd = {rule["rule"]: rule for rule in rules_in(spec_schema())}

    assert of_crd == {rule.cel: rule.schema() for rule in (*known, *OF_TEXTS, *TRANSITIONS)}


def stored(model: str, value: Json) -> Json:
    """What the API server holds the rules against: with the defaults that it fills in."""
    schema = next(found for name, found in schemas() if name == model)
    filled: Json = filled_in(schema, value)
    return filled


def schemas() -> Iterator[tuple[str, Json]]:
    spec = spec_schema()
    fields = spec["properties"]
    request = fields["load"]["properties"]["request"]
    yield "LoadExperimentSpec", spec
    yield "Variant", fields["variants"]["items"]
    yield "EnvVar", fields["variants"]["items"]["properties"]["env"]["items"]
    env = fields["variants"]["items"]["properties"]["env"]["items"]["properties"]
    yield "ValueSource", env["valueFrom"]
    yield "MountedFile", fields["variants"]["items"]["properties"]["files"]["items"]
    yield "EnvSource", fields["variants"]["items"]["properties"]["envFrom"]["items"]
    yield "Placement", fields["placement"]
    yield "Toleration", fields["placement"]["properties"]["tolerations"]["items"]
    yield "Load", fields["load"]
    yield "Search", fields["load"]["properties"]["search"]
    yield "Request", request
    yield "Variable", request["properties"]["variables"]["additionalProperties"]
    step = request["properties"]["steps"]["items"]
    yield "Step", step
    yield "Extract", step["properties"]["extract"]["items"]
    yield "Preparation", fields["preparation"]
    yield "Postgres", fields["postgres"]
    yield "Redis", fields["redis"]
    yield "RabbitMq", fields["rabbitmq"]
    yield "Amounts", fields["resources"]["properties"]["worker"]
    yield "Expectation", fields["expectations"]["items"]


@pytest.mark.parametrize(("model", "right", "wrong"), CASES)
def test_a_rule_is_kept_and_broken_alike_on_both_sides(model, right, wrong):
    rules, raw = BY_NAME[model].RULES, stored(model, wrong)
    broken = [rule for rule in rules if not evaluate(rule.cel, raw)]

    assert all(evaluate(rule.cel, stored(model, right)) for rule in rules)
    BY_NAME[model].model_validate(right)
    assert broken
    with pytest.raises(ValueError, match="Value error") as caught:
        BY_NAME[model].model_validate(wrong)
    assert broken[0].message in str(caught.value)


def test_every_rule_of_a_model_is_broken_by_a_case():
    untried = [
        (model.__name__, rule.message)
        for model, rule in OF_MODELS
        if all(
            evaluate(rule.cel, stored(name, wrong))
            for name, _, wrong in cast("list[Case]", [param.values for param in CASES])
            if name == model.__name__
        )
    ]

    assert untried == []


PIECES = st.sampled_from(["h", "m", "s", "ms"])
DURATIONS = st.tuples(st.integers(0, 200_000), PIECES).map(lambda it: f"{it[0]}{it[1]}")
EDGES = ["0s", "1ms", "99ms", "100ms", "999ms", "1s", "5s", "10s", "30s", "60s", "61s", "120s"]
EDGES += ["121s", "5m", "10m", "601s", "1h", "3601s", "6h", "48h", "49h"]
AMOUNTS = st.tuples(
    st.integers(0, 5000), st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi"])
).map(lambda it: f"{it[0]}{it[1]}")
LIMITS = ["9m", "10m", "0.009", "0.01", "31Mi", "32Mi", "33554431", "33554432", "0.0001G"]


@given(DURATIONS | st.sampled_from(EDGES), AMOUNTS | st.sampled_from(LIMITS))
def test_rules_of_texts_say_the_same_on_both_sides(duration, amount):
    for rule in OF_TEXTS:
        text = duration if "duration" in rule.cel else amount
        assert rule.holds(text) == evaluate(rule.cel, text), (rule.cel, text)


@pytest.mark.parametrize("text", URLS)
def test_a_url_is_read_alike_on_both_sides(text):
    (rule,) = (each for each in OF_TEXTS if "https?" in each.cel)

    assert rule.holds(text) == evaluate(rule.cel, text) == (text in URLS[:3])


def a_level_of(factor: Factor) -> int | str:
    if factor.facts.cpus:
        return "2"
    return factor.facts.words[0] if factor.facts.words else 2


@given(st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_the_api_server_takes_the_models_take(data):
    """And the other way round: over specs in which much is left to chance."""
    workload = data.draw(st.sampled_from(sorted(WORKLOADS)))
    names = [*WORKLOADS[workload].variants, "mine", "sync", "async"]
    variant = st.fixed_dictionaries(
        {"name": st.sampled_from(names)},
        optional={
            "image": st.just("x"),
            "server": st.just("gunicorn"),
            "port": st.just(8000),
            "instrumentsPort": st.just(8000),
        },
    )
    given_factors = st.lists(st.sampled_from(list(Factor)), max_size=2)
    swept = data.draw(given_factors)
    executors = st.sampled_from(["constant-vus", "ramping-arrival-rate"])
    spec = {
        "workload": workload,
        "variants": [data.draw(variant)],
        "factors": {f.value: [a_level_of(f)] for f in swept},
        "load": {
            "executor": data.draw(executors),
            "parallelism": data.draw(st.integers(1, 3)),
            "request": data.draw(st.sampled_from([{}, {"path": "/"}, {"body": "x"}])),
        },
        "placement": {"serviceCpu": data.draw(st.sampled_from([*ServiceCpu]))},
        "resources": {"service": data.draw(st.sampled_from([{}, {"cpu": "1"}, {"cpu": "1m"}]))},
    }
    raw = filled_in(spec_schema(), spec)
    by_cel = (
        all(evaluate(rule.cel, raw) for rule in LoadExperimentSpec.RULES)
        and all(evaluate(rule.cel, raw["variants"][0]) for rule in BY_NAME["Variant"].RULES)
        and all(evaluate(rule.cel, raw["load"]["request"]) for rule in BY_NAME["Request"].RULES)
        and spec["resources"]["service"].get("cpu") != "1m"
    )
    try:
        LoadExperimentSpec.model_validate(spec)
        by_models = True
    except ValueError:
        by_models = False

    assert by_models == by_cel


@pytest.mark.parametrize("field", [f for f in LoadExperimentSpec.model_fields if f != "workload"])
def test_a_transition_is_judged_by_the_fields_that_must_stay(field):
    changed = {
        "variants": [{"name": "async"}],
        "factors": {"workers": [2]},
        "exclude": [{"workers": 2}],
        "replicates": 4,
        "precision": PRECISION,
        "order": {"seed": 1},
        "max_trials": 9,
        "preparation": {"image": "x"},
        "load": {"duration": "31s"},
        "postgres": {"scale": 0.5},
        "redis": {"image": "x"},
        "rabbitmq": {"image": "x"},
        "resources": {"k6": {"cpu": "1"}},
        "placement": {"serviceCpu": "Shared"},
        "network": {"policies": False},
        "success_criteria": [{"name": "x", "metric": "http_reqs", "threshold": "rate>1"}],
        "expectations": [CLAIM],
        "comparison": {"baselineRef": {"name": "before"}},
        "trace": {"seconds": 2},
        "timeouts": {"ready": "3m"},
        "retry": {"attempts": 1},
        "suspend": True,
        "terminate": True,
        "ttl_strategy": {"secondsAfterSuccess": 1},
        "retain": "OnFailure",
        "retain_for": "1m",
    }[field]
    old = LoadExperimentSpec.model_validate(SPEC)
    new = LoadExperimentSpec.model_validate(SPEC | {field: changed})
    (rule,) = TRANSITIONS

    assert rule.allows(old, old)
    assert rule.allows(old, new) == (field in STEERING)
