"""Headers with values from Secrets: by reference only, wherever the plan is looked at."""

import json

import pytest
from pydantic import ValidationError

from loadlab.plan import PlanError, make_plan
from tests.manifests import Json

TOKEN = {"name": "Authorization", "prefix": "Bearer ", "secretKeyRef": {"name": "s", "key": "t"}}


def request(*headers: Json, **fields: object) -> Json:
    return {"load": {"request": {"path": "/", "headersFrom": list(headers), **fields}}}


def generator_of(experiment, images, spec: Json) -> Json:
    plan = make_plan(experiment(**spec), images)
    generator = plan.run_manifests(plan.trials[0], attempt=1)[-1]
    (container,) = generator["spec"]["template"]["spec"]["containers"]
    found: Json = container
    return found


def test_the_configuration_names_a_variable_that_the_kubelet_fills(experiment, images):
    variables = {v["name"]: v for v in generator_of(experiment, images, request(TOKEN))["env"]}
    trial = json.loads(variables["TRIAL_0"]["value"])

    (asked,) = trial["requests"]
    told = asked["secretHeaders"]["Authorization"]
    assert told["prefix"] == "Bearer "
    assert variables[told["variable"]] == {
        "name": told["variable"],
        "valueFrom": {"secretKeyRef": {"name": "s", "key": "t"}},
    }


def test_two_headers_that_differ_in_a_sign_have_variables_of_their_own(experiment, images):
    headers = [TOKEN | {"name": name} for name in ("X-Key", "X_Key", "X.Key")]

    names = [v["name"] for v in generator_of(experiment, images, request(*headers))["env"]]

    assert len(set(names)) == len(names)


def test_without_secrets_nothing_is_said_of_them(experiment, images):
    assert "secretHeaders" not in json.dumps(generator_of(experiment, images, request()))


@pytest.mark.parametrize(
    "spec",
    [
        request(TOKEN, headers={"authorization": "x"}),
        request(TOKEN, TOKEN | {"name": "AUTHORIZATION"}),
    ],
)
def test_a_header_is_given_once_however_it_is_spelled(spec, experiment, images):
    with pytest.raises(PlanError, match=r"load\.request\.headersFrom: .* stands in"):
        make_plan(experiment(**spec), images)


@pytest.mark.parametrize(
    "header",
    [
        TOKEN | {"name": "a b"},
        TOKEN | {"name": ""},
        TOKEN | {"prefix": "a\nb"},
        TOKEN | {"prefix": " a"},
        TOKEN | {"secretKeyRef": {"name": "S", "key": "t"}},
        {"name": "A"},
    ],
)
def test_what_is_no_header_is_refused_at_the_door(header, experiment):
    with pytest.raises(ValidationError, match="headersFrom"):
        experiment(**request(header))


def test_they_go_with_a_path(experiment):
    with pytest.raises(ValidationError, match=r"headersFrom, body, .* go with path"):
        experiment(load={"request": {"headersFrom": [TOKEN]}})
