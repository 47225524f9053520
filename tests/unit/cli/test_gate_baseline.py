"""A pipeline does not pass by a baseline of which it could not have failed."""

from typing import Any

import pytest

from loadlab.cli.experiment import ExitCode
from loadlab.cli.gate import FailOn
from tests.unit.cli.test_gate import Resource, comparison, finished, run, told

__all__ = ["finished"]  # the fixture


def baseline_of(finished: Resource, *comparisons: Resource, **other: Any) -> None:
    known = [{**each, "baselineBlocks": 5} for each in comparisons]
    finished["status"]["baseline"] = {"name": "night-1", "comparisons": known, **other}


def test_a_baseline_that_could_not_have_failed_is_not_saved_by_comparisons_of_its_own(finished):
    """Both variants got dearer alike since then, and load.duration was changed."""
    baseline_of(finished, comparison("Inconclusive", why="load.duration differs"))

    code, suite = run(finished, FailOn.REGRESSED, comparison("Improved"))

    assert code == ExitCode.INCONCLUSIVE
    assert told(suite, "error") == [
        ("baseline night-1", "nothing can be claimed: load.duration differs")
    ]


def test_what_of_a_baseline_was_not_compared_does_not_pass_beside_what_was(finished):
    why = "offered another rate there, so another cell: async/rate=700; factors.rate gives both one"
    baseline_of(finished, comparison("Equivalent"), note=why)

    code, suite = run(finished, FailOn.REGRESSED, comparison("Improved"))

    assert code == ExitCode.INCONCLUSIVE
    assert told(suite, "error") == [("baseline night-1", f"not compared: {why}")]


@pytest.mark.parametrize(
    ("rest", "code"), [(["Equivalent"], ExitCode.PASSED), ([], ExitCode.INCONCLUSIVE)]
)
def test_of_a_baseline_without_its_claimless_ones_something_is_left(finished, rest, code):
    finished["status"]["omitted"] = ["comparisons with the baseline without a claim"]
    baseline_of(finished, *map(comparison, rest))

    assert run(finished, FailOn.REGRESSED, comparison("Improved"))[0] == code


FEW = "fewer than 5 replicates here or in the baseline"
THIN = "too few samples lie above it"


def of(cell: str, outcome: str, **other: Any) -> Resource:
    return comparison(outcome, of=f"{cell}/workers=1", **other)


def test_a_cell_that_could_not_have_failed_is_not_saved_by_others_that_could(finished):
    """Sync had lost two thirds of its rate, with 4 usable replicates; async was as before."""
    gone = [of("sync", "Inconclusive", figure=f, why=FEW) for f in ("cpuMicros", "p95Ms")]
    baseline_of(finished, of("async", "Equivalent"), *gone)

    code, suite = run(finished, FailOn.REGRESSED, comparison("Improved"))

    assert code == ExitCode.INCONCLUSIVE
    assert told(suite, "error") == [
        ("baseline night-1", f"nothing can be claimed of sync/workers=1 ({FEW})")
    ]


def test_so_is_a_cell_beside_its_control(finished):
    gone = comparison("Inconclusive", of="later/workers=1", why=FEW)

    code, suite = run(finished, FailOn.REGRESSED, comparison("Improved"), gone)

    assert code == ExitCode.INCONCLUSIVE
    what = f"nothing can be claimed of later/workers=1 over before/workers=1 ({FEW})"
    assert told(suite, "error") == [("comparison", what)]


@pytest.mark.parametrize("rest", ["Equivalent", "Improved", "Inconclusive"])
def test_a_figure_of_which_nothing_can_be_claimed_is_ordinary_beside_one_that_could_fail(
    finished, rest
):
    """Few samples lie above a p95, and an Inconclusive one without a why may yet be shown."""
    thin = of("sync", "Inconclusive", figure="p95Ms", why=THIN)
    baseline_of(finished, of("async", "Equivalent"), of("sync", rest), thin)
    own = comparison(rest), comparison("Inconclusive", figure="p95Ms", why=THIN)

    assert run(finished, FailOn.REGRESSED, *own)[0] == ExitCode.PASSED


def test_three_of_such_cells_are_named_and_how_many_more(finished):
    gone = [of(cell, "Inconclusive", why=FEW) for cell in "abcde"]
    baseline_of(finished, of("async", "Equivalent"), *gone)

    _, suite = run(finished, FailOn.REGRESSED, comparison("Improved"))

    named = ", ".join(f"{cell}/workers=1 ({FEW})" for cell in "abc")
    what = f"nothing can be claimed of {named} and 2 more"
    assert told(suite, "error") == [("baseline night-1", what)]


def test_what_regressed_fails_beside_a_cell_that_could_not(finished):
    gone = of("sync", "Inconclusive", why=FEW)
    baseline_of(finished, of("async", "Regressed"), gone)

    code, _ = run(finished, FailOn.REGRESSED, comparison("Improved"))

    assert code == ExitCode.CRITERIA_FAILED
