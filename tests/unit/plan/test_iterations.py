"""load.iterations: told to k6 and hey alike, dropped where a load is not measured, or refused."""

import json

import pytest

from loadlab.model.status.conditions import Reason
from loadlab.plan import PlanError, make_plan
from loadlab.plan.expected import load_facts
from loadlab.plan.generator import trial_configuration

SLEEP = {"workload": "sleep", "variants": [{"name": "async"}]}
HUNDRED = {"virtualUsers": [100]}
WELLS = {"workload": "wells", "variants": [{"name": "async"}], "factors": HUNDRED}
MIXED = {"workload": "items", "variants": [{"name": "cached"}], "factors": HUNDRED}
READING = {"factors": HUNDRED | {"writePercent": [0]}}
POSTING = {"request": {"path": "/items", "method": "POST", "body": "{}"}}


def told(manifest):
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    variables = {each["name"]: each.get("value", "") for each in container["env"]}
    return container["args"], json.loads(variables["TRIAL_0"])["load"]


def test_k6_and_hey_are_told_the_same(experiment, images):
    spec = SLEEP | {"factors": HUNDRED | {"generator": ["k6", "hey"]}, "replicates": 1}
    plan = make_plan(experiment(**spec, load={"iterations": 1000, "duration": "60s"}), images)
    found = [told(plan.run_manifests(trial, 1)[-1]) for trial in plan.trials]

    assert [load["iterations"] for _, load in found] == [1000, 1000]
    assert [load["durationMs"] for _, load in found] == [60_000, 60_000]
    assert ["hey"] in [args for args, _ in found]
    facts = {load_facts(plan.context, trial.cell, trial.load).iterations for trial in plan.trials}
    assert facts == {1000}


def test_without_them_nothing_of_a_configuration_changes(experiment, images):
    plan = make_plan(experiment(**SLEEP), images)

    assert "iterations" not in trial_configuration(plan.context, plan.trials[0].run(1))["load"]
    assert load_facts(plan.context, plan.trials[0].cell, plan.trials[0].load).iterations is None


def test_what_goes_before_the_first_block_loads_for_a_time(experiment, images):
    """One that settles the machine is as long as load.settling, and calibrating as it says."""
    load = {"iterations": 100, "settling": "3s", "calibration": "5s"}
    plan = make_plan(experiment(**SLEEP, load=load, replicates=2), images)
    loads = [trial_configuration(plan.context, trial.run(1))["load"] for trial in plan.preliminary]

    assert [load["durationMs"] for load in loads] == [3000, 5000]
    assert not any("iterations" in load for load in loads)


@pytest.mark.parametrize("spec", [WELLS, MIXED], ids=["a ping", "freshness"])
def test_requests_that_go_on_for_a_time_are_refused(experiment, images, spec):
    make_plan(experiment(**spec), images)
    with pytest.raises(PlanError, match=r"load\.iterations would end it before") as refused:
        make_plan(experiment(**spec, load={"iterations": 1000}), images)

    assert refused.value.reason is Reason.INVALID_SPEC


@pytest.mark.parametrize("more", [READING, {"load": POSTING}], ids=["reads", "own request"])
def test_without_such_requests_they_are_planned(experiment, images, more):
    """The published thousand posts, each accounted for."""
    load = {"iterations": 1000} | more.get("load", {})

    assert make_plan(experiment(**MIXED | more | {"load": load}), images).trials


def test_hey_takes_no_number_that_its_users_cannot_share(experiment, images):
    load = {"iterations": 1050}
    make_plan(experiment(**SLEEP, factors=HUNDRED, load=load), images)
    words = r"hey cannot do load\.iterations that factors\.virtualUsers cannot share evenly: use k6"
    with pytest.raises(PlanError, match=words):
        make_plan(experiment(**SLEEP, factors=HUNDRED, load=load | {"generator": "hey"}), images)
