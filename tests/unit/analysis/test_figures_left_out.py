"""Figures that too many cells leave no room to compare are named: a gate does not pass them."""

from dataclasses import replace

from pydantic import BaseModel

from loadlab.analysis import baseline, comparison
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.left_out import figures_left_out
from loadlab.analysis.status_budget import MAX_BYTES, within_budget
from loadlab.catalogue import Cell
from loadlab.model.resources import Experiment
from loadlab.model.spec import LoadExperimentSpec
from loadlab.model.spec.load import Load
from loadlab.model.status import LoadExperimentStatus
from tests.unit.analysis.claims import rows_of, sized
from tests.unit.analysis.test_baseline import SPEC


def cells(count: int, *, is_open: bool) -> list[Replicate]:
    found = (sized(Cell(variant="a", ms=n), 1, 100, 500, 40) for n in range(count))
    return [replace(each, trial=replace(each.trial, open_model=is_open)) for each in found]


def test_of_so_many_cells_only_the_first_figures_are_compared() -> None:
    for count, is_open, left_out in (
        (51, True, ()),
        (52, True, ("p95Ms",)),  # it may have doubled in all of them
        (34, False, ()),
        (35, False, ("p95Ms",)),
        (52, False, ("cpuMicros", "p95Ms")),
        (1, True, ()),
    ):
        known = cells(count, is_open=is_open)
        rows = rows_of(known)
        names = {each.figure for each in comparison.compare_cells(rows, known)}

        assert figures_left_out(rows, known) == left_out
        assert not names & set(left_out)


def test_of_a_baseline_too() -> None:
    is_open = Load.model_validate({"purpose": "Compare"})

    assert baseline.figures_left_out(is_open, 50) == ()
    assert baseline.figures_left_out(is_open, 51) == ("p95Ms",)
    assert baseline.figures_left_out(is_open, 0) == ()


def test_a_baseline_names_them_in_the_status() -> None:
    rows = rows_of(cells(51, is_open=False))
    spec = LoadExperimentSpec.model_validate(SPEC)
    body = {
        "metadata": {"name": "night-1", "namespace": "lab", "uid": "uid-1"},
        "spec": SPEC,
        "status": {"phase": "Succeeded", "results": [row.dump() for row in rows]},
    }
    there = baseline.BaselineView("night-1", Experiment.model_validate(body))
    status = baseline.with_baseline(LoadExperimentStatus(results=tuple(rows)), spec, there)

    assert status.baseline is not None
    assert {each.figure for each in status.baseline.comparisons} == {"requestsPerSecond"}
    assert status.omitted == ("comparisons with the baseline in cpuMicros and p95Ms",)


def test_what_was_left_out_before_stays_said() -> None:
    status = LoadExperimentStatus(omitted=("comparisons in p95Ms",), recommendation=("x" * 400,))

    assert within_budget(status) == status
    # As many as no model of ours would let in.
    long = BaseModel.model_copy(status, update={"recommendation": ("x" * 400,) * 300})
    assert within_budget(long).omitted == (
        "comparisons in p95Ms",
        "recommendation but its first sentence",
    )
    assert len(long.model_dump_json()) > MAX_BYTES
