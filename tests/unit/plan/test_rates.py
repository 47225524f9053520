"""At which rates cells are compared, by what they carried; and for how long."""

from typing import Any

import pytest

from loadlab.catalogue import Factor
from loadlab.model.resources import Experiment
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.load import Executor
from loadlab.model.status.conditions import Reason
from loadlab.plan import PlanError, make_plan
from loadlab.plan.bounds import LONGEST_WINDOW, MOST_PILOTS
from loadlab.plan.rates import choose_loads
from tests.manifests import Json

VARIANTS = [{"name": "sync"}, {"name": "async"}, {"name": "asyncpg"}]


def spec(factors: Json | None = None, **load: Any) -> LoadExperimentSpec:
    return LoadExperimentSpec.model_validate(
        {
            "workload": "select",
            "variants": VARIANTS,
            "factors": factors or {},
            "load": {"purpose": "Compare", "duration": "10s"} | load,
        }
    )


def rates(given: LoadExperimentSpec, *carries: float | None) -> list[tuple[int | None, int]]:
    found = choose_loads(given, {f"cell{n}": each for n, each in enumerate(carries)})
    return [(load.rate, load.tier) for load in found]


def compared(chosen: Json | None = None, **load: Any) -> Experiment:
    metadata = {"name": "demo", "namespace": "lab", "uid": "uid-demo"}
    status = {"chosen": chosen} if chosen else {}
    return Experiment.model_validate(
        {"metadata": metadata, "spec": spec(**load).dump(), "status": status}
    )


def test_all_are_offered_half_of_what_the_slowest_carries():
    assert rates(spec(), 2431.0, 3100.0, 9000.0) == [(1200, 1)] * 3


@pytest.mark.parametrize(
    ("carries", "rate"), [(2000.0, 1000), (25.0, 12), (9.9, 4), (2.0, 1), (999_999.0, 100_000)]
)
def test_a_rate_has_two_digits_and_never_more_than_half(carries, rate):
    assert rates(spec(), carries) == [(rate, 1)]


def test_more_than_four_times_as_much_is_another_tier():
    assert rates(spec(), 100.0, 400.0, 401.0, 1700.0) == [(50, 1), (50, 1), (200, 2), (850, 3)]


@pytest.mark.parametrize("unknown", [None, 0.0], ids=["no result", "nothing succeeded"])
def test_a_cell_of_which_nothing_is_known_is_offered_what_the_slowest_is(unknown):
    assert rates(spec(), 4000.0, unknown, 100.0) == [(2000, 2), (50, 1), (50, 1)]


def test_a_rate_of_the_users_own_wins_and_makes_one_tier():
    assert rates(spec({"rate": [500]}), 100.0, 4000.0) == [(None, 1), (None, 1)]


def test_the_time_unit_is_that_of_the_load():
    assert rates(spec(timeUnit="1m"), 3.0) == [(90, 1)]


def test_where_no_pilot_came_to_a_result_nothing_is_chosen():
    with pytest.raises(PlanError) as caught:
        rates(spec(), None, 0.0)

    assert caught.value.reason is Reason.PILOTS_FAILED


def test_less_than_one_request_a_unit_asks_for_a_longer_unit():
    with pytest.raises(PlanError, match=r"raise load\.timeUnit"):
        rates(spec(), 1.5)


def chosen_rate(rate: int) -> Json:
    title = "{}/workers=1/poolSize=10"
    loads = [
        {"cell": title.format(each["name"]), "carries": rate * 2.1, "rate": rate, "tier": 1}
        for each in VARIANTS
    ]
    return {"seed": 7, "loads": loads}


@pytest.mark.parametrize(
    ("rate", "duration"), [(100, "10s"), (99, "11s"), (50, "20s"), (4, "250s")]
)
def test_a_window_has_a_thousand_requests(rate, duration, images):
    plan = make_plan(compared(chosen_rate(rate)), images)

    assert {trial.load.duration for trial in plan.trials} == {duration}


def test_a_window_that_would_last_too_long_is_refused_with_the_arithmetic(images):
    with pytest.raises(PlanError) as caught:
        make_plan(compared(chosen_rate(3)), images)

    assert caught.value.reason is Reason.TOO_FEW_REQUESTS
    assert "at 3 requests a second 1,000 requests take 334 s" in str(caught.value)
    assert f"{LONGEST_WINDOW} s at most; set load.duration to 334s or more" in str(caught.value)


def test_one_that_is_asked_for_may_last_longer(images):
    plan = make_plan(compared(chosen_rate(3), duration="6m"), images)

    assert {trial.load.duration for trial in plan.trials} == {"6m"}


def test_every_cell_has_a_pilot_in_a_closed_loop_and_the_others_an_open_model(images):
    plan = make_plan(compared(factors={"virtualUsers": [20], "rate": [500, 900]}), images)

    pilots = {pilot.cell.title(): pilot.load for pilot in plan.preliminary}
    assert set(pilots) == {
        f"{each['name']}/workers=1/virtualUsers=20/poolSize=10" for each in VARIANTS
    }
    assert {load.executor for load in pilots.values()} == {Executor.CONSTANT_VUS}
    assert {load.duration for load in pilots.values()} == {"5s"}
    assert len(plan.cells) == 6
    assert {trial.load.executor for trial in plan.trials} == {Executor.CONSTANT_ARRIVAL_RATE}


def test_a_pilot_does_not_pause_between_requests(images):
    plan = make_plan(compared(request={"thinkTime": "1s"}), images)

    assert {pilot.load.request.think_time for pilot in plan.preliminary} == {"0s"}


def test_the_plan_is_the_same_but_for_the_rates_once_they_are_chosen(images):
    before, after = (make_plan(compared(chosen), images) for chosen in (None, chosen_rate(600)))
    seeded = make_plan(compared({"seed": 7}), images)

    assert before.lacks_rates
    assert not after.lacks_rates
    assert seeded.fingerprint == after.fingerprint
    assert [t.cell.variant for t in seeded.trials] == [t.cell.variant for t in after.trials]
    assert [t.name for t in seeded.in_order] == [t.name for t in after.in_order]
    assert {cell.number(Factor.RATE) for cell in after.cells} == {600}


def test_more_cells_than_have_pilots_are_refused(images):
    levels = list(range(1, MOST_PILOTS // len(VARIANTS) + 2))
    experiment = compared(factors={"workers": levels, "poolSize": [1]})
    roomy = experiment.spec.model_copy(update={"max_trials": 1000})

    with pytest.raises(PlanError, match=f"at most {MOST_PILOTS} cells"):
        make_plan(experiment.model_copy(update={"spec": roomy}), images)


def test_a_claim_on_the_rate_that_all_are_offered_is_refused(images):
    experiment = compared()
    claim = {"name": "x", "ratio": "requestsPerSecond", "atLeast": 1}
    sides = {"of": {"variant": "async"}, "over": {"variant": "sync"}}
    given = experiment.spec.dump() | {"expectations": [claim | sides]}
    claimed = experiment.model_copy(update={"spec": LoadExperimentSpec.model_validate(given)})

    with pytest.raises(PlanError, match="cpuMicrosPerRequest"):
        make_plan(claimed, images)
