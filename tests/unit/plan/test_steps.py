"""Steps of an iteration: what the generator is told, and what is refused across them."""

import json
from copy import deepcopy
from dataclasses import replace

import pytest
from pydantic import ValidationError

from loadlab.plan import PlanError, make_plan
from loadlab.plan.expected import load_facts
from tests.manifests import Json
from tests.unit.plan.own_fields import FLOW


def flow(**changes: object) -> Json:
    request = deepcopy(FLOW["load"]["request"])
    return {"load": {"request": request | changes}, "workload": "custom", **OWN}


OWN: Json = {"variants": [{"name": "mine", "image": "mine:1"}]}
LOGIN, ME = FLOW["load"]["request"]["steps"]
AT: Json = {"name": "at", "header": "location"}
ME_AT: Json = {"name": "me", "path": "/${at}"}


def generator_of(experiment, images, spec: Json) -> Json:
    plan = make_plan(experiment(**spec), images)
    found: Json = plan.run_manifests(plan.trials[0], attempt=1)[-1]["spec"]["template"]["spec"]
    return found


def trial_of(pod: Json) -> Json:
    env = {v["name"]: v.get("value") for v in pod["containers"][0]["env"]}
    found: Json = json.loads(env["TRIAL_0"])
    return found


def test_steps_are_told_in_their_order_with_what_each_takes(experiment, images):
    trial = trial_of(generator_of(experiment, images, flow()))

    assert trial["inOrder"] is True
    assert [request["name"] for request in trial["requests"]] == ["login", "me"]
    login, _ = trial["requests"]
    assert login["extract"] == [{"name": "token", "source": "json", "at": "access.token"}]
    assert login["expectedStatuses"] == [201]
    assert trial["variables"]["email"] == {"values": ["a@example.org", "b@example.org"]}


def test_a_config_map_is_mounted_where_the_script_opens_it(experiment, images):
    pod = generator_of(experiment, images, flow())

    (volume,), (mount,) = pod["volumes"], pod["containers"][0]["volumeMounts"]
    item = {"key": "token", "path": "lines"}
    assert volume == {"name": mount["name"], "configMap": {"name": "shop", "items": [item]}}
    assert trial_of(pod)["variables"]["city"] == {"file": f"{mount['mountPath']}/lines"}


def test_headers_of_the_request_go_with_each_step_that_has_none_of_the_name(experiment, images):
    secret = {"name": "X-Key", "secretKeyRef": {"name": "s", "key": "t"}}
    own = [LOGIN | {"headers": {"ACCEPT": "a", "x-key": "mine"}}, ME]

    spec = flow(steps=own, headers={"Accept": "b"}, headersFrom=[secret])
    login, me = trial_of(generator_of(experiment, images, spec))["requests"]

    assert login["headers"] == {
        "Content-Type": "application/json", "ACCEPT": "a", "x-key": "mine"
    }  # fmt: skip
    assert "secretHeaders" not in login
    assert me["headers"]["Accept"] == "b"
    assert me["secretHeaders"].keys() == {"X-Key"}


def test_an_iteration_is_expected_to_make_as_many_requests(experiment, images):
    plan = make_plan(experiment(**flow()), images)
    trial = plan.trials[0]

    assert load_facts(plan.context, trial.cell, trial.load).steps == 2


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([LOGIN, LOGIN], "there are two steps of this name"),
        ([ME, LOGIN], r"steps me\.headers\.X-Token uses \$\{token\}"),
        ([LOGIN | {"extract": [{"name": "email", "json": "a"}]}], "extract email has a value"),
        ([LOGIN | {"extract": [{"name": "request_id", "json": "a"}]}], "request_id has a value"),
        ([LOGIN | {"headers": {"a b": "x"}}], "steps login: headers: 'a b' is no header's name"),
        (
            [LOGIN | {"extract": [AT]}, ME_AT],
            r"steps me\.path uses \$\{at\}, the header Location as a text, .* add as: Path",
        ),
    ],
)
def test_what_no_step_could_do_is_refused_in_words(steps, says, experiment, images):
    with pytest.raises(PlanError, match=says):
        make_plan(experiment(**flow(steps=steps)), images)


def test_a_place_is_taken_as_a_path_of_the_service(experiment, images):
    spec = flow(steps=[LOGIN | {"extract": [AT | {"as": "Path"}]}, ME_AT])

    login, _ = trial_of(generator_of(experiment, images, spec))["requests"]

    (taken,) = login["extract"]
    assert taken == {"name": "at", "source": "header", "at": "location", "path": True}


@pytest.mark.parametrize("path", ["ws://shop/", "wss://shop/", "grpc://shop/"])
def test_what_is_no_http_is_refused_with_a_sentence(path, experiment):
    with pytest.raises(ValidationError, match="WebSocket and gRPC addresses"):
        experiment(**OWN, workload="custom", load={"request": {"path": path}})


def test_a_rate_is_of_single_requests_only(experiment):
    spec = flow()
    spec["load"] |= {"executor": "constant-arrival-rate"}
    with pytest.raises(ValidationError, match="goes with a given number of users"):
        experiment(**spec, factors={"rate": [10]})


def test_the_fingerprint_tells_steps_apart(experiment, images):
    prints = {
        make_plan(experiment(**flow(steps=steps)), replace(images)).fingerprint
        for steps in ([LOGIN, ME], [LOGIN])
    }

    assert len(prints) == 2
