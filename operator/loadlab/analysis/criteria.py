"""Success criteria held against a cell.

Evaluation is over MeasuredCells: durations are milliseconds of successful answers, and the time-out
for requests without one; `rate` of http_reqs is those that succeeded a second, and a `count` is the
mean over the replicates, since k6 counts one run. Missing data never passes; of a lower bound only
what it decides does, and so of a latency that is longer than the service's own, unless time-outs
alone decide it, and of replicates that are left beside those that the service spoiled.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from loadlab.analysis.cell import MeasuredCell
from loadlab.analysis.cell_outcome import (
    FEW,
    LATE,
    OWN,
    REPLICATES,
    UNANSWERED,
    CellOutcome,
    outcome_of,
)
from loadlab.analysis.lengthened import why_longer
from loadlab.analysis.percentile_ends import Leeway
from loadlab.analysis.row_figures import why_no_rate
from loadlab.analysis.statistics import ends_of
from loadlab.analysis.survivors import beside_spoiled
from loadlab.analysis.threshold import Threshold
from loadlab.analysis.too_little import one_of_many, too_few_requests
from loadlab.model.status import (
    CriterionOutcome,
    CriterionResult,
    Figure,
    LoadOutcome,
    ResultRow,
    Standing,
    Validity,
)
from loadlab.validity.judgement import ReasonKind


def evaluate(threshold: Threshold, cell: MeasuredCell) -> CellOutcome:
    """Hold a cell against a threshold; an Invalid cell or a missing value decides nothing.

    But where the service answered no request well, no bound on its failures or latency is kept.
    """
    value, row = _value(threshold, cell), cell.row
    if row.failed_rate == 1.0 and threshold.metric in _FAILURE_METRICS:
        is_kept = threshold.metric == "http_req_failed" and threshold.holds(1.0)
        return CellOutcome(outcome_of(is_kept), value)
    why = why_no_rate(row) if threshold.metric == "http_reqs" else ""
    if value is None or why or row.validity is Validity.INVALID:
        return CellOutcome(CriterionOutcome.INCONCLUSIVE, value, too_little=why)
    return beside_spoiled(threshold, cell, _decided(threshold, cell, value))


def _decided(threshold: Threshold, cell: MeasuredCell, value: float) -> CellOutcome:
    """Decide by the replicates that there are, as far as these are enough."""
    row, is_duration = cell.row, threshold.metric == "http_req_duration"
    overloaded = is_duration and row.load is LoadOutcome.OVERLOADED
    if overloaded or _is_lower_bound(threshold, row):
        found = _by_lower_bound(threshold, cell, value, overloaded=overloaded)
        if found.outcome is CriterionOutcome.FAILED:
            return found  # whatever more replicates, or a longer load, would show
    else:
        found = _by_value(threshold, cell, value)
    why = _too_little(threshold, cell, found)
    undecided = CriterionOutcome.INCONCLUSIVE
    return replace(found, outcome=undecided, reach=None, too_little=why) if why else found


def _too_little(threshold: Threshold, cell: MeasuredCell, found: CellOutcome) -> str:
    """Say of what there is too little for what was found; else nothing."""
    if threshold.metric == "http_req_failed":  # a share of failures has the interval of its counts
        return ""
    alone = one_of_many(cell, cell.row.replicates.valid)
    return alone or too_few_requests(threshold, cell.requests, found.outcome)


def _by_lower_bound(
    threshold: Threshold, cell: MeasuredCell, value: float, *, overloaded: bool
) -> CellOutcome:
    """Decide by the least that is known: a mean of bounds may be above by chance.

    How long the generator made a request wait is no bound of what the service did.
    """
    decide = partial(_of_lower_bound, threshold, overloaded=overloaded)
    spread, late = _least_to_most(threshold, cell), _from_send(threshold, cell.row, value)
    least = min([value, *(ends[0] for ends in (spread, late) if ends)])
    less = _less_own(threshold, cell, least)
    ways = ((spread, REPLICATES), (late, LATE), ((less, value), OWN))
    undoing = ((ends, by) for ends, by in ways if ends and decide(ends[0]) is not decide(value))
    undone, whose = next(undoing, (None, REPLICATES))
    found = CellOutcome(
        decide(less), value, _is_lower_bound(threshold, cell.row), undone, whose=whose
    )
    if overloaded or undone or threshold.metric != "http_req_duration":
        return found
    longer = why_longer(threshold, cell, less)
    undecided = CriterionOutcome.INCONCLUSIVE
    return replace(found, outcome=undecided, too_little=longer) if longer else found


def _least_to_most(threshold: Threshold, cell: MeasuredCell) -> tuple[float, float] | None:
    """Return the ends of what a bound is known by; None where nobody knows them.

    Each replicate is a bound of its own: the interval of bounds says no more than their least.
    """
    reach, figure = _reach(threshold, cell), _figure(threshold, cell)
    if reach is None or figure is None or figure.least is None:
        return reach
    return figure.least, reach[1]


def _by_value(threshold: Threshold, cell: MeasuredCell, value: float) -> CellOutcome:
    """Decide by a value, where nothing that it may be as well undoes the decision."""
    row, reach = cell.row, _reach(threshold, cell)
    holds = threshold.holds(value)
    late, leeway = _from_send(threshold, row, value), _leeway(threshold, cell)
    few = leeway and leeway.around(value)
    about = UNANSWERED if leeway and leeway.is_unanswered else FEW
    less = (_less_own(threshold, cell, min(late or (value,))), value)
    for ends, whose in ((reach, REPLICATES), (few, about), (late, LATE), (less, OWN)):
        if ends and any(threshold.holds(end) is not holds for end in ends):
            return CellOutcome(CriterionOutcome.INCONCLUSIVE, value, reach=ends, whose=whose)
    if threshold.metric == "http_req_duration" and (why := why_longer(threshold, cell, value)):
        return CellOutcome(CriterionOutcome.INCONCLUSIVE, value, too_little=why)
    return CellOutcome(outcome_of(holds), value)


def _leeway(threshold: Threshold, cell: MeasuredCell) -> Leeway | None:
    """Return what the requests of a cell leave of a percentile; None where it is no matter."""
    if threshold.relation[0] not in "<>":
        return None
    return cell.leeways.get(threshold.percent or 0.0)


def _reach(threshold: Threshold, cell: MeasuredCell) -> tuple[float, float] | None:
    """Return the ends of the interval of what a threshold is about, or else of the replicates.

    None where nobody knows them, and where no interval would ever lie on one side: of an equality,
    and of a share that is to be 0.
    """
    if threshold.relation[0] not in "<>" or _asks_for_none(threshold):
        return None
    row = cell.row
    if threshold.metric == "http_req_failed":
        low, high = row.failed_low, row.failed_high
        return None if low is None or high is None else (low, high)
    return ends_of(_figure(threshold, cell))


def _figure(threshold: Threshold, cell: MeasuredCell) -> Figure | None:
    """Return what a threshold is about as it is to be decided by; None where it has no interval."""
    match threshold.metric, threshold.aggregation:
        case "http_req_duration", "p":
            return cell.percentiles_ms.get(threshold.percent or 0.0)
        case "http_reqs", "rate":
            return cell.rate or cell.row.requests_per_second
        case _:
            return None


def _from_send(threshold: Threshold, row: ResultRow, value: float) -> tuple[float, float] | None:
    """Return the latency from the send and the reported one, where they are not the same."""
    sent = row.latency_from_send_ms
    if threshold.metric != "http_req_duration" or sent is None:
        return None
    return sent.at_least(threshold.aggregation, threshold.percent), value


def _less_own(threshold: Threshold, cell: MeasuredCell, value: float) -> float:
    """Return what a latency is without k6's own; the fastest of all has the least of it."""
    if threshold.metric != "http_req_duration" or threshold.aggregation == "min":
        return value
    return max(0.0, value - cell.own_ms)


def _asks_for_none(threshold: Threshold) -> bool:
    return threshold.relation == "<=" and not threshold.bound


_FAILURE_METRICS = {"http_req_duration", "http_req_failed"}


def _is_lower_bound(threshold: Threshold, row: ResultRow) -> bool:
    match threshold.metric:
        case "http_req_duration" if row.latency_ms and threshold.percent is not None:
            return row.latency_ms.is_lower_bound_at(threshold.percent)
        case "http_req_duration" if row.latency_ms:
            return row.latency_ms.is_lower_bound(threshold.aggregation)
        case "http_reqs" if row.requests_per_second:
            return row.requests_per_second.standing is Standing.BOUND
        case _:
            return False


def _of_lower_bound(threshold: Threshold, value: float, *, overloaded: bool) -> CriterionOutcome:
    """Decide by a value that the truth does not lie below.

    An overloaded service never answered what it could not be asked, however fast the others were.
    """
    if threshold.relation[0] == "<":
        is_broken = overloaded or not threshold.holds(value)
        return CriterionOutcome.FAILED if is_broken else CriterionOutcome.INCONCLUSIVE
    if threshold.relation[0] == ">":
        holds = threshold.holds(value)
        return CriterionOutcome.PASSED if holds else CriterionOutcome.INCONCLUSIVE
    if value <= threshold.bound:
        return CriterionOutcome.INCONCLUSIVE
    return outcome_of(threshold.relation == "!=")


def _value(threshold: Threshold, cell: MeasuredCell) -> float | None:
    row, used = cell.row, cell.row.replicates.valid
    match threshold.metric, threshold.aggregation:
        case "http_req_duration", _:
            return _duration_ms(threshold, cell)
        case "http_req_failed", _:
            return row.failed_rate
        case "http_reqs", "rate":
            return row.requests_per_second.mean if row.requests_per_second else None
        case "http_reqs", _:
            counted = cell.counted or used  # those in which nothing succeeded are counted, too
            return row.requests / counted if counted else None
        case _:
            return cell.dropped_iterations / used if used else None


def _duration_ms(threshold: Threshold, cell: MeasuredCell) -> float | None:
    if cell.row.p95_ms and cell.row.p95_ms.why == ReasonKind.FAILURES_IN_LATENCY:
        return None
    if threshold.percent is not None:
        figure = cell.percentiles_ms.get(threshold.percent)
        return figure.mean if figure else None
    summary = cell.row.latency_ms
    return None if summary is None else float(getattr(summary, threshold.aggregation))


def judge_criterion(
    name: str, threshold: Threshold, found: Mapping[str, CellOutcome]
) -> CriterionResult:
    """A criterion passes when every cell, given by its title, passes; the worst one is named."""
    for outcome in (
        CriterionOutcome.FAILED,
        CriterionOutcome.INCONCLUSIVE,
        CriterionOutcome.PASSED,
    ):
        candidates = {title: f for title, f in found.items() if f.outcome is outcome}
        if candidates:
            title, worst = max(
                sorted(candidates.items()), key=lambda item: _badness(threshold, item[1].value)
            )
            return CriterionResult(
                name=name,
                threshold=str(threshold),
                value=worst.words,
                cell=title,
                outcome=outcome,
                note=worst.note,
            )
    return CriterionResult(
        name=name, threshold=str(threshold), outcome=CriterionOutcome.INCONCLUSIVE
    )


def _badness(threshold: Threshold, value: float | None) -> float:
    return float("inf") if value is None else threshold.badness(value)
