"""An experiment as Markdown for a pull request: what a terminal shows, as GitHub draws it. Pure."""

import re
from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from loadlab.base.text import plain
from loadlab.cli.sheet import Prose, Sheet

# What others wrote (evidence, errors of a service) must not become a link, a mention or HTML.
_MEANINGFUL = re.compile(r"([\\`*_<>|\[\]#~@])")


def markdown(shown: RenderableType) -> str:
    """Write what `tables.render` made: tables as tables, lines as the points of a list."""
    parts = shown.renderables if isinstance(shown, Group) else [shown]
    lines = [line for part in parts for line in _lines(part)]
    return "\n".join(_spaced(lines))


def _lines(part: RenderableType) -> Iterator[str]:
    if isinstance(part, Sheet):
        yield f"**{escaped(part.title)}**"
        yield from _table(part)
        return
    text = part.text.plain if isinstance(part, Prose) else str(part)
    if text.strip():
        depth = "  " if text.startswith("  ") else ""
        yield f"{depth}- {escaped(text.strip())}"


def _table(sheet: Sheet) -> Iterator[str]:
    columns = [each.column for each in sheet.columns]
    yield _row(escaped(column.name) for column in columns)
    yield _row("---" if column.is_word else "---:" for column in columns)
    for row in zip(*(each.cells for each in sheet.columns), strict=True):
        yield _row(map(_cell, row))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Text) -> str:
    return escaped(cell.plain)


def escaped(text: str) -> str:
    """Return a text of one line that Markdown shows as it is."""
    return _MEANINGFUL.sub(r"\\\1", plain(text.replace("\n", " ")))


def _spaced(lines: list[str]) -> Iterator[str]:
    """Yield the lines, with an empty one between a table and a list."""
    for line, former in zip(lines, ["", *lines], strict=False):
        if former and _kind(line) != _kind(former) and not line.startswith("  "):
            yield ""
        yield line


def _kind(line: str) -> str:
    return line.lstrip()[:1]
