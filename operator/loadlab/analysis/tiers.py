"""The best cell where pilot trials put cells into tiers, each of which is offered another rate.

Of several tiers the fastest has the best: each of its cells carried more than four times as much
as those of the next one. But only where these carried all they can: a cell whose pilot was limited
by its users, or came to no result, may carry as much. The best of those stands beside the best of
the fastest tier, and nothing tells the two apart. Where no cell of the fastest tier did what it was
asked for, the next tier is the fastest of those left.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from loadlab.analysis.best import Choice
from loadlab.analysis.contenders import LOWER_TIER, OFFERED_LESS
from loadlab.analysis.pilots import Limit, words_of
from loadlab.catalogue import Factor
from loadlab.model.spec.load import Purpose
from loadlab.model.status import Best, Comparison, ComparisonOutcome, ResultRow
from loadlab.plan import Plan

Choose = Callable[[Sequence[ResultRow]], Choice]
_NO_PILOT = "came to no usable result"


def choose_of_tiers(plan: Plan, passing: Sequence[ResultRow], choose: Choose) -> Choice:
    """Choose by `choose` within the fastest tier, and of each slower one what may carry as much.

    Where no cell of the fastest tier may be the best, the next one takes its place.
    """
    left, reasons = list(passing), dict[str, str]()
    while True:
        tiers = tiers_to_choose_of(plan, left)
        choices = [choose(tier) for tier in tiers]
        if choices[0].best or not left:
            break
        reasons |= choices[0].set_aside
        left = _without(tiers[0], left)
    looked_at = {row.cell.title() for tier in tiers for row in tier}
    titles = (row.cell.title() for row in left)
    why = OFFERED_LESS if _are_rates_given(plan) else LOWER_TIER
    reasons |= {title: why for title in titles if title not in looked_at}
    for choice in choices:
        reasons |= choice.set_aside
    return _beside_others(choices, {row.cell.title(): row for row in passing}, reasons)


def _without(some: Iterable[ResultRow], rows: Iterable[ResultRow]) -> list[ResultRow]:
    titles = {row.cell.title() for row in some}
    return [row for row in rows if row.cell.title() not in titles]


def _beside_others(
    choices: Sequence[Choice], rows: Mapping[str, ResultRow], reasons: Mapping[str, str]
) -> Choice:
    """Return the choice of the fastest tier, tied with the best of the slower ones."""
    chosen = [(choice, choice.best) for choice in choices if choice.best]
    if not chosen:
        return Choice(None, reasons)
    (first, best), *others = chosen
    beside = [title for _, each in others for title in (each.cell, *each.tied_with)]
    undecided = tuple(_undecided(best, rows[title]) for title in beside)
    return replace(
        first,
        best=best.model_copy(update={"tied_with": (*best.tied_with, *beside)}),
        set_aside=reasons,
        are_alike=first.are_alike and not undecided,
        among=(*undecided, *first.among),
        undecided=(*first.undecided, *undecided),
    )


def tiers_to_choose_of(plan: Plan, rows: Sequence[ResultRow]) -> list[list[ResultRow]]:
    """Return the rows among which one may be the best, those of the fastest tier first.

    Of each slower tier those alone of which nobody knows that they carry less.
    """
    if plan.context.spec.load.purpose is not Purpose.COMPARE:
        return [list(rows)]
    by_rate: dict[float, list[ResultRow]] = {}
    for row in rows:
        by_rate.setdefault(row.cell.number(Factor.RATE) or 0, []).append(row)
    fastest, *slower = (by_rate[rate] for rate in sorted(by_rate, reverse=True)) if rows else ([],)
    is_given = _are_rates_given(plan)
    apart = ([row for row in tier if not is_given and _may_carry_more(row)] for tier in slower)
    return [fastest, *(tier for tier in apart if tier)]


def _are_rates_given(plan: Plan) -> bool:
    """Whether the spec says which rates are offered, so that no pilot put a cell into a tier."""
    return plan.context.spec.factors.levels(Factor.RATE) is not None


def _may_carry_more(row: ResultRow) -> bool:
    return row.capacity is None or row.capacity.why != Limit.SERVICE


def _undecided(best: Best, row: ResultRow) -> Comparison:
    why = words_of(row.capacity.why or "") if row.capacity else _NO_PILOT
    return Comparison(
        figure="requestsPerSecond",
        of=best.cell,
        over=row.cell.title(),
        blocks=0,
        outcome=ComparisonOutcome.INCONCLUSIVE,
        why=f"{row.cell.variant}'s pilot {why}",
    )
