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
