"""The stored trials of an experiment, cell by cell: each is decoded once and let go."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from loadlab.analysis.calibration import less_own_delay
from loadlab.analysis.cell import CellSum, MeasuredCell
from loadlab.analysis.cell_outcome import CellOutcome
from loadlab.analysis.crashes import crashes_of
from loadlab.analysis.criteria import evaluate
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.own_thresholds import OwnThresholds, ScriptThreshold
from loadlab.analysis.threshold import Threshold
from loadlab.analysis.verdict import keeps_its_promises
from loadlab.model.resources import Trial
from loadlab.model.status import Bottleneck, CriterionOutcome, ResultRow
from loadlab.model.trial import TrialRole
from loadlab.plan.cells import Arm
from loadlab.validity.judged_trial import JudgedTrial, UnreadableTrialError, load_trial
from loadlab.validity.judgement import Reason, ReasonKind, remark


@dataclass(frozen=True, slots=True)
class AnalysedCell:
    """What is left of a cell's trials once they are let go: no histogram."""

    row: ResultRow
    outcomes: Mapping[str, CellOutcome]  # by the criterion's name
    replicates: tuple[Replicate, ...]
    role: TrialRole = TrialRole.MEASURED  # of its trials
    own: Mapping[str, ScriptThreshold] = field(default_factory=dict)  # of a script, by name
    limit: Bottleneck | None = None  # what held it back from all that was asked for

    @property
    def title(self) -> str:
        """The cell's, for people."""
        return self.row.cell.title()

    @property
    def passes(self) -> bool:
        """Whether it meets every criterion."""
        return all(found.outcome is CriterionOutcome.PASSED for found in self.outcomes.values())


class CellAnalysis:
    """The stored trials of one cell, added one after the other: each is decoded and let go.

    `own_ms` is what k6 itself adds to a latency. Where each trial is judged by itself, as in a
    search, one is enough for a criterion.
    """

    def __init__(
        self,
        arm: Arm,
        planned: int,
        thresholds: Mapping[str, Threshold],
        own_ms: float = 0.0,
        *,
        by_itself: bool = False,
    ) -> None:
        cell, self._own_ms = arm.cell, own_ms
        self._cell, self._role, self._thresholds = cell, arm.role, thresholds
        percents = {rule.percent for rule in thresholds.values()}
        asked = (each for each in percents if each is not None)
        self._sum = CellSum(cell, planned, asked, wants_more=planned > 1 and not by_itself)
        self._replicates: list[Replicate] = []
        self._own = OwnThresholds()
        self._crashes = 0

    def add(self, trial: Trial) -> None:
        """Add one more trial; of one without a measurement count the crashes."""
        self._crashes += len(crashes_of(trial.status))
        if not trial.status.measurement:
            return
        try:
            judged = load_trial(trial.status.measurement)
        except UnreadableTrialError as error:
            self._sum.leave_out(_unreadable(trial, error))
        else:
            self.add_judged(judged, trial.spec.replicate)

    def add_judged(self, judged: JudgedTrial, replicate: int) -> None:
        """Add one more trial as it was judged."""
        self._sum.ask_for(self._own.add(judged))
        self._replicates.append(Replicate(self._cell, replicate, self._sum.add(judged)))

    def analysed_cell(self) -> AnalysedCell:
        """Return what the trials tell that were added so far."""
        measured = self._sum.measured_cell()
        figures = measured.percentiles_ms.items()
        known = {percent: less_own_delay(figure, self._own_ms) for percent, figure in figures}
        measured = replace(
            measured, percentiles_ms=known, own_ms=self._own_ms, crashes=self._crashes
        )
        outcomes = {name: evaluate(rule, measured) for name, rule in self._thresholds.items()}
        outcomes |= self._own.evaluate(measured)
        return AnalysedCell(
            row=_held_back(measured, outcomes.values()),
            outcomes=outcomes,
            replicates=tuple(self._replicates),
            role=self._role,
            own=self._own.rules,
            limit=measured.limit,
        )


def _held_back(measured: MeasuredCell, outcomes: Iterable[CellOutcome]) -> ResultRow:
    """Return the row; its bottleneck is not the load where it did not do all it was asked for."""
    is_missed = any(found.outcome is CriterionOutcome.FAILED for found in outcomes)
    if not is_missed and keeps_its_promises(measured.row):
        return measured.row
    return measured.row.model_copy(update={"bottleneck": measured.limit})


def _unreadable(trial: Trial, error: UnreadableTrialError) -> Reason:
    name = trial.metadata.name
    return remark(
        ReasonKind.MEASUREMENT_UNREADABLE,
        f"the measurement of trial {name} is left out, {str(error)[:200]}: run it again with this "
        "release",
    )
