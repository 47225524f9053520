"""Cells that did not take turns are measured, and nothing is claimed of their differences."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from loadlab.analysis.baseline import BaselineView, with_baseline
from loadlab.analysis.turns import why_no_floor, why_no_turns, why_no_turns_between
from loadlab.model.resources import Experiment
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.status import Baseline, LoadExperimentStatus
from loadlab.model.status import ComparisonOutcome as Outcome
from loadlab.plan import Plan, make_plan
from tests.unit.analysis.analysed import analyze
from tests.unit.analysis.claims import rows_of
from tests.unit.analysis.test_best import replicates_of
from tests.unit.analysis.test_summary import IMAGES, trials_of

SEQUENTIAL = {"strategy": "Sequential"}
WHY = "the cells did not take turns (order.strategy Sequential): a drift counts as a difference"
SPEC: dict[str, Any] = {"workload": "select", "variants": [{"name": "sync"}, {"name": "async"}]}


def plan_of(order: dict[str, str], beside: Mapping[str, Any] = MappingProxyType({})) -> Plan:
    metadata = {"name": "demo", "namespace": "lab", "uid": "uid-demo"}
    spec = {**SPEC, "replicates": 5, "order": order, **beside}
    return make_plan(Experiment.model_validate({"metadata": metadata, "spec": spec}), IMAGES)


def status_of(order: dict[str, str]) -> LoadExperimentStatus:
    plan = plan_of(order)
    return analyze(plan, tuple(trials_of(plan).values()))


def test_no_difference_is_claimed_of_cells_that_did_not_take_turns() -> None:
    """A drift was Improved or Regressed, with a p, and failed gates."""
    status = status_of(SEQUENTIAL)

    assert {c.outcome for c in status.comparisons} == {Outcome.INCONCLUSIVE}
    assert {c.why for c in status.comparisons} == {WHY}
    assert {(c.p, c.blocks_needed) for c in status.comparisons} == {(None, None)}


def test_no_cell_is_ahead_or_recommended() -> None:
    status = status_of(SEQUENTIAL)

    assert status.best is None  # it was the one with the best mean, whatever that came from
    assert status.recommendation == (f"Nothing is recommended: {WHY}; leave order.strategy out.",)


def test_cells_that_took_turns_are_compared() -> None:
    status = status_of({})

    assert status.comparisons[0].outcome is Outcome.IMPROVED
    assert status.recommendation[0].startswith("Take async")


def test_a_cell_that_ran_twice_did_so_at_the_end_as_well() -> None:
    sequential = LoadExperimentSpec.model_validate(SPEC | {"order": SEQUENTIAL})

    assert why_no_floor(sequential).endswith("and the second run came last")
    assert why_no_floor(LoadExperimentSpec.model_validate(SPEC)) == ""


def test_levels_that_did_not_take_turns_have_no_law() -> None:
    users = {"factors": {"virtualUsers": [1, 2, 4, 8]}, "load": {"executor": "constant-vus"}}
    plan = plan_of(SEQUENTIAL, users)

    status = analyze(plan, tuple(trials_of(plan).values()))

    assert len(status.scaling) == 2
    assert {(law.why, law.recommendation, law.rate_of_one) for law in status.scaling} == {
        (WHY, "", None)
    }


def test_a_cell_by_itself_has_nobody_to_take_turns_with() -> None:
    spec = LoadExperimentSpec.model_validate(SPEC | {"order": SEQUENTIAL})

    assert why_no_turns(spec, 1) == ""
    assert why_no_turns(spec, 2) == WHY
    assert len(why_no_turns_between("", WHY)) <= 100


def baseline_of(here: dict[str, str], there: dict[str, str]) -> Baseline:
    own, other = (
        rows_of(replicates_of({"sync": (rate, 500.0, 40.0), "async": (rate, 400.0, 40.0)}, 5))
        for rate in (1500.0, 1000.0)
    )
    body = {
        "metadata": {"name": "night-1", "namespace": "lab", "uid": "uid-1"},
        "spec": SPEC | {"order": there},
        "status": {
            "phase": "Succeeded",
            "completionTime": "2026-11-26T01:00:00Z",
            "results": [row.dump() for row in other],
        },
    }
    reference = {"comparison": {"baselineRef": {"name": "night-1"}}}
    spec = LoadExperimentSpec.model_validate(SPEC | reference | {"order": here})
    found = BaselineView("night-1", Experiment.model_validate(body))
    status = LoadExperimentStatus(results=tuple(own))
    baseline = with_baseline(status, spec, found).baseline
    assert baseline is not None
    return baseline


@pytest.mark.parametrize(("here", "there"), [(SEQUENTIAL, {}), ({}, SEQUENTIAL)])
def test_nor_is_a_difference_from_a_baseline(here: dict[str, str], there: dict[str, str]) -> None:
    found = baseline_of(here, there).comparisons

    assert {c.outcome for c in found} == {Outcome.INCONCLUSIVE}
    assert {c.why for c in found} == {
        "in one of the two experiments the cells did not take turns (order.strategy Sequential)"
    }
    assert Outcome.IMPROVED in {c.outcome for c in baseline_of({}, {}).comparisons}
