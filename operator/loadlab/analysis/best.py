"""The best cell: never by cost alone, with the cells that it could not be told from.

Among the cells that keep the criteria, requests per second decide (of offered ones the highest that
any cell kept: what was offered is no figure of a cell), then the tail latency, then that
of the requests beside the load, then the CPU per request: at each step the cells leave that are
clearly worse than the one with the best mean. Clearly worse is what the blocks show (p below 0.05
over all pairs of candidates in all figures, by Holm's method: the best mean is picked by the same
data, and of six equal cells one was ahead in 29 to 38 of 100 experiments without it) and what is
not below the margin of equivalence. So cost decides among those alone that carry as much, with
tails as short: a cell of which that is not known, as its figure is a bound or tells of something
else, is set aside where it is known of another one, and where no tail is known cost decides
nothing, unless all keep a criterion that bounds the tail. Of those that are left the one with the
highest rate is named, where it was offered the one with the shortest tail; the others are tied with
it. What is clearly better than it in some figure, and left for another, is an alternative: together
they are the Pareto set.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TypeVar

from loadlab.analysis.blocks import BlockNoise, Logs, block_noise
from loadlab.analysis.comparison import (
    Difference,
    compare_in_family,
    difference_of,
    holm,
    is_clearly_worse,
)
from loadlab.analysis.contenders import contenders, is_offered
from loadlab.analysis.equivalence import MARGIN
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.intervals import (
    FIGURES,
    Read,
    logs_by_cell,
    tail_of,
    usable_by_cell,
    waits_by_cell,
)
from loadlab.analysis.row_figures import mean_of, standing_of
from loadlab.model.status import Best, Comparison, Figure, ResultRow, Standing

_RATE, _TAIL, _COST = "requests_per_second", "p95_ms", "cpu_micros"
MAX_NAMED = 10
_Pair = tuple[str, frozenset[str]]  # a figure, and two cells by their titles
_FigureT = TypeVar("_FigureT")


@dataclass(frozen=True, slots=True)
class Choice:
    """The best cell, if there is any, and why others are not compared with it, by their titles."""

    best: Best | None
    set_aside: Mapping[str, str] = field(default_factory=dict)


def choose(
    passing: Iterable[ResultRow],
    replicates: Iterable[Replicate],
    beside: str | None = None,
    pilot: int | None = None,
    *,
    latency: bool = True,
    tail_is_kept: bool = False,
) -> Choice:
    """Find the best of the cells that meet every criterion.

    `beside` is the name of the requests beside the load, whom a cell may hold up that is fast
    itself. Without `latency` that of the load is not looked at: at saturation it is users divided
    by throughput. `tail_is_kept`: a criterion bounds the slow answers, so that all of them keep it,
    however far their tails are known. A cell that is Invalid, or did not keep its promises, is
    never the best.
    """
    found = contenders(passing)
    candidates = found.rows
    if not candidates:
        return Choice(None, found.set_aside)
    told = _Told(candidates, replicates, _reads(beside, latency=latency), pilot)
    left, set_aside = _left(candidates, told, tail_is_kept=tail_is_kept)
    leader, *tied = _ranked(left, told)
    others = [
        row for row in _ranked(candidates, told) if row not in left and not _is_in(set_aside, row)
    ]
    alternatives = [row for row in others if told.is_worse_in_any(leader, row)]
    best = Best(
        cell=leader.cell.title(),
        requests_per_second=_rate(leader),
        p95_ms=_tail(leader),
        bottleneck=leader.bottleneck.name if leader.bottleneck else "",
        tied_with=tuple(row.cell.title() for row in tied[:MAX_NAMED]),
        alternatives=tuple(row.cell.title() for row in alternatives[:MAX_NAMED]),
        lead=told.lead(leader, others),
    )
    return Choice(best, {**found.set_aside, **set_aside})


def _reads(beside: str | None, *, latency: bool) -> Mapping[str, Read]:
    """Return what reads each of the figures that decide, the first one first."""
    tails = {_TAIL: FIGURES[_TAIL]} if latency else {}
    held_up = {f"{beside}.{_TAIL}": tail_of(beside)} if beside else {}
    return {_RATE: FIGURES[_RATE], **tails, **held_up, _COST: FIGURES[_COST]}


class _Told:
    """What the replicates say of any two cells."""

    def __init__(
        self,
        candidates: Sequence[ResultRow],
        replicates: Iterable[Replicate],
        reads: Mapping[str, Read],
        pilot: int | None,
    ) -> None:
        cells = usable_by_cell(replicates)
        # An offered rate tells none apart, and each figure has its price.
        self.order = tuple(n for n in reads if n != _RATE or not is_offered(candidates))
        self._waits = waits_by_cell(cells)
        self._tables: Mapping[str, Mapping[str, Logs]] = {
            name: logs_by_cell(cells, read) for name, read in reads.items()
        }
        self._noises: Mapping[str, BlockNoise | None] = {
            name: block_noise(list(table.values()), pilot) for name, table in self._tables.items()
        }

        self._chances = self._adjusted(candidates)

    def is_worse(self, of: ResultRow, over: ResultRow, name: str) -> bool:
        """Whether one cell is clearly worse than another in a figure."""
        return is_clearly_worse(self._difference(name, of, over), self._chance(name, of, over))

    def is_worse_in_any(self, of: ResultRow, over: ResultRow) -> bool:
        """Whether one cell is clearly worse than another in some figure."""
        return any(self.is_worse(of, over, name) for name in self.order)

    def lead(self, leader: ResultRow, others: Iterable[ResultRow]) -> Comparison | None:
        """Compare the leader with the first that is clearly worse, in the figure that decided.

        None without such a cell: whom others beat the leader is not ahead of.
        """
        for over in others:
            for name in self.order:
                if self.is_worse(over, leader, name):
                    found, p = (
                        self._difference(name, leader, over),
                        self._chance(name, leader, over),
                    )
                    return compare_in_family(found, p, len(self._chances))
        return None

    def _adjusted(self, candidates: Sequence[ResultRow]) -> Mapping[_Pair, float]:
        """Return the p value of each pair in each figure, adjusted for all of them."""
        doubts = {
            _pair(name, of, over): doubt
            for name in self.order
            for of, over in combinations(candidates, 2)
            if (doubt := self._difference(name, of, over).doubt) is not None
        }
        return dict(zip(doubts, holm(list(doubts.values())), strict=True))

    def _difference(self, name: str, of: ResultRow, over: ResultRow) -> Difference:
        table, noise = self._tables[name], self._noises[name]
        return difference_of(name, (of, over), table, noise, waits=self._waits)

    def _chance(self, name: str, of: ResultRow, over: ResultRow) -> float | None:
        return self._chances.get(_pair(name, of, over))


def _pair(name: str, of: ResultRow, over: ResultRow) -> _Pair:
    return name, frozenset({of.cell.title(), over.cell.title()})


def _left(
    candidates: Sequence[ResultRow], told: _Told, *, tail_is_kept: bool
) -> tuple[Sequence[ResultRow], Mapping[str, str]]:
    """Return who is left once each figure was looked at, and why others were set aside."""
    left, set_aside = candidates, dict[str, str]()
    for name in told.order:
        left = _not_worse(left, name, told)
        unknown = {} if name == _COST else _unknown(left, name)
        if len(unknown) == len(left):
            if name == _TAIL and tail_is_kept:
                continue
            break  # cost must not decide among tails of which nothing is known
        set_aside |= unknown
        left = [row for row in left if not _is_in(unknown, row)]
    return left, set_aside


def _not_worse(left: Sequence[ResultRow], name: str, told: _Told) -> Sequence[ResultRow]:
    """Leave out what is clearly worse than the best mean of this figure."""
    first = _first(left, name)
    if first is None:
        return left
    return [row for row in left if row is first or not told.is_worse(row, first, name)]


def _first(left: Sequence[ResultRow], name: str) -> ResultRow | None:
    """Return who has the best mean. A bound of a latency or a cost is one only among bounds."""
    known = [(mean, row) for row in left if (mean := mean_of(row, name)) is not None]
    sound = [(mean, row) for mean, row in known if standing_of(row, name) is Standing.SOUND]
    sign = -1 if name == _RATE else 1
    found = known if name == _RATE else sound or known
    best = min(found, key=lambda each: (sign * each[0], each[1].cell.title()), default=None)
    return best and best[1]


def _unknown(left: Sequence[ResultRow], name: str) -> Mapping[str, str]:
    """Return of which cells it is not known whether they are as good as the best mean, and why."""
    doubtful = [row for row in left if standing_of(row, name) is not Standing.SOUND]
    if name == _RATE:
        # It carries what was seen at least: only far below a rate that is known that is too little.
        first = max(left, key=_rate)
        is_known = standing_of(first, name) is Standing.SOUND
        enough = _rate(first) * math.exp(-MARGIN) if is_known else 0.0
        doubtful = [row for row in doubtful if _rate(row) < enough]
    return {row.cell.title(): _why_unknown(row, name) for row in doubtful}


def _why_unknown(row: ResultRow, name: str) -> str:
    if name == _RATE:
        return "may carry more than was seen" + _because(row.requests_per_second)
    request, _, _ = name.rpartition(".")
    whose = f" of {request}" if request else ""
    return f"has no known p95{whose}" + ("" if request else _because(row.p95_ms))


def _because(figure: Figure | None) -> str:
    return f" ({figure.why})" if figure and figure.why else ""


def _is_in(titles: Iterable[str], row: ResultRow) -> bool:
    return row.cell.title() in titles


def _ranked(rows: Sequence[ResultRow], told: _Told) -> list[ResultRow]:
    """Order by rate unless that was offered, and then by the tail where latencies are compared."""

    def rank(row: ResultRow) -> tuple[list[float], str]:
        rate = [-_rate(row)] if _RATE in told.order else []
        tail = [_tail(row)] if _TAIL in told.order else []
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
