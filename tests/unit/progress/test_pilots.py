"""What pilot trials tell of the virtual users that a rate keeps busy."""

from typing import Any

import pytest

from loadlab.model.resources import Experiment, Trial
from loadlab.plan import Images, Plan, make_plan
from loadlab.plan.virtual_users import busy_users, ready_users
from loadlab.progress.conditions import Transition
from loadlab.progress.observed import Observed
from loadlab.progress.pilots import choose_rates

IMAGES = Images("services", "k6", "postgres", "redis", "rabbitmq")
RATE = 10_000
GIVEN: dict[str, Any] = {"rate": [RATE]}


def planned(factors: dict[str, Any], **status: Any) -> Plan:
    load = {"purpose": "Compare", "duration": "10s", "warmup": "1s"}
    spec = {"workload": "sleep", "variants": [{"name": "async"}], "factors": factors, "load": load}
    metadata = {"name": "demo", "namespace": "lab", "uid": "u"}
    found = Experiment.model_validate({"metadata": metadata, "spec": spec, "status": status})
    return make_plan(found, IMAGES)


def after_pilots(factors: dict[str, Any], carried: float, failed: float) -> Plan:
    """Return the plan where of each pilot's requests such a share failed."""
    plan = planned(factors)
    row = {"class": "5xx", "text": "503 Service Unavailable", "requests": 99, "share": failed}
    status = {"phase": "Succeeded", "requestsPerSecond": carried, "failures": [row]}
    trials = {
        pilot.name: Trial.model_validate(plan.trial_manifest(pilot) | {"status": status})
        for pilot in plan.preliminary
    }
    experiment = plan.context.experiment
    decision = choose_rates(plan, experiment.status, Observed(trials=trials), Transition(1, 0.0))
    assert decision.status.chosen is not None
    return planned(factors, chosen=decision.status.chosen.dump())


def users_of(plan: Plan) -> tuple[float, int]:
    """Return the busy users of the first measured trial, and those of the start."""
    cell = plan.trials[0].cell
    busy = busy_users(plan.context, cell)
    return busy, ready_users(plan.trials[0].load, cell, busy)


def test_a_pilot_that_nearly_always_failed_asks_for_no_users_of_the_start():
    """All 24,000 were there, and a pod that asked for 11 GB: 5/s by ten users look like 2 s."""
    assert users_of(after_pilots(GIVEN, carried=5.0, failed=0.998)) == (0, RATE / 4)


@pytest.mark.parametrize("failed", [0.0, 0.4])
def test_one_whose_answers_are_slow_does(failed):
    busy, ready = users_of(after_pilots(GIVEN, carried=10.0, failed=failed))

    assert busy > RATE / 4
    assert ready > RATE / 4


def test_a_rate_that_was_chosen_by_what_was_carried_keeps_it():
    """It is below what was carried, so it keeps fewer users busy than the pilot had."""
    plan = after_pilots({}, carried=500.0, failed=0.9)
    (load,) = plan.context.chosen.loads

    assert (load.carries, load.rate) == (500.0, 250)
    assert users_of(plan)[0] < 100
