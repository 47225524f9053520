"""One trial -> what it says of the rate that it was offered."""

from collections.abc import Mapping

from loadlab.analysis.cell_outcome import CellOutcome
from loadlab.analysis.crashes import LONGEST_STEP, step_of_crash
from loadlab.analysis.fairness import MATERIAL_FAILURES
from loadlab.analysis.lengthened import is_far_above, is_undone
from loadlab.analysis.spoiled import broken_in_spoiled, left_open_in_spoiled
from loadlab.analysis.summary import cell_analysis
from loadlab.analysis.threshold import Threshold, parse_threshold
from loadlab.analysis.time_outs import TimeOuts, least_by_time_outs
from loadlab.analysis.unasked import speaks_of_failures
from loadlab.analysis.verdict import keeps_its_promises
from loadlab.measurement.latency import Latency
from loadlab.model.status import (
    CriterionOutcome,
    LoadOutcome,
    LoadTrialStatus,
    Resource,
    ResultRow,
    StepOutcome,
    TrialStep,
    Validity,
)
from loadlab.plan import Plan, PlannedTrial
from loadlab.validity.generator_rules import own_delay
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Family, Judgement, ReasonKind

_SHORT = "k6 was short of CPU: raise spec.resources.k6, or give the node less other work"
_LEFT_OPEN = "requests were left without an answer: raise spec.load.gracefulStop"
_NOT_OFFERED = {ReasonKind.RATE_NOT_REACHED, ReasonKind.DROPPED_ITERATIONS}


def bounds_a_search(threshold: Threshold) -> bool:
    """Whether a higher rate breaks it sooner: a ceiling on what gets worse with the rate."""
    is_ceiling = threshold.relation[0] == "<" or (
        threshold.relation == "==" and not threshold.bound
    )
    return is_ceiling and threshold.metric != "http_reqs"


def step_of(
    plan: Plan, planned: PlannedTrial, judged: JudgedTrial, status: LoadTrialStatus
) -> TrialStep | None:
    """Return what a trial says of its rate; None where it is void, or no rate is searched for.

    `status` has its former attempts: a rate under which the service ended by itself in one of them
    has failed, however well it fared in this one.

    Whether the rate was carried is judged as in a comparison. Latencies that grow all through the
    window, if by less than that, are those of no rate: whatever they were in this window, in a
    longer one they are longer.
    """
    if plan.context.spec.load.search is None or planned.rate is None:
        return None
    if (crashed := step_of_crash(status)) is not None:
        return crashed
    if judged.judgement.is_void:
        return _of_void(judged.judgement)
    analysis = cell_analysis(plan, planned.arm)
    analysis.add_judged(judged, planned.replicate)
    cell = analysis.analysed_cell()
    outcome, reason = _outcome(cell.row, judged, cell.outcomes, plan)
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
    return TrialStep(outcome=StepOutcome.NOT_OFFERED, reason=message[:LONGEST_STEP])


def _outcome(
    row: ResultRow, judged: JudgedTrial, found: Mapping[str, CellOutcome], plan: Plan
) -> tuple[StepOutcome, str]:
    judgement = judged.judgement
    broken, doubt = _broken(judged, found, plan)
    if failed := _not_kept(row, judgement) or _failures(row, plan) or broken:
        return StepOutcome.FAILED, failed
    if any(left_open_in_spoiled(row)):
        doubt = doubt or _LEFT_OPEN
    if doubt:
        return StepOutcome.INCONCLUSIVE, doubt
    if judgement.is_growing:
        return StepOutcome.INCONCLUSIVE, _of_growth(judgement)
    if undecided := _first(CriterionOutcome.INCONCLUSIVE, found, plan):
        return StepOutcome.INCONCLUSIVE, undecided
    return StepOutcome.HELD, ""


def _not_kept(row: ResultRow, judgement: Judgement) -> str:
    """Say what the service did not keep, whatever the criteria are; else nothing."""
    if grew := next((r for r in judgement.reasons if r.kind is ReasonKind.QUEUE_BEHIND), None):
        return grew.message.partition(";")[0]
    if row.load is LoadOutcome.OVERLOADED:
        return "the rate was not carried"
    if keeps_its_promises(row):
        return ""
    if row.work is not None and row.work.stale_reads:
        return "reads were staler than declared"
    # What nobody knows, as it was cut off without an answer, is no failure of the service.
    is_open = not row.crashes and not any(broken_in_spoiled(row))
    return "" if is_open else "the service did not do its work"


def _broken(judged: JudgedTrial, found: Mapping[str, CellOutcome], plan: Plan) -> tuple[str, str]:
    """Return the first criterion that the service broke, and the first that others may have.

    What may be k6's own slowness, or the warm-up's, is no limit of the service: the rate is then
    undecided, so that it is tried once more, and no cell is told from another by it.
    """
    failed, doubt = "", ""
    for criterion in plan.context.spec.success_criteria:
        outcome = found[criterion.name]
        if outcome.outcome is CriterionOutcome.PASSED:
            continue
        rule = parse_threshold(criterion.metric, criterion.threshold)
        if why := _why_not_the_service(rule, outcome.value, judged):
            doubt = doubt or f"{criterion.threshold} is not kept, {why}"
        elif outcome.outcome is CriterionOutcome.FAILED:
            failed = failed or criterion.threshold
    return failed, doubt


def _why_not_the_service(rule: Threshold, value: float | None, judged: JudgedTrial) -> str:
    """Say what else than the service may have broken a bound on latency; nothing if it did."""
    if rule.metric != "http_req_duration" or value is None:
        return ""
    measured, own = judged.measurement, own_delay(judged.measurement)
    time_outs = TimeOuts.of(Latency(measured.latency, measured.without_answer))
    if is_far_above(rule, least_by_time_outs(rule, [time_outs]), own):
        return ""
    if any(reason.kind is ReasonKind.WARM_UP_COUNTED for reason in judged.judgement.reasons):
        return "and its first seconds were slower than the rest: raise spec.load.warmup"
    if not rule.holds(value) and is_undone(rule, value, own):
        return f"and {_SHORT}"
    return ""


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
    return f"the latency grew, and {_SHORT}"


def _first(outcome: CriterionOutcome, found: Mapping[str, CellOutcome], plan: Plan) -> str:
    """Return the threshold of the first criterion that came out so; empty where none did."""
    criteria = plan.context.spec.success_criteria
    return next((c.threshold for c in criteria if found[c.name].outcome is outcome), "")
