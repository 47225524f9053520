"""What of an experiment a pipeline passes or fails by. Pure.

Of an experiment that came to its end the exit code follows from the checks alone, so that it never
says anything else than their lines and the JUnit file: 3 where one failed, else 4 where one that
decides is undecided. What the verdict comes from beside criteria is a check of its own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from loadlab.analysis.claimless import claimless
from loadlab.analysis.controls import controls_of
from loadlab.analysis.search_outcome import causes_of_search
from loadlab.analysis.status_budget import COMPARISONS, WITH_BASELINE, WITHOUT_A_CLAIM
from loadlab.analysis.verdict import Cause, causes_of, is_quiet
from loadlab.base.text import first_of, plain
from loadlab.cli.comparisons import chance, spelled
from loadlab.cli.experiment import ExitCode, Experiment
from loadlab.model.status import (
    Baseline,
    Comparison,
    ComparisonOutcome,
    CriterionOutcome,
    LoadExperimentStatus,
    Phase,
    Verdict,
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
_OF_VERDICT = {Verdict.FAILED: Outcome.FAILED, Verdict.INCONCLUSIVE: Outcome.UNDECIDED}
_EXIT_CODES = {Outcome.FAILED: ExitCode.CRITERIA_FAILED, Outcome.UNDECIDED: ExitCode.INCONCLUSIVE}
_NAMED = 3  # cells of which nothing can be claimed
_HAS_NO_RESULT = {ExitCode.ERROR, ExitCode.NOT_FINISHED}


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
    """Return all that is checked: the end, what the verdict comes from, and the comparisons.

    The end alone where there is no result to pass or fail by.
    """
    if experiment.exit_code in _HAS_NO_RESULT:
        return (_end(experiment),)
    found = [_end(experiment), *_criteria(experiment), *_causes(experiment.status)]
    found += _unexplained(experiment, found)
    if fail_on is not FailOn.CRITERIA:
        found += comparison_checks(experiment.status, is_decisive=fail_on is FailOn.INCONCLUSIVE)
    return tuple(found)


def exit_code(experiment: Experiment, checks: tuple[Check, ...]) -> ExitCode:
    """Return the exit code of the checks; where there is no result that says so alone."""
    own = experiment.exit_code
    return own if own in _HAS_NO_RESULT else code_of(checks)


def code_of(checks: tuple[Check, ...]) -> ExitCode:
    """Return the exit code of checks alone."""
    outcomes = {check.outcome for check in checks if check.is_decisive or _failed(check)}
    found = (code for outcome, code in _EXIT_CODES.items() if outcome in outcomes)
    return next(found, ExitCode.PASSED)


def _failed(check: Check) -> bool:
    return check.outcome is Outcome.FAILED


def _end(experiment: Experiment) -> Check:
    """Say how it ended; that of one that came to its end is no verdict, and names none."""
    if experiment.exit_code in _HAS_NO_RESULT or experiment.status.phase is not Phase.SUCCEEDED:
        return Check("finished", Outcome.UNDECIDED, experiment.failure or experiment.line)
    progress = experiment.status.progress
    trials = f", {progress} trials" if progress else ""
    return Check("finished", Outcome.PASSED, f"{experiment.status.phase}{trials}")


def _criteria(experiment: Experiment) -> Iterator[Check]:
    for found in experiment.status.criteria:
        worst = f"worst {found.value} in {found.cell}" if found.value else "no cell has the figure"
        note = f"; {found.note}" if found.note else ""
        yield Check(
            f"criterion {found.name} ({found.threshold})",
            _OF_CRITERION[found.outcome],
            f"{found.outcome}: {worst}{note}",
        )


def _causes(status: LoadExperimentStatus) -> Iterator[Check]:
    """Yield a check of each thing that keeps the verdict from Passed beside the criteria."""
    for cause in _told(status):
        if (outcome := _OF_VERDICT.get(cause.verdict)) is not None:
            yield Check(cause.name, outcome, cause.message)


def _told(status: LoadExperimentStatus) -> Iterator[Cause]:
    quiet = is_quiet(status)
    if status.capacity:
        return causes_of_search(status.capacity, quiet=quiet)
    return causes_of(status.results, quiet=quiet)


def _unexplained(experiment: Experiment, found: Sequence[Check]) -> Iterator[Check]:
    """Yield the verdict itself where nothing in the status says why it is no better."""
    verdict = experiment.status.verdict
    outcome = _OF_VERDICT.get(verdict) if verdict else None
    known = {check.outcome for check in found}
    if outcome and outcome not in known and Outcome.FAILED not in known:
        yield Check("verdict", outcome, f"{verdict}: why is not in the status, but in its trials")


def comparison_checks(status: LoadExperimentStatus, *, is_decisive: bool) -> Iterator[Check]:
    """Yield a check of each; a gate that could not have failed is undecided, and says so."""
    between = status.baseline.comparisons if status.baseline else ()
    told = [*status.comparisons, *between]
    for found in told:
        name = f"comparison {found.figure} of {found.of} over {found.over}"
        yield Check(name, _of(found.outcome), _ratio(found), is_decisive=is_decisive)
    left_out = [name for name in status.omitted if name.startswith(COMPARISONS)]
    for name in left_out:
        rest = between if name.startswith(WITH_BASELINE) else told
        is_harmless = name.endswith(WITHOUT_A_CLAIM) and bool(rest) and not is_decisive
        yield Check(name, Outcome.UNDECIDED, _LEFT_OUT, is_decisive=not is_harmless)
    if all(found.why for found in told) and (told or not left_out):
        why = told[0].why if told else _why_none(status)
        yield Check("comparison", Outcome.UNDECIDED, f"nothing can be claimed: {why}")
    elif lacking := claimless(status.comparisons):
        why = _nothing_of([(f"{found.of} over {found.over}", found.why) for found in lacking])
        yield Check("comparison", Outcome.UNDECIDED, why)
    is_left_out = any(name.startswith(WITH_BASELINE) for name in left_out)
    if status.baseline and (why := _why_open(status.baseline, is_left_out=is_left_out)):
        yield Check(f"baseline {status.baseline.name}", Outcome.UNDECIDED, why)


def _why_open(found: Baseline, *, is_left_out: bool) -> str:
    """Say in what a baseline could not have failed a gate, whatever other comparisons show."""
    if found.note:
        return f"not compared: {found.note}"
    if not found.comparisons:
        return "" if is_left_out else "not compared: it has no cell of this experiment"
    if all(each.why for each in found.comparisons):
        return f"nothing can be claimed: {found.comparisons[0].why}"
    lacking = claimless(found.comparisons)
    return _nothing_of([(each.of, each.why) for each in lacking]) if lacking else ""


def _nothing_of(lacking: Iterable[tuple[str, str | None]]) -> str:
    """Say of which cells nothing can be claimed, whatever is of others, each with its why."""
    told = [f"{what} ({why})" for what, why in lacking]
    return f"nothing can be claimed of {first_of(told, _NAMED)}"


_LEFT_OUT = "left out, as the status has no room for more: compare fewer cells in one experiment"


def _why_none(status: LoadExperimentStatus) -> str:
    if status.capacity:
        return "a search finds each cell a rate of its own, and compares none"
    if controls_of(status.results):
        return "no comparison is in the status"
    return "no cell has a control: name two variants"


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
