"""An experiment summed up from its trials, as the operator does it cell by cell."""

from collections.abc import Sequence

from loadlab.analysis.cells import AnalysedCell
from loadlab.analysis.summary import cell_analysis, summarize
from loadlab.model.resources import Trial
from loadlab.model.status import LoadExperimentStatus
from loadlab.plan import Plan


def analyze(plan: Plan, trials: Sequence[Trial]) -> LoadExperimentStatus:
    cells = tuple(analysed_cells(plan, trials))
    return summarize(plan, plan.context.experiment.status, trials, cells)


def analysed_cells(plan: Plan, trials: Sequence[Trial]) -> list[AnalysedCell]:
    analyses = [cell_analysis(plan, arm) for arm in plan.arms]
    for arm, analysis in zip(plan.arms, analyses, strict=True):
        for trial in trials:
            if (trial.spec.cell, trial.spec.role) == (arm.cell, arm.role):
                analysis.add(trial)
    return [analysis.analysed_cell() for analysis in analyses]
