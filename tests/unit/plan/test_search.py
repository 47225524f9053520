"""The trials of a search: a step of each cell in turn, as far as its rates were chosen."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from loadlab.model.resources import Experiment
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.status.conditions import Reason
from loadlab.plan import Images, Plan, PlanError, make_plan
from loadlab.plan.bounds import MOST_STEPS
from loadlab.plan.generator import trial_configuration
from loadlab.plan.rates import choose_loads
from tests.manifests import Json

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "manifests" / "samples" / "capacity-search.yaml"
GOLDEN = ROOT / "tests" / "golden" / "capacity-search.yaml"
CRITERIA = [{"name": "tail", "metric": "http_req_duration", "threshold": "p(95)<100"}]
SEARCH: Json = {
    "workload": "select",
    "variants": [{"name": "sync"}, {"name": "async"}],
    "load": {"purpose": "Capacity", "search": {}},
    "successCriteria": CRITERIA,
}
Planned = Callable[..., Plan]


@pytest.fixture
def planned(images: Images) -> Planned:
    def plan(loads: list[Json] | None = None, **spec: Any) -> Plan:
        body = {
            "metadata": {"name": "demo", "namespace": "lab", "uid": "uid-demo"},
            "spec": SEARCH | spec,
            "status": {"chosen": {"seed": 7, "loads": loads or []}},
        }
        return make_plan(Experiment.model_validate(body), images)

    return plan


def searching(**load: Any) -> LoadExperimentSpec:
    known = {"purpose": "Capacity", "search": {}} | load
    return LoadExperimentSpec.model_validate(SEARCH | {"load": known})


def cell(variant: str, *rates: int, ended: str | None = None) -> Json:
    title = f"{variant}/workers=1/poolSize=10"
    return {"cell": title, "rates": list(rates), "ended": ended}


def steps(plan: Plan) -> list[tuple[str, int | None]]:
    return [(trial.cell.variant, trial.rate) for trial in plan.trials]


def test_it_begins_at_what_each_cell_carried_in_two_digits():
    found = choose_loads(searching(), {"a": 1234.0, "b": 87.6, "c": None, "d": 0.5})

    assert [load.rates for load in found] == [(1200,), (88,), (4,), (4,)]


@pytest.mark.parametrize(
    ("load", "rate"),
    [
        ({"search": {"maxRate": 500}}, 500),
        ({"search": {"minRate": 2000}}, 2000),
        ({"timeUnit": "1m"}, 74_000),
    ],
    ids=["at most", "at least", "per minute"],
)
def test_it_begins_within_its_limits(load, rate):
    (found,) = choose_loads(searching(**load), {"a": 1234.0})

    assert found.rates == (rate,)


def test_each_cell_takes_its_next_step_in_turn(planned):
    found = steps(planned([cell("sync", 400, 800, 600), cell("async", 900, 1800)]))

    assert sorted(found[:2]) == [("async", 900), ("sync", 400)]
    assert sorted(found[2:4]) == [("async", 1800), ("sync", 800)]
    assert found[4:] == [("sync", 600)]


def test_a_step_more_changes_nothing_of_those_before(planned):
    before = planned([cell("sync", 400, 800), cell("async", 900, ended="Found")])
    after = planned([cell("sync", 400, 800, 600), cell("async", 900, ended="Found")])

    assert after.trials[: len(before.trials)] == before.trials
    assert after.preliminary == before.preliminary
    assert after.fingerprint == before.fingerprint


def test_there_are_so_many_trials_of_each_cell_at_most(planned):
    assert planned().most_trials == 2 * MOST_STEPS
    assert planned(maxTrials=12).most_trials == 12
    half = planned([cell("sync", 400, ended="MaxRate"), cell("async", 9)])
    assert half.most_trials == 1 + MOST_STEPS
    over = planned([cell("sync", 400, ended="MaxRate"), cell("async", 9, 18, ended="Found")])
    assert (over.most_trials, over.is_searching) == (3, False)


def test_requests_come_as_of_many_users_unless_the_spec_says_otherwise(planned):
    loads = [cell("sync", 400), cell("async", 900)]
    usual, even = (
        planned(loads, load=SEARCH["load"] | more) for more in ({}, {"arrivals": "Even"})
    )

    for plan, arrivals in ((usual, "Poisson"), (even, "Even")):
        load = trial_configuration(plan.context, plan.trials[0].run(1))["load"]
        assert (load["executor"], load["arrivals"]) == ("constant-arrival-rate", arrivals)


def test_it_is_calibrated_at_its_first_rates_and_with_its_arrivals(planned):
    load = SEARCH["load"] | {"calibration": "5s"}
    first, later = (
        planned([cell("sync", 400, *more), cell("async", 900)], load=load) for more in ((), (9000,))
    )
    calibration = first.preliminary[-1]
    given = trial_configuration(first.context, calibration.run(1))["load"]

    assert (given["rate"], given["arrivals"]) == (900, "Poisson")
    assert later.preliminary == first.preliminary


def test_too_few_trials_for_a_result_are_refused(planned):
    with pytest.raises(PlanError, match="4 trials of a cell or more, and 2 cells have maxTrials 7"):
        planned(maxTrials=7)


def test_rates_of_which_none_fills_a_window_are_refused_with_the_remedy(planned):
    with pytest.raises(PlanError, match=r"raise load\.search\.maxRate or load\.duration") as caught:
        planned(load={"purpose": "Capacity", "search": {"maxRate": 3}})

    assert caught.value.reason is Reason.TOO_FEW_REQUESTS


def test_the_sample_makes_the_golden_trials(images):
    """`UPDATE_GOLDEN=1` writes them anew; read the difference before you commit it."""
    body = yaml.safe_load(SAMPLE.read_text())
    body["metadata"] |= {"namespace": "lab", "uid": "uid-demo"}
    loads = [cell("async", 1200, 600), cell("asyncpg", 2500, 5000)]
    body["status"] = {"chosen": {"seed": 7, "loads": loads}}
    plan = make_plan(Experiment.model_validate(body), images)
    manifests = [
        *(plan.trial_manifest(trial) for trial in plan.in_order),
        *plan.run_manifests(plan.trials[-1], attempt=1),
    ]
    text = yaml.safe_dump_all(json.loads(json.dumps(manifests)), sort_keys=False, width=100)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)

    assert GOLDEN.read_text() == text


@pytest.mark.parametrize(
    ("rate", "carries", "ready"),
    [(1000, 50.0, 1250), (1000, 2000.0, 250), (1000, None, 250), (1000, 5.0, 2400)],
    ids=["answers of a second", "fast answers", "unknown", "no more than there may be"],
)
def test_users_that_a_rate_keeps_busy_are_there_from_the_start(planned, rate, carries, ready):
    """Made under load they came up to a second late; a closed loop of 50 users carried 50/s."""
    loads = [cell(variant, rate) | {"carries": carries} for variant in ("sync", "async")]
    plan = planned(loads, factors={"virtualUsers": [50]})
    told = [trial_configuration(plan.context, trial.run(1))["load"] for trial in plan.trials]

    assert [each.get("readyVirtualUsers", each["maxVirtualUsers"]) for each in told] == [ready] * 2
