"""A table that is never cut: where a terminal is too narrow it is folded.

What its columns have in common stands in the title. Columns that do not fit go into a further table
with the keys of the rows repeated; where not even the keys and one column fit, each row becomes a
block of `heading  value` lines. A figure is never broken, a word neither: one that is wider than
the terminal is left to it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from loadlab import spelling

_EDGES = 1  # SIMPLE_HEAD draws one blank at either side of a table, and between two columns
_PADDING = 2  # one blank at either side of a cell
_INDENT = "  "
_WORD = re.compile(r"(?P<word>^\s*\S+|\S+|^\s*$)(?P<gap>\s*)")


@dataclass(frozen=True, slots=True)
class Column:
    """What stands above the cells of a column; a heading may have two lines."""

    heading: str
    is_key: bool = False  # it tells rows apart: repeated in each table
    is_word: bool = False  # to the left; figures stand to the right
    moves: bool = False  # into the title, where all rows agree in it
    may_lack: bool = False  # left out where no row has it

    @property
    def name(self) -> str:
        """The heading in one line."""
        return self.heading.replace("\n", " ")


@dataclass(frozen=True, slots=True)
class Cells:
    """A column with its cells, and the width that they need."""

    column: Column
    cells: tuple[Text, ...]

    @property
    def width(self) -> int:
        lines = [*self.column.heading.split("\n"), *(cell.plain for cell in self.cells)]
        return max(map(cell_len, lines))


def key(heading: str) -> Column:
    """Return a column of words that tell rows apart."""
    return Column(heading, is_key=True, is_word=True)


def word(heading: str, *, moves: bool = False) -> Column:
    """Return a column of words."""
    return Column(heading, is_word=True, moves=moves)


class Prose:
    """Text that is broken between words only, and in which brackets are no markup."""

    def __init__(self, text: str | Text) -> None:
        self.text = text if isinstance(text, Text) else Text(text)

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        """Yield its lines: rich would cut a word that is wider than the terminal."""
        yield from broken(self.text, options.max_width)


def broken(text: Text, width: int) -> Iterator[Text]:
    """Yield the lines of a text; only a word alone may be wider."""
    breaks, used = list[int](), 0
    for found in _WORD.finditer(text.plain):
        used += cell_len(found["word"])
        if used > width and found.start():
            breaks.append(found.start())
            used = cell_len(found["word"])
        used = 0 if "\n" in found["gap"] else used + cell_len(found["gap"])
    for part in text.divide(breaks):
        part.rstrip()
        part.no_wrap, part.overflow = True, "ignore"
        yield part


class Sheet:
    """A title, columns, and rows of as many cells."""

    def __init__(
        self, title: str, columns: Sequence[Column], rows: Sequence[Sequence[str | Text]]
    ) -> None:
        cells = [[c if isinstance(c, Text) else Text(c) for c in row] for row in rows]
        by_column = zip(columns, zip(*cells, strict=True), strict=True) if rows else ()
        known = [Cells(column, found) for column, found in by_column]
        common = [each for each in known if _is_common(each)]
        self.columns = [each for each in known if each not in common and not _is_lacking(each)]
        self.title = "  ".join([title, *(f"{c.column.name} {c.cells[0].plain}" for c in common)])

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it as wide as it may be."""
        yield Prose(Text(self.title, style="bold"))
        tables = list(self._folded(options.max_width))
        if any(_width(table) > options.max_width for table in tables):
            yield from self._blocks(options.max_width)
            return
        for table in tables:
            yield _drawn(table)

    def _folded(self, width: int) -> Iterator[list[Cells]]:
        """Yield the columns of each table: the keys, and as many others as fit, one at least."""
        keys = [each for each in self.columns if each.column.is_key]
        others = [each for each in self.columns if not each.column.is_key]
        table = [*keys, *others[:1]]
        for each in others[1:]:
            if _width([*table, each]) > width:
                yield table
                table = [*keys]
            table.append(each)
        yield table

    def _blocks(self, width: int) -> Iterator[Text]:
        names = max(cell_len(each.column.name) for each in self.columns)
        for row in range(len(self.columns[0].cells)):
            yield Text()
            for each in self.columns:
                line = _line(each.column, each.cells[row], names)
                fits = cell_len(line.plain) <= width
                yield from [line] if fits else _below(each.column, each.cells[row], width)
        yield Text()


def _is_common(found: Cells) -> bool:
    return found.column.moves and len(found.cells) > 1 and len(set(map(str, found.cells))) == 1


def _is_lacking(found: Cells) -> bool:
    return found.column.may_lack and {str(cell) for cell in found.cells} == {spelling.ABSENT}


def _width(columns: Sequence[Cells]) -> int:
    return sum(each.width + _PADDING for each in columns) + len(columns) - 1 + 2 * _EDGES


def _drawn(columns: Sequence[Cells]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for each in columns:
        justify = "left" if each.column.is_word else "right"
        table.add_column(each.column.heading, justify=justify, no_wrap=True)  # type: ignore[arg-type] # a literal of two
    for row in zip(*(each.cells for each in columns), strict=True):
        table.add_row(*row)
    return table


def _line(column: Column, cell: Text, names: int) -> Text:
    indent = "" if column.is_key else _INDENT
    gap = " " * (names + 2 * len(_INDENT) - len(indent) - cell_len(column.name))
    return Text.assemble(indent, column.name, gap, cell)


def _below(column: Column, cell: Text, width: int) -> Iterator[Text]:
    """Yield the heading, then the cell; words are broken between, a figure is not."""
    indent = "" if column.is_key else _INDENT
    yield Text(indent + column.name)
    room = width - len(indent + _INDENT) if column.is_word else cell_len(cell.plain)
    for line in broken(cell, room):
        yield Text.assemble(indent, _INDENT, line, overflow="ignore")
