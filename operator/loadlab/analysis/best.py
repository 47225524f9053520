"""The best cell: never by cost alone, with the cells that it could not be told from.

Among the cells that keep the criteria, requests per second decide (of offered ones the highest that
any cell kept: what was offered is no figure of a cell), then the tail latency, then that of the
requests beside the load, then the CPU per request: at each step the cells leave that are clearly
worse than any that is left, and not only than the one with the best mean, which may be the
noisiest. Clearly worse is what the blocks show (p below 0.05 over all pairs of candidates in all
figures, by Holm's method: of six equal cells one was ahead in 29 to 38 of 100 experiments without
it) and what is not below the margin of equivalence. So cost decides among those alone that carry as
much, with tails as short: a cell of which that is not known, as its figure is a bound or tells of
something else, is set aside where it is known of another one, and where no tail is known cost
decides nothing, unless all keep a criterion that bounds the tail. A tail that is at most what was
seen, as the generator or a warm-up is in it, sets nobody aside: it is as short as it reads, or
shorter, and where it reads longer than one that is known the cell is tied, whatever it costs. Few
samples set nobody aside: what they stray by is in the blocks, by which a tail is clearly longer or
is not. Before all that those are set aside that hold up the requests beside the load
(loadlab.analysis.held_up). Of those that are left the one with the highest rate is named, where it
was offered the one with the shortest tail; the others are tied with it. What is clearly better than
it in some figure, and worse in another, is an alternative: together they are the Pareto set.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from loadlab.analysis.contenders import contenders
from loadlab.analysis.equivalence import MARGIN
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.held_up import holding_up
from loadlab.analysis.open_ends import AT_MOST, KNOWN, open_ends
from loadlab.analysis.pairs import COST, RATE, TAIL, Pairs, Terms
from loadlab.analysis.row_figures import mean_of, standing_beside
from loadlab.model.status import Best, Comparison, Figure, ResultRow, Standing

_MOST_NAMED = 10  # of those that are tied
_FigureT = TypeVar("_FigureT")


@dataclass(frozen=True, slots=True)
class Choice:
    """The best cell, if there is any, and what else is to be known of it.

    `set_aside` says why others are not compared with it, by their titles. `among` compares those
    that are tied, with one another: `are_alike` where any two of them differ by less than the
    margin in all that decides. `prices` are what the first alternative is clearly better in.
    `undecided` are tied ones that were offered another rate, or whose tail may be as short, with
    why that decides nothing.
    """

    best: Best | None
    set_aside: Mapping[str, str] = field(default_factory=dict)
    are_alike: bool = False
    among: tuple[Comparison, ...] = ()
    prices: tuple[Comparison, ...] = ()
    undecided: tuple[Comparison, ...] = ()


@dataclass(frozen=True, slots=True)
class _Left:
    """Who is left once each figure was looked at, and why others were set aside, by their titles.

    Those `beside` may have a shorter tail than any that is left, or a longer one, by their titles
    with the figure: so they are tied, and cost is no matter.
    """

    rows: Sequence[ResultRow]
    beside: Mapping[str, str]
    set_aside: Mapping[str, str]


def choose(
    passing: Iterable[ResultRow], replicates: Iterable[Replicate], terms: Terms | None = None
) -> Choice:
    """Find the best of the cells that meet every criterion.

    A cell that is Invalid, or did not keep its promises, is never the best.
    """
    terms = terms or Terms()
    found = contenders(passing)
    if not found.rows:
        return Choice(None, found.set_aside)
    pairs = Pairs(found.rows, replicates, terms)
    held_up = holding_up(found.rows, pairs, terms.held_up) if terms.held_up else {}
    candidates = [row for row in found.rows if not _is_in(held_up, row)]
    left = _left(candidates, pairs, tail_is_kept=terms.tail_is_kept)
    left = replace(left, set_aside={**found.set_aside, **held_up, **left.set_aside})
    return _chosen(left, candidates, pairs)


def _chosen(left: _Left, candidates: Sequence[ResultRow], pairs: Pairs) -> Choice:
    """Name who is the best of those that are left, and what it and the others are to each other."""
    leader, *alike = _ranked(left.rows, pairs)
    beside = _ranked([row for row in candidates if _is_in(left.beside, row)], pairs)
    tied = [*alike, *beside]
    titles = {*left.set_aside, *(row.cell.title() for row in (leader, *tied))}
    beaten = _ranked([row for row in candidates if not _is_in(titles, row)], pairs)
    alternatives = [
        row for row in beaten if pairs.worse_in(leader, row) and pairs.worse_in(row, leader)
    ]
    named = tied[:_MOST_NAMED]
    best = Best(
        cell=leader.cell.title(),
        requests_per_second=_rate(leader),
        p95_ms=_tail(leader),
        bottleneck=leader.bottleneck.name if leader.bottleneck else "",
        tied_with=tuple(row.cell.title() for row in named),
        alternatives=tuple(row.cell.title() for row in alternatives),
        lead=pairs.lead(leader, beaten),
    )
    return Choice(
        best,
        left.set_aside,
        are_alike=bool(tied) and pairs.are_alike([leader, *tied]),
        among=tuple(pairs.among([leader, *named])),
        prices=tuple(_prices(leader, alternatives, pairs)),
        undecided=tuple(
            pairs.compared(left.beside[row.cell.title()], leader, row)
            for row in beside
            if row in named
        ),
    )


def _prices(
    leader: ResultRow, alternatives: Sequence[ResultRow], pairs: Pairs
) -> Iterable[Comparison]:
    for row in alternatives[:1]:
        for name in pairs.worse_in(leader, row):
            yield pairs.compared(name, row, leader, at_any_rate=True)


def _left(candidates: Sequence[ResultRow], pairs: Pairs, *, tail_is_kept: bool) -> _Left:
    left, beside, set_aside = candidates, dict[str, str](), dict[str, str]()
    for name in pairs.order:
        left = _not_worse(left, name, pairs)
        if name == COST:
            break
        unknown = _unknown(left, name)
        longer = _may_be_longer(left, name)
        if name != RATE and not any(open_ends(row, name) == KNOWN for row in left):
            if name == TAIL and tail_is_kept:
                continue
            break  # cost must not decide among tails of which nothing is known
        set_aside |= unknown
        beside |= dict.fromkeys(longer, name)
        left = [row for row in left if not _is_in({*unknown, *longer}, row)]
    return _Left(left, beside, set_aside)


def _not_worse(left: Sequence[ResultRow], name: str, pairs: Pairs) -> Sequence[ResultRow]:
    """Leave out what is clearly worse in this figure than any that is left."""
    kept = [row for row in left if not any(pairs.is_worse(row, other, name) for other in left)]
    return kept or left


def _unknown(left: Sequence[ResultRow], name: str) -> Mapping[str, str]:
    """Return of which cells it is not known whether they are as good as the best mean, and why."""
    doubtful = [row for row in left if open_ends(row, name).more]
    if name == RATE:
        # It carries what was seen at least: only far below a rate that is known that is too little.
        first = max(left, key=_rate)
        is_known = standing_beside(first, name) is Standing.SOUND
        enough = _rate(first) * math.exp(-MARGIN) if is_known else 0.0
        doubtful = [row for row in doubtful if _rate(row) < enough]
    return {row.cell.title(): _why_unknown(row, name) for row in doubtful}


def _may_be_longer(left: Sequence[ResultRow], name: str) -> list[str]:
    """Return who has a tail that is at most what was seen, and more of it than one that is known.

    Who has less is known to be as good: the service's own is no longer than that.
    """
    if name == RATE:
        return []
    tails = [(row.cell.title(), open_ends(row, name), mean_of(row, name)) for row in left]
    known = (tail for _, ends, tail in tails if tail and ends == KNOWN)
    enough = min(known, default=math.inf) * math.exp(MARGIN)
    return [title for title, ends, tail in tails if tail and ends == AT_MOST and tail > enough]


def _why_unknown(row: ResultRow, name: str) -> str:
    if name == RATE:
        return "may carry more than was seen" + _because(row.requests_per_second)
    request, _, _ = name.rpartition(".")
    whose = f" of {request}" if request else ""
    return f"has no known p95{whose}" + ("" if request else _because(row.p95_ms))


def _because(figure: Figure | None) -> str:
    return f" ({figure.why})" if figure and figure.why else ""


def _is_in(titles: Iterable[str], row: ResultRow) -> bool:
    return row.cell.title() in titles


def _ranked(rows: Sequence[ResultRow], pairs: Pairs) -> list[ResultRow]:
    """Order by rate unless that was offered, and then by the tail where latencies are compared."""

    def rank(row: ResultRow) -> tuple[list[float], str]:
        rate = [-_rate(row)] if RATE in pairs.order else []
        tail = [_tail(row)] if TAIL in pairs.order else []
        return [*rate, *tail], row.cell.title()

    return sorted(rows, key=rank)


def _rate(row: ResultRow) -> float:
    return _known(row.requests_per_second).mean


def _tail(row: ResultRow) -> float:
    return _known(row.latency_ms).p95


def _known(figure: _FigureT | None) -> _FigureT:
    """Return a figure that every candidate has, see `_may_be_best`."""
    if figure is None:
        raise ValueError("a cell without its figures is no candidate")
    return figure
