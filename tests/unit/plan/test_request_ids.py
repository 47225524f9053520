"""The numbers of requests: of each attempt of each trial its own, and small where they can be."""

from itertools import chain, pairwise
from typing import Any

import pytest

from loadlab.model.resources import Experiment
from loadlab.plan import Plan, make_plan
from loadlab.plan.bounds import MOST_REQUESTS_OF_POD, MOST_REQUESTS_OF_USER
from loadlab.plan.generator import trial_configuration
from loadlab.plan.request_ids import most_a_second
from tests.manifests import Json

OWN: Json = {"path": "/users", "method": "POST", "body": '{"email": "u${request_id}@x.org"}'}
SHOP = [{"name": "shop", "image": "shop:1"}, {"name": "next", "image": "shop:2"}]
INTEGER = 2**31 - 1  # of a column of 32 bits
USUAL: Json = {"load": {"request": OWN}, "replicates": 5, "factors": {"virtualUsers": [10, 20]}}
COMPARED: Json = {"load": {"request": OWN, "purpose": "Compare"}, "replicates": 5}
RATES = [{"cell": name, "carries": 900.0, "rate": 400} for name in ("shop", "next")]


def planned(images, status: Json | None = None, uid: str = "u", **spec: Any) -> Plan:
    metadata = {"name": "demo", "namespace": "lab", "uid": uid}
    body = {"workload": "custom", "variants": SHOP} | spec
    made = {"metadata": metadata, "spec": body, "status": status or {}}
    return make_plan(Experiment.model_validate(made), images)


def ids_of(plan: Plan, trial: Any, attempt: int) -> Json | None:
    found: Json = trial_configuration(plan.context, trial.run(attempt))
    return found.get("ids")


def needed(plan: Plan) -> list[tuple[int, int]]:
    """The numbers of all attempts, first and last, of measurement and warm-up."""
    most, found = most_a_second(plan.context.spec), []
    for trial in plan.in_order:
        for attempt in range(1, plan.attempts(trial) + 1):
            configuration = trial_configuration(plan.context, trial.run(attempt))
            load, ids = configuration["load"], configuration["ids"]
            ramp = load["rampUpMs"] if load["executor"].startswith("ramping") else 0
            measured = most * (load["durationMs"] + ramp) // 1000
            found.append((ids["measure"], ids["measure"] + measured - 1))
            warm_up = most * load["warmupMs"] // 1000
            found.append((ids["warmup"], max(ids["warmup"] + warm_up - 1, ids["warmup"])))
    return found


@pytest.mark.parametrize(
    ("spec", "status"),
    [
        (USUAL, {}),
        (USUAL | {"retry": {"attempts": 5}}, {}),
        (USUAL | {"load": {"request": OWN, "settling": "0s"}}, {}),
        (USUAL | {"load": {"request": OWN, "calibration": "5s"}}, {}),
        (USUAL | {"load": {"request": OWN, "executor": "ramping-vus", "rampUp": "20s"}}, {}),
        (COMPARED, {}),
        (COMPARED, {"chosen": {"seed": 7, "loads": RATES}}),
    ],
    ids=["usual", "attempts", "no settling", "calibration", "ramp", "pilots", "after pilots"],
)
def test_no_two_attempts_share_a_number_and_all_fit_32_bits(spec, status, images):
    plan = planned(images, status, **spec)
    plan = plan if not any(t.run(1).calibrates for t in plan.preliminary) else _without(plan)
    ranges = sorted(needed(plan))

    assert ranges[0][0] >= 1
    assert all(last < first for (_, last), (first, _) in pairwise(ranges))
    assert max(chain(*ranges)) <= INTEGER


def _without(plan: Plan) -> Plan:
    """Leave out what asks nothing of the service."""
    for trial in plan.preliminary:
        if trial.run(1).calibrates:
            assert ids_of(plan, trial, 1) is None
    kept = tuple(trial for trial in plan.preliminary if not trial.run(1).calibrates)
    return Plan(plan.context, plan.cells, plan.trials, kept)


def test_more_trials_than_were_planned_change_no_number_of_those_before(images):
    first = planned(images, **(USUAL | {"replicates": 3}))
    later = planned(images, {"chosen": {"replicates": 9, "seed": 0}}, **(USUAL | {"replicates": 3}))

    told = [ids_of(first, trial, 2) for trial in first.in_order]
    assert told == [ids_of(later, trial, 2) for trial in later.in_order[: len(told)]]
    assert len(later.in_order) > len(told)


def test_another_experiment_is_told_by_its_text(images):
    asked = {"load": {"request": OWN | {"path": "/u-${experiment_id}", "body": "{}"}}}
    texts = set()
    for uid in ("u", "v"):
        plan = planned(images, uid=uid, **asked)
        told = {(ids_of(plan, t, 1) or {})["experiment"] for t in plan.in_order}
        texts |= told
        assert len(told) == 1

    assert len(texts) == 2
    assert {len(text) for text in texts} == {10}


@pytest.mark.parametrize(
    "spec",
    [
        {"load": {"request": {"path": "/"}}},
        {"workload": "ingest", "variants": [{"name": "queued"}]},
    ],
    ids=["no number asked for", "a workload's own requests"],
)
def test_who_needs_none_is_told_none(spec, images):
    plan = planned(images, **spec)

    assert [ids_of(plan, trial, 1) for trial in plan.in_order] == [None] * len(plan.in_order)


@pytest.mark.parametrize(
    ("spec", "most"),
    [
        ({"factors": {"virtualUsers": [1, 2]}}, 2 * MOST_REQUESTS_OF_USER),
        ({"factors": {"virtualUsers": [100]}}, MOST_REQUESTS_OF_POD),
        (
            {"factors": {"virtualUsers": [100], "parallelism": [1, 3]}},
            3 * MOST_REQUESTS_OF_POD,
        ),
        (
            {
                "load": {"executor": "constant-arrival-rate", "maxVirtualUsers": 50},
                "factors": {"rate": [10, 500]},
            },
            2_000,
        ),
    ],
)
def test_room_is_for_more_requests_than_there_can_be(spec, most, images):
    load = {"request": OWN} | spec.get("load", {})

    assert most_a_second(planned(images, **spec | {"load": load}).context.spec) == most
