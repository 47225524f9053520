"""Whether an earlier experiment may be the baseline of one that is to be accepted."""

from loadlab.analysis.baseline import BaselineView
from loadlab.model.resources import Experiment
from loadlab.model.spec.load import Purpose
from loadlab.model.status import Baseline, LoadExperimentStatus
from loadlab.plan import Plan
from loadlab.plan.rates import without_rate


def baseline_fault(plan: Plan, experiment: Experiment, found: BaselineView | None) -> str:
    """Return why an experiment can't be compared with its baseline; empty where it can.

    It is looked at once: what becomes of it later ends nothing.
    """
    if found is None:
        return ""
    fault = _fault(plan, experiment, found)
    return f"comparison.baselineRef {found.name}: {fault}" if fault else ""


def with_admitted(status: LoadExperimentStatus, found: BaselineView | None) -> LoadExperimentStatus:
    """Return the status with the baseline as it was when it was accepted."""
    if found is None or found.experiment is None:
        return status
    former = found.experiment
    baseline = Baseline(
        name=found.name,
        uid=former.metadata.uid,
        finished=former.status.completion_time or "",
    )
    return status.model_copy(update={"baseline": baseline})


def _fault(plan: Plan, experiment: Experiment, found: BaselineView) -> str:
    if found.name == experiment.metadata.name:
        return "that is this experiment itself; name one that finished before"
    former = found.experiment
    if former is None:
        return f"{found.fault}; name an experiment that has finished and whose results are there"
    if fault := _without_results(former):
        return fault
    if former.spec.workload != experiment.spec.workload:
        other = former.spec.workload
        return f"its workload is {other}, this one's {experiment.spec.workload}; both must be one"
    return _unlike_cells(plan, former)


def _without_results(former: Experiment) -> str:
    if former.metadata.deletion_timestamp:
        return "it is being deleted; name one that stays"
    if not former.status.phase.is_terminal:
        phase = former.status.phase
        return f"it is {phase} and has no results yet; create this one once that has finished"
    if not former.status.results:
        return "it has no results; name one that has rows in status.results"
    return ""


def _unlike_cells(plan: Plan, former: Experiment) -> str:
    known = {row.cell.title() for row in former.status.results}
    wanted = [cell.title() for cell in plan.cells]
    if known & {*wanted} or _are_alike_but_in_rate(plan, former):
        return ""
    return (
        f"none of its cells, such as {min(known)}, is one of this experiment's, such as "
        f"{wanted[0]}; give the variants the same names and levels"
    )


def _are_alike_but_in_rate(plan: Plan, former: Experiment) -> bool:
    """Whether it may have a cell of this experiment, once pilots have said at which rates."""
    if any(spec.load.purpose is not Purpose.COMPARE for spec in (plan.context.spec, former.spec)):
        return False
    known = {without_rate(row.cell).title() for row in former.status.results}
    return not known.isdisjoint(without_rate(cell).title() for cell in plan.cells)
