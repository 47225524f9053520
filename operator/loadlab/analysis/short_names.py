"""How a sentence names cells: by their variant and the levels that tell them apart."""

from collections.abc import Iterable, Sequence

from loadlab.catalogue import Cell, Factor
from loadlab.model.status import ResultRow

MOST_NAMED = 3


class Names:
    """Cells by their variant and the levels that tell them apart."""

    def __init__(self, rows: Sequence[ResultRow]) -> None:
        cells = [row.cell for row in rows]
        swept = [f for f in Factor if len({cell.level(f) for cell in cells}) > 1]
        self._names = {cell.title(): _named(cell, swept) for cell in cells}

    def __getitem__(self, title: str) -> str:
        return self._names.get(title, title)

    def several(self, titles: Sequence[str]) -> str:
        """Name a few of them, and count the others."""
        shown = [self[title] for title in titles[:MOST_NAMED]]
        more = len(titles) - len(shown)
        return joined([*shown, *([f"{more} more"] if more else [])])


def _named(cell: Cell, swept: Iterable[Factor]) -> str:
    levels = [f"{factor}={level}" for factor in swept if (level := cell.level(factor)) is not None]
    return f"{cell.variant} ({', '.join(levels)})" if levels else cell.variant


def joined(words: Sequence[str]) -> str:
    """Join words as a sentence does: a, b and c."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
