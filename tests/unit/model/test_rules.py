"""Every rule of the spec has two sides, CEL and Python, and they say the same."""

from collections.abc import Iterator
from functools import cache
from typing import Any, cast, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from loadlab.base.rules import Rule, Ruled, RuledModel, TransitionRule
from loadlab.catalogue import WORKLOADS, Factor
from loadlab.crd import experiment_crd
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.placement import ServiceCpu
from tests.manifests import Json
from tests.unit.model.cel import evaluate


def parts_of(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from parts_of(inner)


def annotations_of(model: type[BaseModel]) -> Iterator[Any]:
    for field in model.model_fields.values():
        yield from parts_of(field.annotation)
        yield from field.metadata


def models_of(model: type[BaseModel], seen: set[type]) -> Iterator[type[BaseModel]]:
    if model in seen:
        return
    seen.add(model)
    yield model
    for part in annotations_of(model):
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield from models_of(part, seen)


MODELS = list(models_of(LoadExperimentSpec, set()))
OF_MODELS = [
    (model, rule) for model in MODELS if issubclass(model, RuledModel) for rule in model.RULES
]
OF_TEXTS = list(
    {
        part.rule.cel: part.rule
        for model in MODELS
        for part in annotations_of(model)
        if isinstance(part, Ruled)
    }.values()
)
TRANSITIONS = [rule for m in MODELS if issubclass(m, RuledModel) for rule in m.TRANSITIONS]


def rules_in(schema: Json) -> Iterator[dict[str, str]]:
    yield from schema.get("x-kubernetes-validations", [])
    for inner in schema.get("properties", {}).values():
        yield from rules_in(inner)
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from rules_in(schema[name])


@cache
def spec_schema() -> Json:
    (version,) = experiment_crd()["spec"]["versions"]
    found: Json = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return found


def test_the_crd_has_the_rules_of_the_models_and_no_others():
    known: list[Rule[Any] | TransitionRule[Any]] = [rule for _, rule in OF_MODELS]
    of_crd = {rule["rule"]: rule for rule in rules_in(spec_schema())}

    assert of_crd == {rule.cel: rule.schema() for rule in (*known, *OF_TEXTS, *TRANSITIONS)}


Case = tuple[str, Json, Json]  # a model, what it takes, and what it refuses


def case(model: str, **cases: tuple[Json, Json]) -> list[pytest.ParameterSet]:
    return [pytest.param(model, *pair, id=f"{model}-{name}") for name, pair in cases.items()]


SPEC: Json = {"workload": "select", "variants": [{"name": "sync"}]}
EXCLUSIVE = SPEC | {"placement": {"serviceCpu": "Exclusive"}}
OWN = {"name": "mine", "image": "mine:1"}
SECRET = {"name": "keys", "key": "api"}
CLAIM = {
    "name": "x",
    "ratio": "failedRate",
    "of": {"workers": 1},
    "over": {"workers": 2},
    "atMost": 1,
}


def variable(name: str) -> dict[str, str]:
    return {"name": name, "value": "1"}


def long_key(field: str, longest: int, value: object, **more: object) -> tuple[Json, Json]:
    """A map with the longest key, and one with a key that is longer."""
    fits, exceeds = ({field: {"k" * size: value}, **more} for size in (longest, longest + 1))
    return fits, exceeds


def without(*names: str) -> Json:
    return {name: value for name, value in CLAIM.items() if name not in names}


def factor_cases() -> dict[str, tuple[Json, Json]]:
    found = {}
    for factor in Factor:
        if works := factor.facts.workloads:
            swept = SPEC | {"factors": {factor.value: [1]}}
            right = swept | {"workload": works[0]}
            variant = next(iter(WORKLOADS[works[0]].variants))
            wrong = swept | {"workload": "wells", "variants": [{"name": "def"}]}
            found[factor.value] = (right | {"variants": [{"name": variant}]}, wrong)
    return found


CASES = [  # a value that keeps the rule beside one like it that breaks it
    *case(
        "LoadExperimentSpec",
        variants=(SPEC, SPEC | {"variants": [{"name": "blocking"}]}),
        image=(SPEC | {"variants": [OWN]}, SPEC | {"variants": [OWN | {"name": "sync"}]}),
        custom=(
            SPEC | {"workload": "custom", "variants": [OWN], "load": {"request": {"path": "/"}}},
            SPEC | {"workload": "custom", "variants": [OWN]},
        ),
        rate=(
            SPEC | {"load": {"executor": "ramping-arrival-rate"}, "factors": {"rate": [1]}},
            SPEC | {"load": {"executor": "ramping-arrival-rate"}},
        ),
        closed=(SPEC, SPEC | {"factors": {"rate": [1]}}),
        cpus=(
            SPEC | {"resources": {"service": {"cpu": "2"}}},
            EXCLUSIVE | {"resources": {"service": {"cpu": "500m"}}},
        ),
        unlimited=(
            SPEC | {"resources": {"service": {}}},
            EXCLUSIVE | {"resources": {"service": {}}},
        ),
        requests=(
            SPEC | {"resources": {"service": {"cpu": "1", "cpuRequest": "10m"}}},
            EXCLUSIVE | {"resources": {"service": {"cpu": "1", "cpuRequest": "10m"}}},
        ),
        server=(
            SPEC | {"factors": {"server": ["gunicorn"]}},
            SPEC
            | {
                "variants": [{"name": "sync", "server": "uvicorn"}],
                "factors": {"server": ["gunicorn"]},
            },
        ),
        parallelism=(
            SPEC | {"load": {"parallelism": 2}, "factors": {"virtualUsers": [2, 3]}},
            SPEC | {"load": {"parallelism": 3}, "factors": {"virtualUsers": [2, 3]}},
        ),
        **factor_cases(),
    ),
    *case(
        "Amounts",
        cpu=({"cpu": "1", "cpuRequest": "1000m"}, {"cpu": "1", "cpuRequest": "1001m"}),
        memory=(
            {"memory": "1Gi", "memoryRequest": "1024Mi"},
            {"memory": "1G", "memoryRequest": "1Gi"},
        ),
    ),
    *case(
        "Variant",
        command=(OWN | {"command": ["x"]}, {"name": "sync", "command": ["x"]}),
        port=(OWN | {"port": 1}, {"name": "sync", "port": 1}),
        path=(OWN | {"readinessPath": "/"}, {"name": "sync", "readinessPath": "/"}),
        instruments=(OWN | {"instrumentsPort": 1}, {"name": "sync", "instrumentsPort": 1}),
        server=({"name": "sync", "server": "gunicorn"}, OWN | {"server": "gunicorn"}),
        env=(
            OWN | {"env": [variable("A"), variable("B")]},
            OWN | {"env": [variable("A"), variable("B"), variable("A")]},
        ),
        ports=(OWN | {"instrumentsPort": 8001}, OWN | {"instrumentsPort": 8000}),
        own_ports=(
            OWN | {"port": 80, "instrumentsPort": 8000},
            OWN | {"port": 80, "instrumentsPort": 80},
        ),
    ),
    *case(
        "Request",
        method=({"path": "/", "method": "PUT"}, {"method": "PUT"}),
        body=({"path": "/", "body": ""}, {"body": ""}),
        headers=({"headers": {}}, {"headers": {"a": "b"}}),
        variables=({"variables": {}}, {"variables": {"a": {"min": 1, "max": 1}}}),
        long_header=long_key("headers", 100, "x", path="/"),
        long_variable=long_key("variables", 60, {"min": 1, "max": 1}, path="/"),
    ),
    *case(
        "EnvVar",
        neither=(variable("A"), {"name": "A"}),
        both=(variable("A"), variable("A") | {"valueFrom": {"secretKeyRef": SECRET}}),
        secret=({"name": "A", "valueFrom": {"secretKeyRef": SECRET}}, {"name": "A"}),
    ),
    *case("Placement", keys=long_key("nodeSelector", 317, "x")),
    *case("VariableRange", ends=({"min": 1, "max": 1}, {"min": 2, "max": 1})),
    *case(
        "Postgres",
        secret=({"mode": "Existing", "secretRef": {"name": "db"}}, {"mode": "Existing"}),
        builtin=({}, {"secretRef": {"name": "db"}}),
        settings=(
            {"settings": {"a": "b"}},
            {"mode": "Existing", "secretRef": {"name": "db"}, "settings": {"a": "b"}},
        ),
        long_setting=long_key("settings", 63, "x"),
        overwrite=(
            {"mode": "Existing", "secretRef": {"name": "db"}, "overwrite": True},
            {"overwrite": True},
        ),
    ),
    *case(
        "Expectation",
        neither=(CLAIM, without("ratio", "over")),
        over=(CLAIM, without("over")),
        bounds=(CLAIM, without("atMost")),
        order=(CLAIM | {"atLeast": 1}, CLAIM | {"atLeast": 2}),
        request=(
            CLAIM | {"request": "ping", "ratio": "latencyMs.med"},
            CLAIM | {"request": "ping"},
        ),
    ),
]
BY_NAME = {model.__name__: model for model in MODELS if issubclass(model, RuledModel)}


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
    yield "Placement", fields["placement"]
    yield "Request", request
    yield "VariableRange", request["properties"]["variables"]["additionalProperties"]
    yield "Postgres", fields["postgres"]
    yield "Amounts", fields["resources"]["properties"]["worker"]
    yield "Expectation", fields["expectations"]["items"]


def filled_in(schema: Json, value: Any) -> Any:
    if isinstance(value, list):
        return [filled_in(schema["items"], item) for item in value]
    if not isinstance(value, dict) or "properties" not in schema:
        return value
    for name, child in schema["properties"].items():
        if name not in value and "default" in child:
            value = value | {name: child["default"]}
    return {name: filled_in(schema["properties"][name], item) for name, item in value.items()}


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
        "factors": {f.value: [f.facts.words[0] if f.facts.words else 2] for f in swept},
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
        "order": {"seed": 1},
        "max_trials": 9,
        "load": {"duration": "31s"},
        "postgres": {"scale": 0.5},
        "redis": {"image": "x"},
        "rabbitmq": {"image": "x"},
        "resources": {"k6": {"cpu": "1"}},
        "placement": {"serviceCpu": "Shared"},
        "network": {"policies": False},
        "success_criteria": [{"name": "x", "metric": "http_reqs", "threshold": "rate>1"}],
        "expectations": [CLAIM],
        "timeouts": {"ready": "3m"},
        "retry": {"attempts": 1},
        "suspend": True,
        "terminate": True,
        "ttl_strategy": {"secondsAfterSuccess": 1},
    }[field]
    old = LoadExperimentSpec.model_validate(SPEC)
    new = LoadExperimentSpec.model_validate(SPEC | {field: changed})
    (rule,) = TRANSITIONS

    assert rule.allows(old, old)
    assert rule.allows(old, new) == (field in {"suspend", "terminate", "ttl_strategy"})
