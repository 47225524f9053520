"""What runs before the first block: one short trial, unless it is not wanted."""

import pytest

from loadlab.model.trial import TrialRole
from loadlab.plan import Plan, make_plan
from loadlab.plan.generator import trial_configuration

TWO = [{"name": "sync"}, {"name": "asyncpg"}]


@pytest.fixture
def planned(experiment, images):
    def plan(**spec: object) -> Plan:
        return make_plan(experiment(**({"variants": TWO} | spec)), images)

    return plan


def test_the_first_cell_settles_the_machine_under_a_short_load(planned):
    plan = planned(load={"duration": "30s", "warmup": "5s"})
    (settling,) = plan.preliminary

    load = trial_configuration(plan.context, settling.run(1))["load"]

    assert settling.role is TrialRole.SETTLING
    assert settling.cell == plan.trials[0].cell
    assert (load["durationMs"], load["warmupMs"]) == (3000, 0)
    assert plan.in_order == (settling, *plan.trials)


@pytest.mark.parametrize(
    ("given", "milliseconds"),
    [({"duration": "2s"}, 2000), ({"settling": "8s"}, 8000)],
    ids=["no longer than a trial", "as given"],
)
def test_its_length(given, milliseconds, planned):
    plan = planned(load=given)
    (settling,) = plan.preliminary

    load = trial_configuration(plan.context, settling.run(1))["load"]

    assert load["durationMs"] == milliseconds


def test_it_ramps_no_longer_than_it_lasts(planned):
    plan = planned(load={"executor": "ramping-vus", "rampUp": "1m"})
    (settling,) = plan.preliminary

    assert trial_configuration(plan.context, settling.run(1))["load"]["rampUpMs"] == 3000


@pytest.mark.parametrize(
    "spec",
    [{"load": {"settling": "0s"}}, {"variants": TWO[:1], "replicates": 1}],
    ids=["not wanted", "a single trial"],
)
def test_where_there_is_none(spec, planned):
    assert planned(**spec).preliminary == ()


def test_it_is_no_trial_of_the_budget(planned):
    plan = planned(replicates=2, maxTrials=4)

    assert (len(plan.trials), len(plan.preliminary)) == (4, 1)


def test_its_load_is_part_of_the_plan(planned):
    lengths = ("0s", "3s", "4s")

    assert len({planned(load={"settling": each}).fingerprint for each in lengths}) == 3


def test_it_is_tried_once(planned):
    plan = planned(retry={"attempts": 3})

    assert [plan.attempts(trial) for trial in plan.in_order[:2]] == [1, 3]


def test_its_resource_says_what_it_is_for(planned):
    plan = planned()

    specs = [plan.trial_manifest(trial)["spec"] for trial in plan.in_order[:2]]

    assert [(s["role"], s["replicate"], s["position"]) for s in specs] == [
        ("Settling", 0, 1),
        ("Measured", 1, 1),
    ]
