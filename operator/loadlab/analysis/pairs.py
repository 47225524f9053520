"""What the replicates say of any two of the cells that may be the best one.

The family is all pairs in all figures that decide, by Holm's method: whoever is ahead was picked by
the same data.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from loadlab.analysis.blocks import BlockNoise, Logs, block_noise
from loadlab.analysis.bounds import CONFIDENCE
from loadlab.analysis.comparison import (
    Difference,
    compare_in_family,
    difference_of,
    holm,
    is_alike,
    is_clearly_worse,
)
from loadlab.analysis.contenders import is_offered
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.intervals import (
    FIGURES,
    Read,
    logs_by_cell,
    tail_of,
    usable_by_cell,
)
from loadlab.analysis.own_delays import delays_by_cell
from loadlab.model.status import Comparison, ResultRow

RATE, TAIL, COST = "requests_per_second", "p95_ms", "cpu_micros"
_Pair = tuple[str, frozenset[str]]  # a figure, and two cells by their titles


@dataclass(frozen=True, slots=True)
class Terms:
    """By what the cells are held against each other.

    `beside` is the name of the requests beside the load, whom a cell may hold up that is fast
    itself. Without `latency` that of the load is not looked at: at saturation it is users divided
    by throughput. `tail_is_kept`: a criterion bounds the slow answers, so that all of them keep it,
    however far their tails are known. `pilot` is the last block of those that decided how many
    there are, `own_ms` what k6 itself adds to a latency; None where it was not measured. `why` says
    why none may be told from another, whatever their figures are.
    """

    beside: str | None = None
    pilot: int | None = None
    latency: bool = True
    tail_is_kept: bool = False
    own_ms: float | None = None
    why: str = ""

    @property
    def held_up(self) -> str | None:
        """The figure of those who may be held up."""
        return _tail_beside(self.beside) if self.beside else None

    def reads(self) -> Mapping[str, Read]:
        """Return what reads each of the figures that decide, the first one first."""
        tails = {TAIL: FIGURES[TAIL]} if self.latency else {}
        beside = {_tail_beside(self.beside): tail_of(self.beside)} if self.beside else {}
        return {RATE: FIGURES[RATE], **tails, **beside, COST: FIGURES[COST]}


class Pairs:
    """Any two of the candidates, figure by figure."""

    def __init__(
        self, candidates: Sequence[ResultRow], replicates: Iterable[Replicate], terms: Terms
    ) -> None:
        cells, reads = usable_by_cell(replicates), terms.reads()
        # An offered rate tells none apart, and each figure has its price.
        self.order = tuple(n for n in reads if n != RATE or not is_offered(candidates))
        self._terms = terms
        self._delays = delays_by_cell(cells)
        self._tables: Mapping[str, Mapping[str, Logs]] = {
            name: logs_by_cell(cells, read) for name, read in reads.items()
        }
        self._noises: Mapping[str, BlockNoise | None] = {
            name: block_noise(list(table.values()), terms.pilot)
            for name, table in self._tables.items()
        }
        self._chances = self._adjusted(candidates)

    def is_worse(
        self, of: ResultRow, over: ResultRow, name: str, *, at_any_rate: bool = False
    ) -> bool:
        """Whether one cell is clearly worse than another in a figure."""
        chance = self._chance(name, of, over)
        if chance is None or chance >= 1 - CONFIDENCE:
            return False  # of a hundred cells most pairs are not told apart, and each takes a while
        found = self.difference(name, of, over)
        return is_clearly_worse(replace(found, at_any_rate=at_any_rate), chance)

    def worse_in(self, of: ResultRow, over: ResultRow) -> list[str]:
        """Return the figures in which one cell is clearly worse, each at its own rate."""
        return [name for name in self.order if self.is_worse(of, over, name, at_any_rate=True)]

    def are_alike(self, rows: Sequence[ResultRow]) -> bool:
        """Whether any two of several lie within the margin of equivalence in all that decides."""
        return all(
            is_alike(self.difference(name, of, over))
            for of, over in combinations(rows, 2)
            for name in self.order
        )

    def among(self, rows: Sequence[ResultRow]) -> Iterator[Comparison]:
        """Compare any two of several in all that decides."""
        for of, over in combinations(rows, 2):
            for name in self.order:
                yield self.compared(name, of, over)

    def compared(
        self, name: str, of: ResultRow, over: ResultRow, *, at_any_rate: bool = False
    ) -> Comparison:
        """Compare two cells in one figure, over the whole family."""
        found = replace(self.difference(name, of, over), at_any_rate=at_any_rate)
        return compare_in_family(found, self._chance(name, of, over), len(self._chances))

    def lead(self, leader: ResultRow, others: Iterable[ResultRow]) -> Comparison | None:
        """Compare the leader with the first that is clearly worse, in the figure that decided.

        None without such a cell: whom others beat the leader is not ahead of.
        """
        for over in others:
            for name in self.order:
                if self.is_worse(over, leader, name):
                    return self.compared(name, leader, over)
        return None

    def difference(self, name: str, of: ResultRow, over: ResultRow) -> Difference:
        """Take one figure of two cells within each block."""
        table, noise, own_ms = self._tables[name], self._noises[name], self._terms.own_ms
        found = difference_of(name, (of, over), table, noise, own_ms=own_ms, delays=self._delays)
        return replace(found, why=self._terms.why)

    def _adjusted(self, candidates: Sequence[ResultRow]) -> Mapping[_Pair, float]:
        """Return the p value of each pair in each figure, adjusted for all of them."""
        doubts = {
            _pair(name, of, over): doubt
            for name in self.order
            for of, over in combinations(candidates, 2)
            if (doubt := self.difference(name, of, over).doubt) is not None
        }
        return dict(zip(doubts, holm(list(doubts.values())), strict=True))

    def _chance(self, name: str, of: ResultRow, over: ResultRow) -> float | None:
        return self._chances.get(_pair(name, of, over))


def _tail_beside(name: str) -> str:
    return f"{name}.{TAIL}"


def _pair(name: str, of: ResultRow, over: ResultRow) -> _Pair:
    return name, frozenset({of.cell.title(), over.cell.title()})
