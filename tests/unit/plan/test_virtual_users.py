"""The virtual users of a trial, and the memory that its k6 pods have for them."""

import json

import pytest

from loadlab.catalogue.requests import Request, Requests
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.load import STALL_SECONDS, Load, users_of_rate
from loadlab.plan import make_plan
from loadlab.plan.cells import cells_of
from loadlab.plan.virtual_users import (
    MIB_PER_USER,
    allocated_users,
    generator_amounts,
    memory_of,
    mib_per_user,
    ready_users,
)

SLEEP = {
    "workload": "sleep",
    "variants": [{"name": "async"}],
    "placement": {"serviceCpu": "Shared"},
}
OPEN = SLEEP | {"load": {"executor": "constant-arrival-rate"}}


def amounts(**spec: object) -> tuple[str | None, str | None]:
    """Request and limit of each k6 pod in the first cell."""
    parsed = LoadExperimentSpec.model_validate(SLEEP | spec)
    found = generator_amounts(parsed, parsed.load, cells_of(parsed)[0], MIB_PER_USER)
    return found.memory_request, found.memory


@pytest.mark.parametrize(
    ("factors", "load", "users"),
    [
        ({"virtualUsers": [300]}, {}, 300),
        ({"rate": [100]}, {}, 240),
        ({"rate": [100]}, {"timeUnit": "1m"}, 100),
        ({"rate": [1]}, {"timeUnit": "1h", "parallelism": 3}, 100),
        ({"rate": [100]}, {"maxVirtualUsers": 7}, 7),
    ],
    ids=["closed", "rate", "a minute", "an hour", "given"],
)
def test_users_are_those_asked_for_or_those_that_a_rate_needs(factors, load, users):
    executor = {"executor": "constant-arrival-rate"} if "rate" in factors else {}
    spec = LoadExperimentSpec.model_validate(SLEEP | {"factors": factors, "load": load | executor})

    assert allocated_users(spec.load, cells_of(spec)[0]) == users


@pytest.mark.parametrize("rate", [0.1, 0.5, 1, 5, 20, 100, 1000])
def test_a_service_that_answers_in_two_seconds_drops_nothing_at_any_rate(rate):
    """Erlang's loss of Poisson arrivals; 3 users for 1/s lost 21 %, told as the service's doing."""
    waiting, lost = 2 * rate, 1.0
    for users in range(1, users_of_rate(rate) + 1):
        lost = waiting * lost / (users + waiting * lost)

    assert lost < 0.001


@pytest.mark.parametrize(
    ("rate", "load", "ready"),
    [
        (1000, {}, 250),
        (100, {}, 100),
        (20, {}, 100),
        (60_000, {"timeUnit": "1m"}, 250),
        (1000, {"maxVirtualUsers": 900}, 900),
        (50, {"parallelism": 16}, 100),
    ],
    ids=["a quarter of a second", "a hundred", "all", "a minute", "given", "of all pods"],
)
def test_few_of_a_rate_are_there_from_the_start(rate, load, ready):
    """All that a stall needs, at 1,000/s a gigabyte, delayed every request by a second."""
    how = {"executor": "constant-arrival-rate"} | load
    spec = LoadExperimentSpec.model_validate(SLEEP | {"factors": {"rate": [rate]}, "load": how})

    assert ready_users(spec.load, cells_of(spec)[0]) == ready


def test_the_pod_asks_for_those_of_the_start_and_may_have_all():
    assert amounts(**OPEN, factors={"rate": [1000]}) == ("177Mi", "1831Mi")


def test_the_script_is_told_the_users_and_the_manual_says_how_they_are_counted(experiment, images):
    plan = make_plan(experiment(**OPEN, factors={"rate": [500]}), images)
    job = plan.run_manifests(plan.trials[0], attempt=1)[-1]
    (container,) = job["spec"]["template"]["spec"]["containers"]
    configuration = json.loads(next(v["value"] for v in container["env"] if v["name"] == "TRIAL_0"))

    assert configuration["load"]["maxVirtualUsers"] == 500 * STALL_SECONDS == 1200
    assert configuration["load"]["readyVirtualUsers"] == 125
    assert f"{STALL_SECONDS:g} s" in (Load.model_fields["max_virtual_users"].description or "")


@pytest.mark.parametrize(
    ("load", "factors", "pause"),
    [
        ({"executor": "constant-arrival-rate"}, {"rate": [100]}, 0),
        ({"executor": "ramping-arrival-rate"}, {"rate": [100]}, 0),
        ({}, {"virtualUsers": [100]}, 4000),
    ],
    ids=["constant", "ramping", "closed"],
)
def test_nobody_pauses_whom_the_next_arrival_needs(experiment, images, load, factors, pause):
    """At 100/s k6 dropped 161 of 500: its 240 users paused for 4 s each."""
    load |= {"request": {"thinkTime": "4s"}}
    plan = make_plan(experiment(**SLEEP | {"load": load, "factors": factors}), images)
    job = plan.run_manifests(plan.trials[0], attempt=1)[-1]
    (container,) = job["spec"]["template"]["spec"]["containers"]
    configuration = json.loads(next(v["value"] for v in container["env"] if v["name"] == "TRIAL_0"))

    assert configuration["thinkTimeMs"] == pause


def test_few_users_keep_the_usual_limit():
    assert amounts(factors={"virtualUsers": [50]}) == ("87Mi", "1Gi")


def test_the_published_ten_thousand_fit_their_pod():
    """4.4 GB were used at most when they were measured."""
    assert amounts(factors={"virtualUsers": [10_000]}) == ("4564Mi", "7303Mi")


@pytest.mark.parametrize(
    ("padding", "requests", "measured"),
    [(0, 1, 141), (65_000, 1, 240), (65_000, 10, 470)],
)
def test_bodies_are_in_the_memory_of_each_user(padding, requests, measured):
    """Peaks of k6 with 200 users, in MiB: 0.45 MiB a user were not half of it."""
    write = Request(name="write", path="/", method="POST", body="${padding}")
    sent = Requests(load=(write,) * requests, padding_bytes=padding)

    assert measured <= memory_of(200, mib_per_user(sent)) < 1.15 * measured


def test_the_pod_of_large_bodies_has_the_memory_for_them(experiment, images):
    factors = {"payloadBytes": [60_000], "rate": [1000]}
    spec = OPEN | {"workload": "ingest", "variants": [{"name": "queued"}], "factors": factors}
    plan = make_plan(experiment(**spec), images)
    job = plan.run_manifests(plan.trials[0], attempt=1)[-1]
    (container,) = job["spec"]["template"]["spec"]["containers"]

    assert container["resources"]["limits"]["memory"] == "3597Mi"


def test_several_pods_share_the_users():
    load = {"parallelism": 4}

    assert amounts(factors={"virtualUsers": [10_000]}, load=load) == ("1189Mi", "1903Mi")


def test_what_the_spec_gives_is_kept_and_no_more_is_asked_for():
    given = {"k6": {"memory": "2Gi"}}

    assert amounts(factors={"virtualUsers": [10_000]}, resources=given) == ("2Gi", "2Gi")


def test_a_given_request_is_kept():
    given = {"k6": {"memoryRequest": "6Gi"}}

    assert amounts(factors={"virtualUsers": [10_000]}, resources=given) == ("6Gi", "7303Mi")
