"""A rate under which the service ended by itself has failed, whatever another attempt showed."""

from typing import Any

import pytest

from loadlab.analysis.crashes import LONGEST_STEP, step_of_crash
from loadlab.analysis.found_capacity import failing_rates, found_capacities
from loadlab.analysis.search import step_said
from loadlab.analysis.search_outcome import best_of_search, verdict_of
from loadlab.model.resources import Trial
from loadlab.model.status import (
    CellCapacity,
    LoadTrialStatus,
    StepOutcome,
    Verdict,
)
from tests.unit.analysis.test_found_capacity import HELD, TITLE, plan_of
from tests.unit.analysis.test_search_outcome import capacity, row

SAID = "the service ended by itself during the run: it ran out of memory"
OOM = {"attempt": 1, "reason": "ServiceCrashed", "message": SAID}
SURVIVED: dict[str, Any] = {
    "phase": "Succeeded",
    "attempt": 2,
    "reason": "TrialFinished",
    "formerAttempts": [OOM],
    "step": HELD,
}
ALWAYS: dict[str, Any] = SURVIVED | {
    "phase": "Lost",
    "reason": "ServiceCrashed",
    "message": SAID,
    "step": None,
}
CARRIED: dict[str, Any] = {"phase": "Succeeded", "attempt": 1, "step": HELD}
ONCE, TWICE = f"in 1 of 2 attempts {SAID}", f"in 2 of 2 attempts {SAID}"


def status(of: dict[str, Any], **changes: Any) -> LoadTrialStatus:
    return LoadTrialStatus.model_validate(of | changes)


def searched(*trials: tuple[int, dict[str, Any]]) -> tuple[CellCapacity, dict[str, float]]:
    """What a search is said to have found that came to its end, and where the cell fails."""
    plan = plan_of([rate for rate, _ in trials], "Found")
    made = [
        Trial.model_validate(plan.trial_manifest(planned) | {"status": said})
        for planned, (_, said) in zip(plan.trials, trials, strict=True)
    ]
    (found,) = found_capacities(plan, made)
    return found, dict(failing_rates(plan, made))


@pytest.mark.parametrize(("of", "told"), [(SURVIVED, ONCE), (ALWAYS, TWICE)])
def test_a_crash_is_a_step_that_failed_with_its_end(of: dict[str, Any], told: str) -> None:
    """It had held, where a second attempt survived; where none did it said nothing."""
    said = step_said(status(of))

    assert said is not None
    assert (said.outcome, said.reason, said.resource) == (StepOutcome.FAILED, told, "")


@pytest.mark.parametrize(
    "last",
    [
        {"phase": "Lost", "reason": "NoLongerFits"},
        {"phase": "Invalid", "reason": "ForeignCpu"},
        {"step": {"outcome": "NotOffered"}},
    ],
    ids=["no room", "others on the CPUs", "k6 was short"],
)
def test_what_befell_the_next_attempt_takes_no_crash_back(last: dict[str, Any]) -> None:
    said = step_said(status(SURVIVED, **last))

    assert said is not None
    assert said.outcome is StepOutcome.FAILED


@pytest.mark.parametrize("reason", ["InfrastructureLost", "ServiceRestarted", "NoResult"])
def test_what_others_did_is_not_the_services_doing(reason: str) -> None:
    lost = status(ALWAYS, reason=reason, formerAttempts=[OOM | {"reason": reason}])

    assert step_said(lost) is None


def test_a_long_end_fits_the_status() -> None:
    said = step_of_crash(status(ALWAYS, message=300 * "x"))

    assert said is not None
    assert len(said.reason) == LONGEST_STEP


@pytest.mark.parametrize(("of", "told"), [(SURVIVED, ONCE), (ALWAYS, TWICE)])
def test_what_crashed_bounds_a_search_and_its_end_is_told(of: dict[str, Any], told: str) -> None:
    """800/s were said to be carried, with the verdict Passed."""
    found, fails = searched((400, CARRIED), (800, of), (400, CARRIED))

    assert (found.at_least, found.below) == (400, 800)
    assert found.below_outcome is StepOutcome.FAILED
    assert found.message.endswith(f"; 800/s fails (in the one trial of it) ({told})")
    assert fails == {TITLE: 800}


def test_a_crash_is_not_outvoted() -> None:
    found, fails = searched((400, CARRIED), (800, SURVIVED), *(3 * [(800, CARRIED)]))

    assert (found.at_least, found.below, fails) == (400, 800, {TITLE: 800})


@pytest.mark.parametrize(
    ("at_least", "end", "verdict"),
    [
        (400.0, "Found", Verdict.PASSED),
        (None, "MinRate", Verdict.FAILED),
        (None, "MaxTrials", Verdict.INCONCLUSIVE),
    ],
)
def test_a_search_fails_by_a_crash_at_the_lowest_rate_alone(
    at_least: float | None, end: str, verdict: Verdict
) -> None:
    """A search asks for more than is carried: how the service fails there is what it finds."""
    trials = 2 if at_least else 0
    found = capacity(at_least=at_least, at_least_trials=trials, ended=end, reason=ONCE)

    assert verdict_of([found], quiet=True) is verdict


def test_a_cell_that_crashes_keeps_no_other_from_being_the_best() -> None:
    """Nothing was recommended, as its search had come to no end."""
    crashing, fails = searched((400, CARRIED), (800, ALWAYS), (400, CARRIED))
    other = capacity("other", at_least=1600.0, below=1700.0)

    best = best_of_search([row(TITLE), row("other")], [crashing, other], fails | {"other": 1700.0})

    assert best is not None
    assert (best.cell, best.tied_with) == ("other/rate=400", ())
