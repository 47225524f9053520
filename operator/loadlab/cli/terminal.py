"""How text reaches a terminal, or what reads from a pipe."""

import os
import sys

from rich.console import Console, RenderableType

from loadlab.cli.sheet import Prose

_PIPE_WIDTH = 100_000  # columns: what reads a pipe breaks lines itself, or wants them whole


def console() -> Console:
    """Return the console of standard output: without a terminal nothing is folded or coloured.

    NO_COLOR means no control sequence at all: neither bold type nor a line that is drawn anew.
    """
    folds = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(
        width=None if folds else _PIPE_WIDTH,
        force_terminal=False if os.environ.get("NO_COLOR") else None,
        highlight=False,
    )


def show(what: RenderableType) -> None:
    """Print it; lines are broken between words, and nothing is cut."""
    console().print(Prose(what) if isinstance(what, str) else what, crop=False)
