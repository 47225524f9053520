"""The first sentence of the recommendation: which cell to take, and what that rests on.

It says no more than the choice and the comparisons do. Cells that are tied are all named: as alike,
with what tells them apart all the same, or with what would. Beside what the best cell is ahead in
stands what it costs: what another cell is clearly better in, and which faster ones are left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from loadlab import spelling
from loadlab.analysis.best import Choice
from loadlab.analysis.bounds import ENOUGH_BLOCKS
from loadlab.analysis.claim_limits import why_at_two_rates
from loadlab.analysis.contenders import NOT_CARRIED, NOT_MET
from loadlab.analysis.held_up import HOLDS_UP
from loadlab.analysis.pairs import COST
from loadlab.analysis.short_names import Names, joined
from loadlab.model.status import Best, Comparison, ComparisonOutcome, LoadOutcome, ResultRow

MOST_REASONS = 2
_OF_SEVERAL = {"is": "are", "was": "were", "has": "have", "holds": "hold"}
_SHARES = {"cpuMicros": "CPU per request", "p95Ms": "p95"}
_TOLD = {ComparisonOutcome.IMPROVED, ComparisonOutcome.REGRESSED}


def first_sentence(
    rows: Sequence[ResultRow], choice: Choice, comparisons: Sequence[Comparison], names: Names
) -> str:
    """Return the sentence; empty where a cell is by itself."""
    if choice.best is None:
        return _none_fit(rows, choice.set_aside, names)
    set_aside = choice.set_aside
    if (lead := _lead(choice.best, comparisons)) or choice.best.tied_with:
        compared = _compared(choice, choice.best, lead, comparisons, names)
        # They may look better than the one to take in all that the tables have.
        held_up = {title: why for title, why in set_aside.items() if why.startswith(HOLDS_UP)}
        parts = [compared, _price(choice, lead, comparisons, rows, names)]
        return "".join([*parts, *([f"; {_reasons(held_up, names)}"] if held_up else []), "."])
    if not set_aside:
        return ""
    is_alone = set(set_aside.values()) == {NOT_MET}
    why = "no other cell is known to meet all criteria" if is_alone else _reasons(set_aside, names)
    price = _price(choice, None, comparisons, rows, names)
    return f"Take {names[choice.best.cell]}: {why}{price}."


def _none_fit(rows: Iterable[ResultRow], set_aside: Mapping[str, str], names: Names) -> str:
    """Say why no cell is recommended: what they carried, where none carried its load."""
    if set(set_aside.values()) - {NOT_MET, NOT_CARRIED}:
        return f"No cell is recommended: {_reasons(set_aside, names)}."
    overloaded = [row for row in rows if row.load is LoadOutcome.OVERLOADED]
    if not overloaded:
        return "No cell is recommended: none is known to meet all criteria."
    most = max(overloaded, key=_rate)
    return (
        "No cell is recommended: none meets all criteria and carried its load. "
        f"{names[most.cell.title()]} carried the most, {_rate(most):,.0f} requests per second."
    )


def _reasons(set_aside: Mapping[str, str], names: Names) -> str:
    """Say of a few reasons which cells they keep from being compared, and count the others."""
    cells: dict[str, list[str]] = {}
    for title, why in set_aside.items():
        cells.setdefault(why, []).append(title)
    told = [
        f"{names.several(titles)} {why if len(titles) == 1 else _of_several(why)}"
        for why, titles in list(cells.items())[:MOST_REASONS]
    ]
    more = sum(len(titles) for titles in list(cells.values())[MOST_REASONS:])
    return "; ".join([*told, *([f"{more} more for other reasons"] if more else [])])


def _of_several(why: str) -> str:
    verb, _, rest = why.partition(" ")
    return f"{_OF_SEVERAL.get(verb, verb)} {rest}"


def _rate(row: ResultRow) -> float:
    return row.requests_per_second.mean if row.requests_per_second else 0.0


def _compared(
    choice: Choice,
    best: Best,
    lead: Comparison | None,
    comparisons: Sequence[Comparison],
    names: Names,
) -> str:
    if lead is None:
        return _tie(choice, best, comparisons, names)
    unknown = [found.over for found in choice.undecided]
    tied = [title for title in best.tied_with if title not in unknown]
    others = f", or {names.several(tied)} as well" if tied else ""
    beside = "".join(f", {words}" for words in _beside(lead, comparisons))
    told = f"Take {names[best.cell]}{others}: {_ratio(lead, names)}{beside}"
    if not unknown:
        return told
    return f"{told}; nothing tells {names.several(unknown)} from it{_what_would(choice.undecided)}"


def _price(
    choice: Choice,
    lead: Comparison | None,
    comparisons: Iterable[Comparison],
    rows: Iterable[ResultRow],
    names: Names,
) -> str:
    """Say what another cell is clearly better in, unless it is said beside the lead."""
    said = {c.figure for c in comparisons if lead and _is_of(c, lead) and c.outcome in _TOLD}
    prices = [
        found
        for found in choice.prices
        if not (lead and _is_of(found, lead) and found.figure in said)
    ]
    if not prices:
        return ""
    other, best = (names[title] for title in (prices[0].of, prices[0].over))
    known = {row.cell.title(): row for row in rows}
    pair = known[prices[0].of], known[prices[0].over]
    depends = any(found.figure in _SHARES for found in prices)
    where = ", at its own rate," if depends and why_at_two_rates(*pair, COST) else ""
    told = joined(
        [f"{_interval(found)} of {best}'s {_named_figure(found.figure)}" for found in prices]
    )
    return f"; but {other}{where} has {told}"


def _is_of(found: Comparison, lead: Comparison) -> bool:
    return {found.of, found.over} == {lead.of, lead.over}


def _lead(best: Best, comparisons: Iterable[Comparison]) -> Comparison | None:
    """Find what the best cell is ahead in: of its control where it is, else of the next cell."""
    lead = best.lead
    if lead is None or lead.outcome is not ComparisonOutcome.IMPROVED:
        return None
    ahead = (
        found
        for found in comparisons
        if (found.of, found.figure) == (best.cell, lead.figure)
        and found.outcome is ComparisonOutcome.IMPROVED
        and found.over not in best.tied_with
    )
    return next(ahead, lead)


def _ratio(found: Comparison, names: Names) -> str:
    ratio, of, over = _interval(found), names[found.of], names[found.over]
    if found.figure == "requestsPerSecond":
        return f"{of} carries {ratio} times the requests per second of {over}"
    return f"{of} has {ratio} of {over}'s {_named_figure(found.figure)}"


def _interval(found: Comparison, *, is_turned: bool = False) -> str:
    """Spell the ratio; turned that of the other cell to this one."""
    if not (found.ratio and found.low and found.high):
        return ""
    ends = found.ratio, found.low, found.high
    if is_turned:
        ends = 1 / found.ratio, 1 / found.high, 1 / found.low
    return spelling.interval(*ends, spelling.ratio)


def _beside(lead: Comparison, comparisons: Iterable[Comparison]) -> Iterator[str]:
    """Say what the same pair of cells shows in the other figures, where it shows anything.

    The control is compared with nothing, others are with it: where it is ahead their ratios are
    turned, as what it is worse in belongs to the choice.
    """
    for found in comparisons:
        name = _SHARES.get(found.figure, "requests per second")
        if {found.of, found.over} != {lead.of, lead.over} or found.figure == lead.figure:
            continue
        if found.outcome is ComparisonOutcome.EQUIVALENT:
            yield f"{name} alike"
        elif found.outcome is not ComparisonOutcome.INCONCLUSIVE:
            yield f"{_interval(found, is_turned=found.of != lead.of)} of its {name}"


def _tie(choice: Choice, best: Best, comparisons: Iterable[Comparison], names: Names) -> str:
    """Say that no cell is ahead: as they are alike, or as too little is known."""
    tied = {best.cell, *best.tied_with}
    together = names.several([best.cell, *best.tied_with])
    if choice.are_alike:
        return f"Take any of {together}: they differ by less than 5 %"
    unclear = [c for c in choice.among if c.outcome is ComparisonOutcome.INCONCLUSIVE]
    shown = [c for c in (*comparisons, *choice.among) if {c.of, c.over} <= tied]
    apart = next((c for c in shown if c.outcome in _TOLD), None)
    if apart is None:
        return f"Nothing tells {together} apart{_what_would(unclear)}"
    rest = f"; of the rest nothing is told{_what_would(unclear)}" if unclear else ""
    return f"None of {together} is known to be the best: {_ratio(apart, names)}{rest}"


def _what_would(unclear: Sequence[Comparison]) -> str:
    """Say what would tell cells apart: as many replicates as all pairs take; else what hides it."""
    helped = [c for c in unclear if c.blocks_needed is not None]
    many = max((c.blocks_needed or 0 for c in helped), default=0)
    if helped and len(helped) == len(unclear):
        return f": {many} replicates would show the difference found, or that there is none"
    if helped:
        return f": {many} replicates would show whether they differ in {_figures(helped)}"
    if any("replicates" in c.why and c.blocks < ENOUGH_BLOCKS for c in unclear if c.why):
        return f": take {ENOUGH_BLOCKS} replicates or more"
    if hidden := [c for c in unclear if c.why]:
        alike = [c for c in hidden if c.why == hidden[0].why]
        return f" in {_figures(alike)}: {hidden[0].why}"
    return " in what decides: choose by what else matters to you"


def _figures(found: Iterable[Comparison]) -> str:
    return joined(list(dict.fromkeys(_named_figure(c.figure) for c in found)))


def _named_figure(figure: str) -> str:
    request, _, name = figure.rpartition(".")
    return _SHARES.get(name, "requests per second") + (f" of {request}" if request else "")
