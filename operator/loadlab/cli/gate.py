"""What of an experiment a pipeline passes or fails by. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from loadlab.base.text import plain
from loadlab.cli.comparisons import chance, spelled
from loadlab.cli.experiment import ExitCode, Experiment
from loadlab.model.status import (
    Comparison,
    ComparisonOutcome,
    CriterionOutcome,
    LoadExperimentStatus,
)


class FailOn(StrEnum):
    """What fails a pipeline; each also by what stands before it."""

    CRITERIA = "criteria"
    REGRESSED = "regressed"
    INCONCLUSIVE = "inconclusive"


class Outcome(StrEnum):
    """What became of a check."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"  # it fails nothing, and nobody knows


_OF_CRITERION = {
    CriterionOutcome.PASSED: Outcome.PASSED,
    CriterionOutcome.FAILED: Outcome.FAILED,
    CriterionOutcome.INCONCLUSIVE: Outcome.UNDECIDED,
}
_EXIT_CODES = {Outcome.FAILED: ExitCode.CRITERIA_FAILED, Outcome.UNDECIDED: ExitCode.INCONCLUSIVE}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that holds or not; `message` has its figures."""

    name: str
    outcome: Outcome
    message: str
    is_decisive: bool = True  # whether being undecided keeps the pipeline from passing

    @property
    def line(self) -> str:
        """The check as a line of a terminal."""
        return plain(f"{self.outcome}: {self.name}: {self.message}")


def checks_of(experiment: Experiment, fail_on: FailOn) -> tuple[Check, ...]:
    """Return all that is checked: the end, each criterion and, where asked for, each comparison."""
    found = [_end(experiment), *_criteria(experiment)]
    if fail_on is not FailOn.CRITERIA:
        found += comparison_checks(experiment.status, is_decisive=fail_on is FailOn.INCONCLUSIVE)
    return tuple(found)


def exit_code(experiment: Experiment, checks: tuple[Check, ...]) -> ExitCode:
    """Return the experiment's own exit code where it did not pass, else that of its checks."""
    own = experiment.exit_code
    if own is not ExitCode.PASSED:
        return own
    return code_of(checks)


def code_of(checks: tuple[Check, ...]) -> ExitCode:
    """Return the exit code of checks alone."""
    outcomes = {check.outcome for check in checks if check.is_decisive or _failed(check)}
    found = (code for outcome, code in _EXIT_CODES.items() if outcome in outcomes)
    return next(found, ExitCode.PASSED)


def _failed(check: Check) -> bool:
    return check.outcome is Outcome.FAILED


def _end(experiment: Experiment) -> Check:
    message = experiment.failure or experiment.line
    is_wrong = experiment.exit_code in {ExitCode.ERROR, ExitCode.NOT_FINISHED}
    return Check("finished", Outcome.UNDECIDED if is_wrong else Outcome.PASSED, message)


def _criteria(experiment: Experiment) -> Iterator[Check]:
    for found in experiment.status.criteria:
        worst = f"worst {found.value} in {found.cell}" if found.value else "no cell has the figure"
        note = f"; {found.note}" if found.note else ""
        yield Check(
            f"criterion {found.name} ({found.threshold})",
            _OF_CRITERION[found.outcome],
            f"{found.outcome}: {worst}{note}",
        )


def comparison_checks(status: LoadExperimentStatus, *, is_decisive: bool) -> Iterator[Check]:
    """Yield a check of each; a gate that could not have failed is undecided, and says so."""
    baseline = status.baseline.comparisons if status.baseline else ()
    told = [*status.comparisons, *baseline]
    for found in told:
        name = f"comparison {found.figure} of {found.of} over {found.over}"
        yield Check(name, _of(found.outcome), _ratio(found), is_decisive=is_decisive)
    if all(found.why for found in told):
        why = told[0].why if told else "no cell has a control: name two variants"
        yield Check("comparison", Outcome.UNDECIDED, f"nothing can be claimed: {why}")
    if status.baseline and not baseline:
        why = status.baseline.note or "it has no cell of this experiment"
        yield Check(f"baseline {status.baseline.name}", Outcome.UNDECIDED, f"not compared: {why}")


def _of(outcome: ComparisonOutcome) -> Outcome:
    match outcome:
        case ComparisonOutcome.REGRESSED:
            return Outcome.FAILED
        case ComparisonOutcome.INCONCLUSIVE:
            return Outcome.UNDECIDED
        case _:
            return Outcome.PASSED


def _ratio(found: Comparison) -> str:
    if found.why:
        return f"{found.outcome}: {found.why}"
    needed = f"; a claim would take {found.blocks_needed} replicates" if found.blocks_needed else ""
    return f"{spelled(found)}, p {chance(found)}, {found.blocks} replicates{needed}"
