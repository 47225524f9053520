"""One trial before the first block asks nothing of the service, at the rate to be offered."""

import pytest

from loadlab.catalogue import Cell
from loadlab.model.resources import Experiment
from loadlab.model.status.chosen import CellLoad, Chosen
from loadlab.model.trial import TrialRole
from loadlab.plan import Plan, PlannedTrial, make_plan
from loadlab.plan.generator import trial_configuration
from tests.manifests import Json

OPEN = {"executor": "constant-arrival-rate", "calibration": "5s"}


@pytest.fixture
def planned(experiment, images):
    def plan(**spec: object) -> Plan:
        return make_plan(experiment(**spec), images)

    return plan


def calibrations(plan: Plan) -> list[PlannedTrial]:
    return [it for it in plan.preliminary if it.role is TrialRole.CALIBRATION]


def configuration(plan: Plan) -> Json:
    (calibration,) = calibrations(plan)
    return trial_configuration(plan.context, calibration.run(1))


def test_there_is_none_unless_it_is_asked_for(planned):
    assert calibrations(planned()) == []
    assert "calibration" not in trial_configuration(planned().context, planned().trials[0].run(1))


def test_it_is_offered_the_highest_rate_for_as_long_as_is_asked(planned):
    found = configuration(planned(load=OPEN, factors={"rate": [100, 700, 300]}))

    load = found["load"]
    assert (load["executor"], load["rate"]) == ("constant-arrival-rate", 700)
    assert (load["durationMs"], load["warmupMs"]) == (5000, 1000)
    assert found["calibration"] == {"users": 32, "durationMs": 2000}
    assert [each["path"] for each in found["requests"]] == ["/"]


@pytest.mark.parametrize(("unit", "rate"), [("1s", 500), ("100ms", 50), ("1ms", 1)])
def test_where_no_rate_is_offered_it_is_a_calm_one(planned, unit, rate):
    found = configuration(planned(load={"calibration": "5s", "timeUnit": unit}))

    assert found["load"]["rate"] == rate
    assert found["load"]["virtualUsers"] is None


def test_each_of_many_pods_has_a_user_of_the_closed_loop(planned):
    sizes = {"parallelism": 16, "calibration": "5s"}
    found = configuration(planned(load=sizes, factors={"virtualUsers": [16]}))

    assert found["calibration"]["users"] >= 16


def test_it_goes_after_the_settling_trial_and_before_the_first_block(planned):
    plan = planned(load=OPEN, factors={"rate": [100]})

    assert [it.role for it in plan.in_order[:3]] == [
        TrialRole.SETTLING,
        TrialRole.CALIBRATION,
        TrialRole.MEASURED,
    ]
    assert [it.position for it in plan.preliminary] == [1, 2]


def test_where_cells_are_compared_it_waits_for_the_rate_that_the_pilots_find(experiment, images):
    spec = {"load": {"purpose": "Compare", "calibration": "5s"}}
    without = make_plan(experiment(**spec), images)
    carried = tuple(
        CellLoad(cell=pilot_cell(it.cell).title(), carries=1000, rate=480)
        for it in without.preliminary
    )

    plan = make_plan(_with(experiment(**spec), Chosen(seed=1, loads=carried)), images)

    assert calibrations(without) == []
    assert configuration(plan)["load"]["rate"] == 480
    assert [it.name for it in plan.preliminary[:-1]] == [it.name for it in without.preliminary]


def pilot_cell(cell: Cell) -> Cell:
    return cell.model_copy(update={"virtual_users": None})


def _with(experiment: Experiment, chosen: Chosen) -> Experiment:
    status = experiment.status.model_copy(update={"chosen": chosen})
    return experiment.model_copy(update={"status": status})
