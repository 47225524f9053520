"""manifests/samples/own-service: a service that is none of ours, from its image to its plan."""

import re
import runpy
from pathlib import Path

import httpx
import pytest
import yaml

from loadlab.model.resources import Experiment
from loadlab.plan import Images, Plan, make_plan

SAMPLES = Path(__file__).resolve().parents[2] / "manifests" / "samples"
FOLDER = SAMPLES / "own-service"
IMAGES = Images(
    services="services", k6="k6", postgres="postgres", redis="redis", rabbitmq="rabbitmq"
)


@pytest.fixture(scope="module")
def plan() -> Plan:
    body = yaml.safe_load((SAMPLES / "own-service.yaml").read_text())
    body["metadata"]["namespace"] = "default"
    return make_plan(Experiment.model_validate(body), IMAGES)


def test_every_variant_is_an_image_of_ones_own(plan):
    spec = plan.context.spec

    assert spec.workload == "custom"
    assert len(spec.variants) > 1
    assert all(variant.image for variant in spec.variants)


def test_the_sample_has_replicates_for_an_interval_and_needs_no_store(plan):
    assert len(plan.trials) == 2 * 5
    assert plan.store_manifests() == []


def test_the_image_runs_as_the_user_that_every_pod_has():
    assert "\nUSER 10001:10001\n" in (FOLDER / "Dockerfile").read_text()


def test_the_image_holds_the_versions_that_we_test_with():
    locked = (SAMPLES.parents[1] / "requirements" / "services.txt").read_text()

    for line in (FOLDER / "requirements.txt").read_text().splitlines():
        name, _, version = line.partition("==")
        assert re.search(rf"^{name.partition('[')[0]}=={version} ", locked, re.MULTILINE), line


def app_with(style: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STYLE", style)
    return runpy.run_path(str(FOLDER / "app.py"))["app"]


async def ask(app, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://own") as client:
        return await client.get(path)


async def test_both_styles_answer_alike(plan, monkeypatch):
    styles = [variant.env[0].value for variant in plan.context.spec.variants]
    answers = [await ask(app_with(style, monkeypatch), "/search?shelf=7") for style in styles]

    assert [answer.status_code for answer in answers] == [200, 200]
    first, second = (answer.json() for answer in answers)
    assert len(first) == 10
    assert {product["shelf"] for product in first} == {7}
    assert first == second


async def test_the_app_answers_the_readiness_path_and_every_shelf(plan, monkeypatch):
    spec = plan.context.spec
    app = app_with("def", monkeypatch)
    shelves = spec.load.request.variables["shelf"]

    assert (await ask(app, spec.variants[0].readiness_path)).status_code == 200
    for shelf in (shelves.min, shelves.max):
        assert len((await ask(app, f"/search?shelf={shelf}&limit=10")).json()) == 10
