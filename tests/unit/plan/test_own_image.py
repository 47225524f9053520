"""What runs for a variant with an image of the user's own, with instruments and without."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.config_maps import config_maps_of
from loadlab.model.status.conditions import Reason
from loadlab.plan import make_plan
from loadlab.plan.own_image import why_not_ready
from loadlab.plan.variants import resolve_variants
from tests.manifests import Json

GOLDEN = Path(__file__).parents[2] / "golden" / "own-image.yaml"
COMMAND = ["uvicorn", "app:app", "--port", "$(PORT)", "--workers", "$(WORKERS)"]
MINE = {"name": "mine", "image": "registry.example/api:1.4", "command": COMMAND}
SPEC = {
    "workload": "custom",
    "variants": [MINE | {"port": 8080, "readinessPath": "/ready"}],
    "factors": {"workers": [2]},
    "load": {"request": {"path": "/search?q=${q}", "variables": {"q": {"min": 1, "max": 9}}}},
}
INSTRUMENTED = SPEC | {"variants": [MINE | {"instrumentsPort": 9100}]}


def run_of(experiment, images, **spec: object) -> list[Json]:
    plan = make_plan(experiment(**spec), images)
    return plan.run_manifests(plan.trials[0], attempt=1)


def pod_of(manifests: list[Json]) -> Json:
    pod: Json = manifests[1]["spec"]["template"]["spec"]
    return pod


def environment(container: Json) -> Json:
    return {variable["name"]: variable.get("value") for variable in container["env"]}


def test_manifests_are_the_golden_ones(experiment, images):
    """`UPDATE_GOLDEN=1` writes them anew; read the difference before you commit it."""
    service_and_deployment = run_of(experiment, images, **SPEC)[:2]
    manifests = json.loads(json.dumps(service_and_deployment))
    text = yaml.safe_dump_all(manifests, sort_keys=False, width=100)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)

    assert GOLDEN.read_text() == text


def test_the_command_is_handed_on_and_finds_its_variables(experiment, images):
    service = pod_of(run_of(experiment, images, **SPEC))["containers"][0]

    assert service["image"] == "registry.example/api:1.4"
    assert service["command"] == COMMAND
    assert environment(service)["WORKERS"] == "2"
    assert environment(service)["PORT"] == "8080"


def test_an_image_without_a_command_starts_its_own(experiment, images):
    plain = SPEC | {"variants": [{"name": "mine", "image": "x:1"}]}

    service = pod_of(run_of(experiment, images, **plain))["containers"][0]

    assert "command" not in service
    assert service["readinessProbe"]["httpGet"] == {"path": "/healthz", "port": 8000}


def test_the_generator_asks_where_the_image_and_its_meter_listen(experiment, images):
    service, _, generator = run_of(experiment, images, **SPEC)
    (k6,) = generator["spec"]["template"]["spec"]["containers"]
    trial = json.loads(environment(k6)["TRIAL_0"])

    assert [port["port"] for port in service["spec"]["ports"]] == [8080, 9000]
    assert trial["target"] == f"http://{service['metadata']['name']}:8080"
    assert trial["readinessPath"] == "/ready"
    assert trial["variant"] == "mine"


def test_without_instruments_a_meter_shares_the_processes(experiment, images):
    pod = pod_of(run_of(experiment, images, **SPEC))
    service, meter = pod["containers"]

    assert pod["shareProcessNamespace"] is True
    assert (meter["name"], meter["image"]) == ("meter", "services:1")
    assert environment(meter).keys() == {"INSTRUMENTS_PORT", "RUN_ID"}
    assert environment(meter)["INSTRUMENTS_PORT"] == "9000"
    assert environment(meter)["RUN_ID"] == environment(service)["RUN_ID"]
    assert "INSTRUMENTS_PORT" not in environment(service)


def test_with_instruments_there_is_no_meter(experiment, images):
    manifests = run_of(experiment, images, **INSTRUMENTED)
    (service,) = pod_of(manifests)["containers"]

    assert "shareProcessNamespace" not in pod_of(manifests)
    assert environment(service)["INSTRUMENTS_PORT"] == "9100"
    assert manifests[0]["spec"]["ports"][1]["port"] == 9100


def test_the_meter_leaves_the_port_to_an_image_that_needs_it(experiment, images):
    taken = SPEC | {"variants": [MINE | {"port": 9000}]}

    meter = pod_of(run_of(experiment, images, **taken))["containers"][1]

    assert environment(meter)["INSTRUMENTS_PORT"] == "9001"


def test_the_pod_stays_guaranteed_and_the_meter_owns_no_cpu(experiment, images):
    service, meter = pod_of(run_of(experiment, images, **SPEC))["containers"]

    for container in (service, meter):
        assert container["resources"]["requests"] == container["resources"]["limits"]
    assert service["resources"]["limits"]["cpu"] == "1"
    assert meter["resources"]["limits"]["cpu"].endswith("m")


def test_on_shared_cpus_nothing_owns_any(experiment, images):
    shared = SPEC | {"placement": {"serviceCpu": "Shared"}}

    for container in pod_of(run_of(experiment, images, **shared))["containers"]:
        assert container["resources"]["requests"]["cpu"] == "10m"


def test_beside_built_in_variants_an_image_finds_the_workloads_database(experiment, images):
    both = {"workload": "select", "variants": [{"name": "sync"}, MINE]}
    plan = make_plan(experiment(**both), images)
    (trial,) = (t for t in plan.trials if t.cell.variant == "mine" and t.replicate == 1)

    service = pod_of(plan.run_manifests(trial, attempt=1))["containers"][0]

    assert {"DATABASE_URL", "POOL_SIZE"} <= environment(service).keys()


def test_a_value_may_refer_to_all_that_the_image_is_told(experiment, images):
    own = [{"name": "SQLALCHEMY_DATABASE_URI", "value": "$(DATABASE_URL)"}]
    spec = {"workload": "select", "variants": [MINE | {"env": own}]}

    service = pod_of(run_of(experiment, images, **spec))["containers"][0]

    names = [variable["name"] for variable in service["env"]]
    assert names.index("POSTGRES_PASSWORD") < names.index("DATABASE_URL") < len(names) - 1
    assert names[-1] == "SQLALCHEMY_DATABASE_URI"


def test_all_keys_of_secrets_and_config_maps_are_variables(experiment, images):
    sources = [{"configMapRef": {"name": "shop"}}, {"secretRef": {"name": "keys"}}]
    told = {"image": "shop:1", "envFrom": sources}
    plan = make_plan(experiment(**SPEC | {"variants": [MINE | told], "preparation": told}), images)

    service, meter = pod_of(plan.run_manifests(plan.trials[0], attempt=1))["containers"]
    (job,) = plan.own_preparation_manifests()
    (preparation,) = job["spec"]["template"]["spec"]["containers"]

    assert service["envFrom"] == preparation["envFrom"] == sources
    assert "envFrom" not in meter
    assert config_maps_of(plan.context.spec) == ("shop",)


@pytest.mark.parametrize(
    "variant",
    [
        {"name": "async", "envFrom": [{"secretRef": {"name": "keys"}}]},
        MINE | {"envFrom": [{"secretRef": {"name": "a"}, "configMapRef": {"name": "b"}}]},
        MINE | {"envFrom": [{}]},
        MINE | {"envFrom": [{"secretRef": {"name": "keys"}}] * 6},
    ],
    ids=["a built-in variant", "both", "neither", "six"],
)
def test_sources_that_could_not_be_are_refused(experiment, variant):
    with pytest.raises(ValidationError, match="envFrom"):
        experiment(**SPEC | {"workload": "sleep", "variants": [variant]})


@pytest.mark.parametrize(
    ("of_the_operator", "given", "says"),
    [
        ("IfNotPresent", {}, None),
        ("Never", {}, "Never"),
        ("Always", {}, "Always"),
        ("Always", {"imagePullPolicy": "IfNotPresent"}, "IfNotPresent"),
        ("IfNotPresent", {"imagePullPolicy": "Always"}, "Always"),
    ],
)
def test_an_image_of_the_users_own_is_pulled_as_kubernetes_does_unless_somebody_says_how(
    experiment, images, of_the_operator, given, says
):
    """Left out it is Always for the tag latest or none, IfNotPresent for others."""
    ours = replace(images, pull_policy=of_the_operator)
    told = {"image": "shop:latest"} | given
    spec = SPEC | {"variants": [MINE | told], "preparation": told}
    plan = make_plan(experiment(**spec), ours)

    service, meter = pod_of(plan.run_manifests(plan.trials[0], attempt=1))["containers"]
    (job,) = plan.own_preparation_manifests()
    (preparation,) = job["spec"]["template"]["spec"]["containers"]

    assert [each.get("imagePullPolicy") for each in (service, preparation)] == [says, says]
    assert meter["imagePullPolicy"] == of_the_operator


def test_a_custom_workload_has_no_stores(experiment, images):
    plan = make_plan(experiment(**SPEC), images)

    assert plan.store_manifests() == []
    service = pod_of(plan.run_manifests(plan.trials[0], attempt=1))["containers"][0]
    assert "DATABASE_URL" not in environment(service)


@pytest.mark.parametrize(
    "spec",
    [
        {"variants": [{"name": "asyncpg", "server": "gunicorn"}]},
        {"factors": {"server": ["gunicorn"]}},
    ],
    ids=["by the variant", "by the cell"],
)
def test_a_built_in_variant_is_told_its_server(experiment, images, spec):
    served = pod_of(run_of(experiment, images, **spec))["containers"][0]

    assert environment(served)["SERVER"] == "gunicorn"


@pytest.mark.parametrize(
    ("variant", "path", "instrumented"),
    [
        (MINE, "/healthz", False),
        (MINE | {"readinessPath": "/ready", "instrumentsPort": 9000}, "/ready", True),
        ({"name": "sync"}, "/healthz", True),
    ],
    ids=["plain image", "image with instruments", "built-in"],
)
def test_what_the_generator_and_the_judge_ask(variant, path, instrumented):
    spec = LoadExperimentSpec.model_validate({"workload": "select", "variants": [variant]})

    resolved = resolve_variants(spec)[variant["name"]]

    assert resolved.target("host", "team").readiness_path == path
    assert resolved.has_instruments is instrumented


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason.CRASH_LOOP, "one that needs root cannot run"),
        (Reason.NEVER_READY, "must answer GET /ready on port 8080 with a status from 200 to 399"),
        (Reason.UNSCHEDULABLE, "for the meter"),
        (Reason.IMAGE_PULL_FAILED, ""),
    ],
)
def test_an_image_that_does_not_come_up_is_told_what_is_asked_of_it(reason, words):
    spec = LoadExperimentSpec.model_validate(SPEC)

    text = why_not_ready(resolve_variants(spec)["mine"], reason)

    assert words in text
    assert bool(words) == bool(text)


def test_a_built_in_variant_needs_no_such_words():
    spec = LoadExperimentSpec.model_validate({"workload": "sleep", "variants": [{"name": "sync"}]})

    assert why_not_ready(resolve_variants(spec)["sync"], Reason.CRASH_LOOP) == ""
