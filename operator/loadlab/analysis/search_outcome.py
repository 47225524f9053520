"""What a search says of the experiment: its criteria, its verdict and its best cell.

Rows are judged by the intervals of their figures elsewhere; here a rate was tried until most of its
trials agreed, so that these trials decide, and not the interval of so few.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from loadlab import spelling
from loadlab.analysis.bounds import SEARCH_MARGIN
from loadlab.analysis.cell_outcome import CellOutcome
from loadlab.analysis.cells import AnalysedCell
from loadlab.analysis.criteria import judge_criterion
from loadlab.analysis.threshold import Threshold
from loadlab.analysis.verdict import NOT_QUIET, Cause, worst
from loadlab.model.status import (
    Best,
    CellCapacity,
    CriterionOutcome,
    CriterionResult,
    Figure,
    ResultRow,
    SearchEnd,
    Standing,
    StepOutcome,
    Verdict,
)
from loadlab.plan.bounds import TIMES_TRIED
from loadlab.plan.rates import without_rate

_OF_ITS_OWN = {SearchEnd.FOUND, SearchEnd.MAX_RATE, SearchEnd.MIN_RATE}
_NOTE = "of all trials of the highest rate that held in most of them, see status.capacity"
MOST_CHARACTERS = 400  # of a sentence of the recommendation


def criteria_of_search(
    thresholds: Mapping[str, Threshold],
    cells: Sequence[AnalysedCell],
    found: Sequence[CellCapacity],
) -> tuple[CriterionResult, ...]:
    """Judge each criterion: Passed where every cell carries a confirmed rate under it."""
    by_cell = {each.cell: each for each in found}
    pairs = [(cell, by_cell[without_rate(cell.row.cell).title()]) for cell in cells]

    def voted(name: str, rule: Threshold) -> Mapping[str, CellOutcome]:
        return {
            cell.row.cell.title(): _voted(rule, cell.outcomes[name], capacity)
            for cell, capacity in pairs
        }

    return tuple(
        _noted(judge_criterion(name, rule, voted(name, rule))) for name, rule in thresholds.items()
    )


def _voted(rule: Threshold, evaluated: CellOutcome, found: CellCapacity) -> CellOutcome:
    """Return a criterion's outcome in a cell, by the trials that decided its search."""
    if found.at_least is not None:
        outcome = CriterionOutcome.PASSED if is_confirmed(found) else CriterionOutcome.INCONCLUSIVE
        return replace(evaluated, outcome=outcome, reach=None, too_little="")
    if _fails_everywhere(found) and found.reason.replace(" ", "") == str(rule):
        return replace(evaluated, outcome=CriterionOutcome.FAILED, reach=None, too_little="")
    # At a lower rate it may hold: a search fails at the lowest one alone.
    if evaluated.outcome is CriterionOutcome.FAILED and not _fails_everywhere(found):
        return replace(evaluated, outcome=CriterionOutcome.INCONCLUSIVE)
    return evaluated


def _noted(result: CriterionResult) -> CriterionResult:
    if result.outcome is not CriterionOutcome.PASSED:
        return result
    return result.model_copy(update={"note": _NOTE})


def is_confirmed(found: CellCapacity) -> bool:
    """Whether a cell carries a rate for which more than one trial speaks."""
    return found.at_least is not None and found.at_least_trials >= TIMES_TRIED


def verdict_of(found: Sequence[CellCapacity], *, quiet: bool) -> Verdict:
    """Judge a search: Passed where each cell's came to an end of its own with a rate that held.

    Failed where one was seen to fail at the lowest rate that might be tried, Error where no trial
    said anything, else Inconclusive.
    """
    if not any(each.at_least_trials or each.below_trials for each in found):
        return Verdict.ERROR
    return worst(cause.verdict for cause in causes_of_search(found, quiet=quiet))


def causes_of_search(found: Sequence[CellCapacity], *, quiet: bool) -> Iterator[Cause]:
    """Yield what keeps a search from Passed; the criteria tell no more."""
    for each in found:
        name, message = f"search of {each.cell}", each.message or "it found no rate that is sure"
        if _fails_everywhere(each):
            yield Cause(Verdict.FAILED, name, message)
        elif not (is_confirmed(each) and each.ended in _OF_ITS_OWN):
            yield Cause(Verdict.INCONCLUSIVE, name, message)
    if not quiet:
        yield NOT_QUIET


def _fails_everywhere(found: CellCapacity) -> bool:
    is_lowest = found.at_least is None and found.ended is SearchEnd.MIN_RATE
    return is_lowest and found.below_outcome is StepOutcome.FAILED


def with_found_capacity(
    rows: Sequence[ResultRow], found: Sequence[CellCapacity]
) -> tuple[ResultRow, ...]:
    """Return the rows with what their cells carry at least."""
    figures = {
        each.cell: Figure(mean=each.at_least, standing=Standing.BOUND, why="Search")
        for each in found
        if each.at_least is not None
    }
    return tuple(
        row.model_copy(update={"capacity": figures.get(without_rate(row.cell).title())})
        for row in rows
    )


def best_of_search(
    rows: Sequence[ResultRow], found: Sequence[CellCapacity], fails: Mapping[str, float]
) -> Best | None:
    """Return the cell that carries most; none before the search of each has come to its end.

    `fails` is the lowest rate, in 1/s, at which each cell was seen to fail, if it was.
    """
    by_title = {without_rate(row.cell).title(): row for row in rows}
    carries = _confirmed(found)
    if not carries or not all(map(_is_known, found)):
        return None
    best = max(carries, key=carries.__getitem__)
    row, most = by_title[best], carries[best]
    tied = [
        by_title[each.cell].cell.title()
        for each in found
        if each.cell in carries and each.cell != best and _may_carry(fails.get(each.cell), most)
    ]
    return Best(
        cell=row.cell.title(),
        requests_per_second=most,
        p95_ms=row.latency_ms.p95 if row.latency_ms else 0.0,
        bottleneck=next(each.limited_by for each in found if each.cell == best),
        tied_with=tuple(tied),
    )


def _confirmed(found: Sequence[CellCapacity]) -> Mapping[str, float]:
    """Return what each cell carries for which more than one trial speaks."""
    return {
        each.cell: each.at_least
        for each in found
        if each.at_least is not None and is_confirmed(each)
    }


def _is_known(found: CellCapacity) -> bool:
    """Whether a search came to an end of its own, and a cell without a rate was seen to fail."""
    return found.ended in _OF_ITS_OWN and (is_confirmed(found) or _fails_everywhere(found))


def _may_carry(fails: float | None, rate: float) -> bool:
    """Whether nothing was seen to fail so far below this rate that it is not by chance.

    Two trials that held against two that failed tell nothing: of equal cells one would hold at what
    the other fails at in every other experiment.
    """
    return fails is None or (1 + SEARCH_MARGIN) * fails > rate


def recommend_by_search(
    best: Best | None, found: Sequence[CellCapacity], fails: Mapping[str, float]
) -> tuple[str, ...]:
    """Say what the best cell carries beside the others; nothing where one may carry as much.

    A rate that holds over one that fails bounds the ratio of the two capacities from below, but for
    what both may be off by chance.
    """
    if best is None or best.tied_with:
        return ()
    carries = _confirmed(found)
    most = max(carries, key=carries.__getitem__)
    others = {it.cell: it for it in found if it.cell in fails and it.cell != most}
    if not others:
        return ()
    nearest = max(others, key=fails.__getitem__)
    other = others[nearest]
    # What limits a cell is known at the lowest rate that did not hold, be it undecided.
    is_of_it = other.limited_by and other.below == fails[nearest]
    limit = f", limited by {other.limited_by}" if is_of_it else ""
    held, failed = spelling.number(carries[most]), spelling.number(fails[nearest])
    told = (
        f"{most} carries at least {held}/s under the criteria; {nearest}, the next one, fails at "
        f"{failed}/s{limit}.{_how_much_more(carries[most] / fails[nearest])}"
    )
    return (told[:MOST_CHARACTERS],)


def _how_much_more(ratio: float) -> str:
    """Say by how much at least the capacities differ; nothing where few trials may hide it."""
    surely = math.floor(100 * ratio / (1 + SEARCH_MARGIN)) / 100  # or more: never rounded up
    if surely < 1:
        return ""
    return (
        f" With {SEARCH_MARGIN:.0%} for the noise of so few trials it carries {surely:.2f} times "
        "as much as any other cell, or more."
    )
