"""Expectations: claims about differences between cells, and which cells each one speaks of."""

from collections.abc import Iterable, Iterator, Sequence, Set
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import AfterValidator, Field

from loadlab.base.rules import Rule, RuledModel
from loadlab.catalogue import Cell, CellPattern

MAX_TITLES = 5
MAX_GROUPS = 2000  # a cell has one partner, mostly, and there are at most 1000 cells


class FigureName(StrEnum):
    """What an expectation may speak of: the figures of a results row, one value per replicate."""

    REQUESTS_PER_SECOND = "requestsPerSecond"
    LATENCY_MED = "latencyMs.med"
    LATENCY_P95 = "latencyMs.p95"
    LATENCY_P99 = "latencyMs.p99"
    FAILED_RATE = "failedRate"
    SERVICE_CPU = "cpuMicrosPerRequest.service"
    EVENT_LOOP_LAG_P99 = "eventLoopLagMs.p99"

    @property
    def is_latency(self) -> bool:
        """Whether each named request has one of its own."""
        return self.value.startswith("latencyMs.")


def _names_something(pattern: CellPattern) -> CellPattern:
    if not pattern.dump():
        raise ValueError("must name a variant or a level")
    return pattern


Side = Annotated[CellPattern, AfterValidator(_names_something)]


class Expectation(RuledModel):
    """One claim: a ratio of cells, or a figure of cells, and the bounds it is expected in."""

    RULES: ClassVar[tuple[Rule["Expectation"], ...]] = (
        Rule(
            "has(self.ratio) != has(self.metric)",
            lambda it: (it.ratio is None) != (it.metric is None),
            "give exactly one of ratio (of over over) and metric (of alone)",
        ),
        Rule(
            "has(self.over) == has(self.ratio)",
            lambda it: (it.over is None) == (it.ratio is None),
            "over goes with ratio, and only with it",
        ),
        Rule(
            "has(self.atLeast) || has(self.atMost)",
            lambda it: it.at_least is not None or it.at_most is not None,
            "give atLeast, atMost or both: without a bound nothing is expected",
        ),
        Rule(
            "!has(self.atLeast) || !has(self.atMost) || self.atLeast <= self.atMost",
            lambda it: it.at_least is None or it.at_most is None or it.at_least <= it.at_most,
            "atLeast may not lie above atMost",
        ),
        Rule(
            "!has(self.request) || (has(self.ratio) && self.ratio.startsWith('latencyMs.')) || "
            "(has(self.metric) && self.metric.startsWith('latencyMs.'))",
            lambda it: it.request is None or any(f.is_latency for f in it.figures),
            "request goes with latencyMs figures only",
        ),
    )

    name: str = Field(
        pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$", max_length=40, description="Name, such as async."
    )
    claim: str = Field(default="", max_length=300, description="The claim in one sentence.")
    ratio: FigureName | None = Field(
        default=None,
        description="Figure of `of` divided by that of `over`; absent where metric is given.",
    )
    metric: FigureName | None = Field(
        default=None, description="Figure of `of` itself; absent where ratio is given."
    )
    request: str | None = Field(
        default=None,
        pattern=r"^[a-z][a-z0-9-]*$",
        max_length=40,
        description="Takes latencyMs of this request only, such as ping; absent for all requests.",
    )
    of: Side = Field(
        description="The cells it speaks of; a field that is absent matches every level.",
        json_schema_extra={"minProperties": 1},
    )
    over: Side | None = Field(
        default=None,
        description=(
            "The cells they are compared with, only with ratio. Levels that neither names are "
            "paired: workers 2 is divided by workers 2."
        ),
        json_schema_extra={"minProperties": 1},
    )
    at: CellPattern = Field(
        default=CellPattern(), description="Levels that the cells of both sides have."
    )
    at_least: float | None = Field(
        default=None, ge=0, le=1e9, description="Lower bound, included; absent for none."
    )
    at_most: float | None = Field(
        default=None, ge=0, le=1e9, description="Upper bound, included; absent for none."
    )
    needs_cpus: int | None = Field(
        default=None,
        ge=1,
        le=1024,
        description=(
            "CPUs of the service without which the claim cannot be tried: with fewer, or none of "
            "its own, it is Inconclusive and says so, but for atLeast alone of requestsPerSecond "
            "that is Reproduced; absent for any number."
        ),
    )
    published: float | None = Field(
        default=None,
        ge=0,
        le=1e9,
        description="What was published, shown beside what is measured; absent if nothing was.",
    )

    @property
    def figure(self) -> FigureName:
        """The figure it speaks of."""
        return self.ratio or self.metric or FigureName.REQUESTS_PER_SECOND

    @property
    def title(self) -> str:
        """Spell what is measured, such as `ratio of latencyMs.p99 of ping`."""
        kind = "ratio of " if self.ratio else ""
        return f"{kind}{self.figure.value}{f' of {self.request}' if self.request else ''}"

    @property
    def bounds(self) -> str:
        """Spell what is expected, such as `2 or more` or `0.8 to 1.25`."""
        if self.at_least is None:
            return f"{self.at_most:g} or less"
        if self.at_most is None:
            return f"{self.at_least:g} or more"
        return f"{self.at_least:g} to {self.at_most:g}"

    @property
    def figures(self) -> tuple[FigureName, ...]:
        """The figures it names: one, as its rules demand."""
        return tuple(figure for figure in (self.ratio, self.metric) if figure is not None)


def groups_of(expectation: Expectation, cells: Sequence[Cell]) -> tuple[tuple[Cell, ...], ...]:
    """Return what is measured together: (of, over) pairs for a ratio, single cells for a metric.

    A pair differs in what `of` and `over` name and in nothing else that both cells have: a level
    that means nothing for one of them (consumers, for a variant without a queue) is no difference.
    """
    known = [_Known(cell, cell.dump()) for cell in cells]
    return tuple(_groups(expectation, known))


def fault_of(expectation: Expectation, cells: Sequence[Cell]) -> str:
    """Say why an expectation says nothing about these cells; empty where it does."""
    known = [_Known(cell, cell.dump()) for cell in cells]
    sides = {"of": expectation.of, "over": expectation.over}
    for side, pattern in sides.items():
        if pattern is not None and not _selected(expectation, pattern, known):
            wanted = _spell({**expectation.at.dump(), **pattern.dump()})
            return f"no cell matches {side} {wanted}; there are {_titles(cells)}"
    groups = list(islice(_groups(expectation, known), MAX_GROUPS + 1))
    if not groups:
        return (
            "no cell of `of` has a partner in `over` with the same other levels; name in of and "
            f"over every level that differs. There are {_titles(cells)}"
        )
    if len(groups) > MAX_GROUPS:
        return f"of and over make more than {MAX_GROUPS} pairs; name more levels"
    with_itself = [group[0] for group in groups if len(group) == 2 and group[0] == group[1]]
    if with_itself:
        return f"of and over both select {with_itself[0].title()}; name what tells them apart"
    return ""


_Levels = tuple[object, ...]


class _Known(NamedTuple):
    """A cell, and the variant and levels that it has."""

    cell: Cell
    levels: dict[str, object]


def _groups(expectation: Expectation, known: Sequence[_Known]) -> Iterator[tuple[Cell, ...]]:
    chosen = _selected(expectation, expectation.of, known)
    if expectation.over is None:
        return ((of.cell,) for of in chosen)
    named = expectation.of.dump().keys() | expectation.over.dump().keys()
    partners = _Partners(_selected(expectation, expectation.over, known), named)
    return ((of.cell, over.cell) for of in chosen for over in partners.of(of))


def _selected(
    expectation: Expectation, pattern: CellPattern, known: Iterable[_Known]
) -> list[_Known]:
    wanted = (*expectation.at.dump().items(), *pattern.dump().items())
    return [it for it in known if all(it.levels.get(name) == level for name, level in wanted)]


class _Partners:
    """The cells of one side, found by the levels that they share with a cell of the other."""

    def __init__(self, cells: Sequence[_Known], named: Set[str]) -> None:
        self._cells, self._named = cells, named
        self._kinds = dict.fromkeys(frozenset(cell.levels) for cell in cells)
        self._places: dict[tuple[Set[str], tuple[str, ...]], dict[_Levels, list[int]]] = {}

    def of(self, cell: _Known) -> Iterator[_Known]:
        """Yield, in their order, the cells with the same levels, the named ones apart."""
        places = [place for kind in self._kinds for place in self._alike(kind, cell.levels)]
        return (self._cells[place] for place in sorted(places))

    def _alike(self, kind: frozenset[str], levels: dict[str, object]) -> list[int]:
        shared = tuple(name for name in levels if name in kind and name not in self._named)
        if (kind, shared) not in self._places:
            self._places[kind, shared] = self._index(kind, shared)
        return self._places[kind, shared].get(tuple(levels[name] for name in shared), [])

    def _index(self, kind: frozenset[str], shared: tuple[str, ...]) -> dict[_Levels, list[int]]:
        index: dict[_Levels, list[int]] = {}
        for place, cell in enumerate(self._cells):
            if cell.levels.keys() == kind:
                index.setdefault(tuple(cell.levels[name] for name in shared), []).append(place)
        return index


def _spell(pattern: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in pattern.items()) + "}"


def _titles(cells: Sequence[Cell]) -> str:
    shown = ", ".join(cell.title() for cell in cells[:MAX_TITLES])
    more = len(cells) - MAX_TITLES
    return f"{shown} and {more} more" if more > 0 else shown
