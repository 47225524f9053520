"""manifests/samples/generators: the published command lines, and whether the generators agree."""

import re
from pathlib import Path

import pytest
import yaml

from loadlab.base.quantities import seconds
from loadlab.catalogue import Factor, Generator
from loadlab.model.resources import Experiment
from loadlab.plan import Images, Plan, make_plan

FOLDER = Path(__file__).resolve().parents[2] / "manifests" / "samples" / "generators"
NAMES = sorted(file.stem for file in FOLDER.glob("*.yaml"))
IMAGES = Images(services="s", k6="k6", postgres="p", redis="r", rabbitmq="mq", generators="g")


def plan_of(name: str) -> Plan:
    body = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    assert body["metadata"] == {"name": name}
    body["metadata"]["namespace"] = "default"
    return make_plan(Experiment.model_validate(body), IMAGES)


def args_of(name: str) -> list[list[str]]:
    plan = plan_of(name)
    jobs = [plan.run_manifests(trial, 1)[-1] for trial in plan.trials]
    pods = [job["spec"]["template"]["spec"] for job in jobs]
    return [container["args"] for pod in pods for container in pod["containers"]]


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_has_as_many_trials_as_its_comment_says_and_is_short(name):
    plan = plan_of(name)
    head, _, _ = (FOLDER / f"{name}.yaml").read_text().partition("apiVersion:")
    loads = [trial.load for trial in plan.in_order if not trial.load.iterations]

    assert re.findall(r"\b(\d+) trials", head) == [str(plan.most_trials)]
    assert sum(seconds(load.warmup) + seconds(load.duration) for load in loads) <= 180


def test_the_published_command_lines_are_those():
    """wrk -t10 -c100 -d30s on GET /items, hey -n 1000 -c 100 -m POST on POST /items, and Locust."""
    wrk, hey = plan_of("wrk").context.spec, plan_of("hey").context.spec

    assert {tuple(args) for args in args_of("wrk")} == {("wrk", "--threads=10")}
    assert {tuple(args) for args in args_of("hey")} == {("hey",)}
    assert (hey.load.iterations, hey.load.threads) == (1000, None)
    assert wrk.factors.levels(Factor.VIRTUAL_USERS) == hey.factors.levels(Factor.VIRTUAL_USERS)
    assert wrk.factors.levels(Factor.VIRTUAL_USERS) == (100,)
    assert seconds(wrk.load.duration) == 30
    assert (wrk.load.request.method, wrk.load.request.path) == (None, "/items")
    posts = plan_of("iterations").context.spec
    assert (posts.load.iterations, posts.load.generator) == (1000, Generator.K6)
    assert posts.factors.levels(Factor.VIRTUAL_USERS) == (100,)
    write = plan_of("locust").context.spec.load.request
    assert {tuple(args) for args in args_of("locust")} == {("locust",), ("locust-http",)}
    assert (write.method, write.path) == ("POST", "/write")
    assert (hey.load.request.method, hey.load.request.path) == ("POST", "/items")


def test_all_generators_are_held_against_each_other():
    swept = plan_of("agreement").context.spec.factors.levels(Factor.GENERATOR)

    assert swept == tuple(generator.value for generator in Generator)
