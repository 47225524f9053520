"""The pages as HTML. The template escapes every text; nothing is marked as safe."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from loadlab.cli.dashboard.board import Board
from loadlab.cli.dashboard.entries import Entry, Key
from loadlab.cli.dashboard.events import spelled
from loadlab.cli.dashboard.reports import Ratios

_EMPTY = Entry("", "", "", "")


def list_page(board: Board, root: str) -> str:
    """Return the page with the experiments."""
    entries = sorted(board.entries.values(), key=lambda each: (each.rank, each.key))
    told: dict[str, Any] = {"entries": entries, "empty": _EMPTY, "scope": board.scope}
    return _render("list.html.j2", board, root, told)


def panels_page(board: Board, root: str, keys: Sequence[Key], ratios: Ratios | None = None) -> str:
    """Return the page of one experiment, or of two side by side."""
    panels = [(spelled(key), board.entries.get(key) or Entry(*key, "", "")) for key in keys]
    return _render("panels.html.j2", board, root, {"panels": panels, "ratios": ratios})


def message_page(board: Board, root: str, message: str) -> str:
    """Return a page that says why there is no other."""
    return _render("message.html.j2", board, root, {"message": message})


@cache
def asset(name: str) -> str:
    """Return the style sheet, which goes on where a report's ends, or the script."""
    text = (files("loadlab.cli.dashboard") / "static" / name).read_text(encoding="utf-8")
    if name != "live.css":
        return text
    common = (files("loadlab.report") / "templates" / "style.css").read_text(encoding="utf-8")
    return f"{common}\n{text}"


def _render(name: str, board: Board, root: str, told: dict[str, Any]) -> str:
    common = {"root": root, "away": board.away, "left_out": board.left_out}
    return _environment().get_template(name).render(**common, **told)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("loadlab.cli.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
