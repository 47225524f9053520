"""What two experiments have in common and a comparison of them lacks all the same, in words. Pure.

A cell that was offered another rate in each is the one that changed most: it may have lost half of
what it carried. A figure that one of the two has alone may be one of which nothing came to an end,
and a cell that has none in either cannot be seen to get worse. None of them may vanish behind the
cells that are compared. A cell that only one of the two has at all is new, or was taken away on
purpose: it is a difference, and no gap.
"""

from collections.abc import Iterable, Iterator, Sequence

from pydantic.alias_generators import to_camel

from loadlab.analysis.environments import LONGEST_DIFFERENCE
from loadlab.base.text import first_of, fit
from loadlab.model.status import ResultRow
from loadlab.plan.rates import without_rate

LONGEST_NOTE = 300  # characters
_NAMED = 3
Pair = tuple[ResultRow, ResultRow]


def gaps(
    pairs: Sequence[Pair],
    rows: Sequence[ResultRow],
    others: Sequence[ResultRow],
    one_sided: Iterable[tuple[str, str]],
    unknown: Sequence[str] = (),
) -> str:
    """Say which cells of both and which figures are not compared; nothing where all are.

    `one_sided` are cells and their figures that are not known in both, `unknown` the cells of which
    no figure is known in either.
    """
    return fit("; ".join(_gaps(pairs, rows, others, one_sided, unknown)), LONGEST_NOTE)


def _gaps(
    pairs: Sequence[Pair],
    rows: Sequence[ResultRow],
    others: Sequence[ResultRow],
    one_sided: Iterable[tuple[str, str]],
    unknown: Sequence[str],
) -> Iterator[str]:
    if moved := _at_other_rates(pairs, rows, others):
        remedy = "factors.rate gives both one"
        yield f"offered another rate there, so another cell: {first_of(moved, _NAMED)}; {remedy}"
    if unknown:
        yield f"no figure is known in either: {first_of(unknown, _NAMED)}"
    figures: dict[str, list[str]] = {}
    for cell, figure in one_sided:
        figures.setdefault(to_camel(figure), []).append(cell)
    for figure, cells in figures.items():
        yield f"{figure} is not known in both: {first_of(cells, _NAMED)}"


def alone(
    pairs: Sequence[Pair], rows: Sequence[ResultRow], others: Sequence[ResultRow]
) -> Iterator[str]:
    """Yield the cells that one of the two has alone, whatever the rate."""
    moved = {*_at_other_rates(pairs, rows, others), *_at_other_rates(pairs, others, rows)}
    paired = {row.cell.title() for row, _ in pairs} | moved
    for side, known in (("here", rows), ("there", others)):
        if titles := [t for row in known if (t := row.cell.title()) not in paired]:
            yield fit(f"only {side}: {first_of(titles, _NAMED)}", LONGEST_DIFFERENCE)


def _at_other_rates(
    pairs: Sequence[Pair], rows: Sequence[ResultRow], others: Sequence[ResultRow]
) -> list[str]:
    """Return the cells of which both have rates, and no rate is in both."""
    paired = {_without_rate(row) for row, _ in pairs}
    theirs = {_without_rate(row) for row in others} - paired
    return [row.cell.title() for row in rows if _without_rate(row) in theirs]


def _without_rate(row: ResultRow) -> str:
    return without_rate(row.cell).title()
