"""A generator is what a spec says or sweeps; what it cannot do is refused before anything runs."""

import ast
import json
from pathlib import Path

import pytest

import loadlab
from loadlab.catalogue import Factor, Generator
from loadlab.catalogue.generators import DEFAULT, Skill
from loadlab.model.spec.request import Request
from loadlab.plan import PlanError, make_plan
from loadlab.plan.expected import load_facts
from loadlab.plan.generator_checks import KNOWN_FIELDS

SLEEP = {"workload": "sleep", "variants": [{"name": "async"}]}
OWN = {"path": "/reference?request_id=1", "method": "POST"}
REFERENCE = {"workload": "reference", "variants": [{"name": "async"}]}

READING = {"workload": "items", "variants": [{"name": "cached"}], "factors": {"writePercent": [0]}}

WRITING = READING | {
    "factors": {},
    "load": {"request": {"path": "/items", "method": "POST", "body": "{}"}},
}


def jobs(experiment, images, **spec):
    plan = make_plan(experiment(**spec), images)
    return [plan.run_manifests(trial, 1)[-1] for trial in plan.trials]


def container_of(job):
    (container,) = job["spec"]["template"]["spec"]["containers"]
    return container


@pytest.mark.parametrize("generator", ["wrk", "hey"])
def test_another_generator_is_another_image_with_the_same_configuration(
    experiment, images, generator
):
    (usual,) = jobs(experiment, images, **SLEEP, replicates=1)
    (job,) = jobs(experiment, images, **SLEEP, replicates=1, load={"generator": generator})

    container = container_of(job)
    assert container["image"] == images.generators
    assert container["args"] == [generator]
    told = {variable["name"]: variable for variable in container["env"]}
    known = {variable["name"]: variable for variable in container_of(usual)["env"]}
    assert told == {n: v for n, v in known.items() if n != "K6_AUTO_EXTENSION_RESOLUTION"}
    assert job["metadata"] | {"annotations": 0} == usual["metadata"] | {"annotations": 0}


def test_threads_are_told_to_those_that_have_them(experiment, images):
    sweep = {"factors": {"generator": ["wrk", "hey"]}, "load": {"threads": 10}, "replicates": 1}
    found = jobs(experiment, images, **SLEEP, **sweep)

    assert sorted(container_of(job)["args"] for job in found) == [["hey"], ["wrk", "--threads=10"]]


@pytest.mark.parametrize(
    ("users", "pods", "threads", "words"),
    [
        (
            400,
            1,
            12,
            "12 threads .* the 400 virtual users of a pod evenly, and only 396 .* take 10",
        ),
        (10, 3, 3, "the 4 virtual users of a pod evenly, and only 3"),
        (400, 1, 10, ""),
        (4, 1, 64, ""),
    ],
)
def test_threads_share_the_users_of_each_pod_evenly(
    experiment, images, users, pods, threads, words
):
    """wrk -t12 -c400 opens 396 connections."""
    load = {"parallelism": pods, "threads": threads}
    spec = SLEEP | {"factors": {"virtualUsers": [users]}}
    if words:
        with pytest.raises(PlanError, match=words):
            make_plan(experiment(**spec, load=load | {"generator": "wrk"}), images)
    else:
        assert make_plan(experiment(**spec, load=load | {"generator": "wrk"}), images).trials


def test_who_has_no_threads_shares_them_with_nobody(experiment, images):
    factors = {"generator": ["wrk", "hey"], "virtualUsers": [10]}

    assert make_plan(experiment(**SLEEP, factors=factors, load={"threads": 5}), images).trials


def test_whether_generators_agree_is_an_experiment(experiment, images):
    names = [generator.value for generator in Generator]
    plan = make_plan(experiment(**SLEEP, factors={"generator": names}, replicates=2), images)

    assert {cell.level(Factor.GENERATOR) for cell in plan.cells} == set(names)
    facts = {load_facts(plan.context, t.cell, t.load).generator for t in plan.trials}
    assert facts == set(names)


def test_nobody_is_taken_to_have_waited_for_what_wrk_cuts_off(experiment, images):
    plan = make_plan(experiment(**SLEEP, factors={"generator": ["wrk", "hey"]}), images)
    waits = {
        trial.cell.level(Factor.GENERATOR): load_facts(
            plan.context, trial.cell, trial.load
        ).graceful_stop_ms
        for trial in plan.trials
    }

    assert waits == {"wrk": 0.0, "hey": 30_000.0}


MINE = {"name": "mine", "image": "shop:1", "readinessPath": "/health"}
OWN_IMAGE = {
    "workload": "custom",
    "variants": [MINE],
    "load": {"request": {"path": "/health"}},
}
BY_HTTPS = OWN_IMAGE | {"variants": [MINE | {"https": {"secretName": "tls"}}]}


def with_header(name, value):
    return OWN_IMAGE | {"load": {"request": {"path": "/health", "headers": {name: value}}}}


BY_HEAD = OWN_IMAGE | {"load": {"request": {"path": "/health", "method": "HEAD"}}}

REFUSED = {
    "https wrk": (BY_HTTPS, "wrk", "a variant's https"),
    "https hey": (BY_HTTPS, "hey", "a variant's https"),
    "https locust": (BY_HTTPS, "locust", "a variant's https"),
    "head": (BY_HEAD, "wrk", "HEAD"),
    "dotted header": (with_header("X.Trace", "1"), "hey", "these headers"),
    "agent": (with_header("user-agent", "shop/1"), "hey", "these headers"),
    "empty header": (with_header("X-Empty", ""), "hey", "these headers"),
    "writes": ({"workload": "ingest", "variants": [{"name": "queued"}]}, "wrk", "an account"),
    "own write": (WRITING, "hey", "an account"),
    "kinds": ({"workload": "wells", "variants": [{"name": "async"}]}, "wrk", "several kinds"),
    "cache": (READING, "wrk", "an answer says"),
    "calibration": (SLEEP | {"load": {"calibration": "5s"}}, "wrk", "load.calibration"),
    "pauses": (SLEEP | {"load": {"request": {"thinkTime": "1ms"}}}, "hey", "thinkTime"),
    "parts": (SLEEP | {"load": {"duration": "1500ms"}}, "wrk", "parts of a second"),
    "settling": (SLEEP | {"load": {"settling": "1500ms"}}, "wrk", "parts of a second"),
    "timeout": (SLEEP | {"load": {"request": {"timeout": "1500ms"}}}, "hey", "request.timeout"),
    "variables": (REFERENCE, "hey", "variables"),
}


@pytest.mark.parametrize(("spec", "generator", "words"), REFUSED.values(), ids=REFUSED)
def test_what_a_generator_cannot_do_is_refused_with_the_reason(
    experiment, images, spec, generator, words
):
    load = spec.get("load", {})
    make_plan(experiment(**spec), images)
    with pytest.raises(PlanError, match=f"{generator} cannot do .*{words}.*: use {DEFAULT}"):
        make_plan(experiment(**(spec | {"load": load | {"generator": generator}})), images)
    factors = spec.get("factors", {}) | {"generator": [DEFAULT.value, generator]}
    with pytest.raises(PlanError, match=words):
        make_plan(experiment(**(spec | {"factors": factors})), images)


@pytest.mark.parametrize(
    ("generator", "spec"),
    [
        ("wrk", REFERENCE),
        ("wrk", {"workload": "select", "variants": [{"name": "asyncpg"}]}),
        ("wrk", SLEEP | {"load": {"request": {"timeout": "1500ms"}}}),
        ("hey", SLEEP | {"load": {"duration": "1500ms"}}),
        ("wrk", READING | {"factors": {}, "load": {"request": {"path": "/items"}}}),
        ("hey", REFERENCE | {"load": {"request": OWN}}),
        ("hey", with_header("Host", "shop.example")),
        ("hey", BY_HEAD),
        ("wrk", with_header("X.Trace", "1")),
        ("locust", with_header("User-Agent", "shop/1")),
    ],
)
def test_what_it_can_do_is_planned(experiment, images, generator, spec):
    load = spec.get("load", {}) | {"generator": generator}

    assert jobs(experiment, images, **(spec | {"load": load}))


def test_a_field_of_a_request_that_nobody_taught_a_generator_is_refused(experiment, images):
    """Whatever load.request learns, only k6 can do it until a generator says otherwise."""
    own = {"request": {"path": "/", "expectedStatuses": [200, 404]}}

    with pytest.raises(PlanError, match="other fields of load"):
        make_plan(experiment(**SLEEP, load={"generator": "wrk"} | own), images)
    assert Request.model_fields.keys() >= KNOWN_FIELDS


@pytest.mark.parametrize("generator", list(Generator))
def test_what_the_api_server_fills_in_is_no_wish(experiment, images, generator):
    """Of a stored object every field with a default is set."""
    given = experiment(**SLEEP, load={"generator": generator, "request": {"path": "/"}})
    stored = given.model_copy(
        update={"spec": type(given.spec).model_validate(given.spec.model_dump(by_alias=True))}
    )

    assert stored.spec.load.request.model_fields_set == set(Request.model_fields)
    assert make_plan(stored, images).trials


def test_the_default_can_do_everything_but_what_others_bring():
    lacking = {skill for skill in Skill if DEFAULT.lacks(skill)}
    assert lacking == {Skill.THREADS}


def test_nothing_else_of_the_operator_asks_which_generator_it_is():
    package = Path(loadlab.__file__).parent
    names = {generator.value for generator in Generator if generator is not DEFAULT}
    members = {generator.name for generator in Generator}
    asked = [
        f"{path.relative_to(package)}:{node.lineno}"
        for path in sorted(package.rglob("*.py"))
        if path.name != "generators.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Constant) and node.value in names)
        or (
            isinstance(node, ast.Attribute)
            and node.attr in members
            and ast.unparse(node.value).endswith("Generator")
        )
    ]

    assert asked == []


def test_the_configuration_is_that_of_k6(experiment, images):
    """It names no generator, so that comparing them compares nothing else."""
    spec = SLEEP | {"factors": {"generator": ["k6", "wrk"]}, "replicates": 1}
    found = []
    for job in jobs(experiment, images, **spec):
        told = {v["name"]: v.get("value", "") for v in container_of(job)["env"]}
        configuration = json.loads(told["TRIAL_0"])
        found.append({n: v for n, v in configuration.items() if n not in {"run", "target"}})

    assert found[0] == found[1]
