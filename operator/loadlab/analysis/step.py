"""One trial -> what it says of the rate that it was offered."""

from collections.abc import Mapping

from loadlab.analysis.cell_outcome import CellOutcome
from loadlab.analysis.fairness import MATERIAL_FAILURES
from loadlab.analysis.summary import cell_analysis
from loadlab.analysis.threshold import Threshold
from loadlab.analysis.unasked import speaks_of_failures
from loadlab.analysis.verdict import keeps_its_promises
from loadlab.model.status import (
    CriterionOutcome,
    LoadOutcome,
    Resource,
    ResultRow,
    StepOutcome,
    TrialStep,
    Validity,
)
from loadlab.plan import Plan, PlannedTrial
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Family, Judgement, ReasonKind

MOST_CHARACTERS = 200
_NOT_OFFERED = {ReasonKind.RATE_NOT_REACHED, ReasonKind.DROPPED_ITERATIONS}


def bounds_a_search(threshold: Threshold) -> bool:
    """Whether a higher rate breaks it sooner: a ceiling on what gets worse with the rate."""
    is_ceiling = threshold.relation[0] == "<" or (
        threshold.relation == "==" and not threshold.bound
    )
    return is_ceiling and threshold.metric != "http_reqs"


def step_of(plan: Plan, planned: PlannedTrial, judged: JudgedTrial) -> TrialStep | None:
    """Return what a trial says of its rate; None where it is void, or no rate is searched for.

    Whether the rate was carried is judged as in a comparison. Latencies that grow all through the
    window, if by less than that, are those of no rate: whatever they were in this window, in a
    longer one they are longer.
    """
    if plan.context.spec.load.search is None or planned.rate is None:
        return None
    if judged.judgement.is_void:
        return _of_void(judged.judgement)
    analysis = cell_analysis(plan, planned.arm)
    analysis.add_judged(judged, planned.replicate)
    cell = analysis.analysed_cell()
    outcome, reason = _outcome(cell.row, judged.judgement, cell.outcomes, plan)
    if outcome is StepOutcome.HELD:
        return TrialStep(outcome=outcome)
    limit = cell.limit.name if cell.limit else Resource.UNATTRIBUTED
    resource = "" if limit is Resource.UNATTRIBUTED else limit.value
    return TrialStep(outcome=outcome, reason=reason, resource=resource)


def _of_void(judgement: Judgement) -> TrialStep | None:
    """Tell what k6 could not offer from what others spoiled."""
    void = {
        reason.kind: reason.message
        for reason in judgement.reasons
        if reason.level is Validity.INVALID and reason.family is Family.INSTRUMENT
    }
    message = next((void[kind] for kind in _NOT_OFFERED if kind in void), None)
    if message is None or ReasonKind.FOREIGN_CPU in void:
        return None
    return TrialStep(outcome=StepOutcome.NOT_OFFERED, reason=message[:MOST_CHARACTERS])


def _outcome(
    row: ResultRow, judgement: Judgement, found: Mapping[str, CellOutcome], plan: Plan
) -> tuple[StepOutcome, str]:
    if row.load is LoadOutcome.OVERLOADED:
        return StepOutcome.FAILED, "the rate was not carried"
    if not keeps_its_promises(row):
        is_stale = row.work is not None and row.work.stale_reads
        why = "reads were staler than declared" if is_stale else "the service did not do its work"
        return StepOutcome.FAILED, why
    if failed := _failures(row, plan) or _first(CriterionOutcome.FAILED, found, plan):
        return StepOutcome.FAILED, failed
    if judgement.is_growing:
        return StepOutcome.INCONCLUSIVE, _of_growth(judgement)
    if undecided := _first(CriterionOutcome.INCONCLUSIVE, found, plan):
        return StepOutcome.INCONCLUSIVE, undecided
    return StepOutcome.HELD, ""


def _failures(row: ResultRow, plan: Plan) -> str:
    """Say that more requests failed than is of no matter, where no criterion says how many may."""
    share = row.failed_rate or 0.0
    if speaks_of_failures(plan.context.spec) or share <= MATERIAL_FAILURES:
        return ""
    return f"{share:.1%} of the requests failed"


def _of_growth(judgement: Judgement) -> str:
    """Tell a service that slows down from a generator that falls behind."""
    if Family.SERVICE in {r.family for r in judgement.reasons if r.kind is ReasonKind.GROWING}:
        return "the latency grew all through the window"
    return "the latency grew, and k6 was short of CPU"


def _first(outcome: CriterionOutcome, found: Mapping[str, CellOutcome], plan: Plan) -> str:
    """Return the threshold of the first criterion that came out so; empty where none did."""
    criteria = plan.context.spec.success_criteria
    return next((c.threshold for c in criteria if found[c.name].outcome is outcome), "")
