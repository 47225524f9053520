"""Where the trials were made and with what: each image under the name of what ran it."""

from typing import Any

import pytest

from loadlab.analysis.what_ran import environment_of
from loadlab.model.resources import Experiment, Trial
from loadlab.model.status import Environment
from loadlab.plan import Plan, make_plan
from tests.unit.analysis.test_summary import IMAGES, plan_of

ASKED: dict[str, Any] = {
    "name": "shop", "spec": "u/1", "endpoints": "e", "processes": "p", "pods": 2,
}  # fmt: skip


def custom(*variants: dict[str, Any]) -> Plan:
    spec = {
        "workload": "custom",
        "variants": list(variants),
        "load": {"request": {"path": "/"}},
        "replicates": 3,
    }
    metadata = {"name": "demo", "namespace": "lab", "uid": "uid-demo"}
    return make_plan(Experiment.model_validate({"metadata": metadata, "spec": spec}), IMAGES)


RUNNING = custom({"name": "shop", "service": {"name": "shop", "port": 80}})
OWN = custom({"name": "old", "image": "shop:1"}, {"name": "new", "image": "shop:2"})


def told(plan: Plan, *statuses: dict[str, Any]) -> Environment:
    """The environment after trials of a plan in turn, which ended so."""
    trials = [
        Trial.model_validate(plan.trial_manifest(planned) | {"status": status})
        for planned, status in zip(plan.trials, statuses, strict=False)
    ]
    return environment_of(plan, trials, "v1.34.4")


@pytest.mark.parametrize(
    ("plan", "names"),
    [
        (plan_of(), {"service"}),
        (OWN, {"service/old", "service/new"}),
        (RUNNING, {"service/shop"}),
    ],
    ids=["services of ours", "images of one's own", "one that ran already"],
)
def test_a_variant_with_another_service_has_an_image_of_its_own(plan: Plan, names: set[str]):
    status = {"images": {"service": "a@sha256:1", "k6": "k6@sha256:2"}}

    found = told(plan, *[status] * len(plan.trials))

    assert found.images == dict.fromkeys(names, "a@sha256:1") | {"k6": "k6@sha256:2"}
    assert found.kubernetes == "v1.34.4"


def test_a_trial_of_a_variant_that_the_plan_does_not_know_is_of_the_common_service():
    (planned, *_) = RUNNING.trials
    trial = Trial.model_validate(
        RUNNING.trial_manifest(planned) | {"status": {"images": {"service": "a:1"}}}
    )

    assert environment_of(OWN, [trial], "").images == {"service": "a:1"}


def test_the_first_node_that_is_known_is_told():
    assert told(RUNNING, {"node": ""}, {"node": "n1"}, {"node": "n2"}).node == "n1"
    assert told(RUNNING, {"node": ""}).node == ""


@pytest.mark.parametrize(
    ("phase", "counts"), [("Succeeded", True), ("Invalid", True), ("Lost", False)]
)
def test_what_trials_were_given_is_that_of_those_with_a_result(phase: str, counts: bool):
    """Of any other attempt a change voids it, and what it was given is in no figure."""
    status = {"phase": phase, "inputs": {"shop": "u/7/aa", "gone": ""}, "askedService": ASKED}

    found = told(RUNNING, status)

    assert found.inputs == ({"shop": "u/7/aa"} if counts else {})
    assert list(found.services) == (["shop"] if counts else [])


def test_of_a_running_service_pods_and_the_first_five_containers_are_told():
    containers = [{"name": f"app-{n}", "image": f"app:{n}"} for n in range(7)]
    status = {"phase": "Succeeded", "askedService": ASKED | {"containers": containers}}

    shop = told(RUNNING, status).services["shop"]

    assert shop.pods == 2
    assert [each.name for each in shop.containers] == [f"app-{n}" for n in range(5)]


def test_of_a_service_that_was_deployed_nothing_ran_before():
    assert told(OWN, *[{"phase": "Succeeded"}] * len(OWN.trials)).services == {}
