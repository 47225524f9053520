"""The best cell where pilot trials put cells into tiers, each of which is offered another rate.

Of several tiers the fastest has the best: each of its cells carried more than four times as much
as those of the next one. But only where these carried all they can: a cell whose pilot was limited
by its users, or came to no result, may carry as much. The best of those stands beside the best of
the fastest tier, and nothing tells the two apart.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from loadlab.analysis.best import MAX_NAMED, Choice
from loadlab.analysis.contenders import LOWER_TIER
from loadlab.analysis.pilots import Limit, words_of
from loadlab.base.text import fit
from loadlab.catalogue import Factor
from loadlab.model.spec.load import Purpose
from loadlab.model.status import Best, Comparison, ComparisonOutcome, ResultRow
from loadlab.plan import Plan

Choose = Callable[[Sequence[ResultRow]], Choice]
_NO_PILOT = "came to no usable result"
_MOST_CHARACTERS = 100  # of the reason of a comparison


@dataclass(frozen=True, slots=True)
class TierChoice:
    """The choice over all tiers, and between which cells of different ones nothing decides."""

    choice: Choice
    undecided: tuple[Comparison, ...] = ()

    def beside(self, set_aside: Mapping[str, str]) -> Self:
        """Return it with further cells that are not compared, each with the reason."""
        choice = replace(self.choice, set_aside={**set_aside, **self.choice.set_aside})
        return replace(self, choice=choice)


def choose_of_tiers(plan: Plan, passing: Sequence[ResultRow], choose: Choose) -> TierChoice:
    """Choose by `choose` within the fastest tier, and of each slower one what may carry as much."""
    tiers = tiers_to_choose_of(plan, passing)
    reasons = {row.cell.title(): LOWER_TIER for row in passing}
    for row in (row for tier in tiers for row in tier):
        del reasons[row.cell.title()]
    choices = [choose(tier) for tier in tiers]
    for choice in choices:
        reasons |= choice.set_aside
    found = [choice.best for choice in choices if choice.best]
    if not found:
        return TierChoice(Choice(None, reasons))
    best, *others = found
    tied = [title for each in found for title in (each.cell, *each.tied_with)][1:]
    together = best.model_copy(update={"tied_with": tuple(tied[:MAX_NAMED])})
    rows = {row.cell.title(): row for row in passing}
    undecided = tuple(_undecided(best, other, rows[other.cell]) for other in others)
    return TierChoice(Choice(together, reasons), undecided)


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
    is_given = plan.context.spec.factors.levels(Factor.RATE) is not None
    apart = ([row for row in tier if not is_given and _may_carry_more(row)] for tier in slower)
    return [fastest, *(tier for tier in apart if tier)]


def _may_carry_more(row: ResultRow) -> bool:
    return row.capacity is None or row.capacity.why != Limit.SERVICE


def _undecided(best: Best, other: Best, row: ResultRow) -> Comparison:
    why = words_of(row.capacity.why or "") if row.capacity else _NO_PILOT
    return Comparison(
        figure="requestsPerSecond",
        of=best.cell,
        over=other.cell,
        blocks=0,
        outcome=ComparisonOutcome.INCONCLUSIVE,
        why=fit(f"{row.cell.variant}'s pilot {why}", _MOST_CHARACTERS),
    )
