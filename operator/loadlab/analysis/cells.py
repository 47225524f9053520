"""The stored trials of an experiment, cell by cell: each is decoded once and let go."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from loadlab.analysis.cell import CellSum
from loadlab.analysis.criteria import CellOutcome, Threshold, evaluate
from loadlab.analysis.expectation import Replicate
from loadlab.catalogue import Cell
from loadlab.model.resources import Trial
from loadlab.model.status import CriterionOutcome, ResultRow
from loadlab.validity.judged_trial import UnreadableTrialError, load_trial
from loadlab.validity.judgement import Reason, ReasonKind, remark


@dataclass(frozen=True, slots=True)
class AnalysedCell:
    """What is left of a cell's trials once they are let go: no histogram."""

    row: ResultRow
    outcomes: Mapping[str, CellOutcome]  # by the criterion's name
    replicates: tuple[Replicate, ...]

    @property
    def passes(self) -> bool:
        """Whether it meets every criterion."""
        return all(found.outcome is CriterionOutcome.PASSED for found in self.outcomes.values())


def analysed_cells(
    cells: Iterable[Cell],
    trials: Iterable[Trial],
    planned: int,
    thresholds: Mapping[str, Threshold],
) -> Iterator[AnalysedCell]:
    """Yield the cells in their order; each one's trials are decoded when it is asked for."""
    measured = defaultdict(list)
    for trial in trials:
        if trial.status.measurement:
            measured[trial.spec.cell.title()].append(trial)
    for cell in cells:
        yield _analysed(CellSum(cell, planned), cell, measured[cell.title()], thresholds)


def _analysed(
    total: CellSum, cell: Cell, trials: Sequence[Trial], thresholds: Mapping[str, Threshold]
) -> AnalysedCell:
    replicates: list[Replicate] = []
    for trial in trials:
        try:
            figures = total.add(load_trial(trial.status.measurement or {}))
        except UnreadableTrialError as error:
            total.leave_out(_unreadable(trial, error))
        else:
            replicates.append(Replicate(cell, trial.spec.replicate, figures))
    measured = total.measured_cell()
    return AnalysedCell(
        row=measured.row,
        outcomes={name: evaluate(threshold, measured) for name, threshold in thresholds.items()},
        replicates=tuple(replicates),
    )


def _unreadable(trial: Trial, error: UnreadableTrialError) -> Reason:
    name = trial.metadata.name
    return remark(
        ReasonKind.MEASUREMENT_UNREADABLE,
        f"the measurement of trial {name} is left out, {str(error)[:200]}: run it again with this "
        "release",
    )
