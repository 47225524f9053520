"""No figure, name or heading is ever cut, whatever reads the output."""

import io
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console, Group
from rich.text import Text

from loadlab.cli import terminal
from loadlab.cli.experiment import Experiment
from loadlab.cli.sheet import Cells, Column, Sheet, broken, key
from loadlab.cli.tables import render
from tests.unit.cli.conftest import FINISHED, SINCE, finished_experiment, row

WRITTEN = Path(__file__).parents[1] / "analysis" / "golden" / "status.json"
WIDTHS = range(40, 201)


def written() -> dict[str, Any]:
    return {"metadata": {"name": "golden"}, "status": json.loads(WRITTEN.read_text())}


def with_many_factors() -> dict[str, Any]:
    """Four swept factors and everything that stands in tables of its own."""
    found = finished_experiment()
    status = found["status"]
    rows = [row("asyncpg", 103_605.2 * n, 1188.0 * n, load="Kept") for n in (1, 2)]
    for n, each in enumerate(rows):
        levels = {"workers": n + 1, "virtualUsers": 200 * (n + 1), "poolSize": 10 * (n + 1)}
        each["cell"] = {"variant": "asyncpg", "server": ("uvicorn", "gunicorn")[n], **levels}
        each["cpuMicros"] = {"mean": 12_476, "low": 11_460, "high": 13_493, "standing": "Bound"}
    cells = [f"{v}/workers=2/virtualUsers=64" for v in ("async", "sync")]
    ratio = {"of": cells[0], "over": cells[1], "figure": "requestsPerSecond", "blocks": 5,
             "ratio": 0.6812, "low": 0.6312, "high": 0.7412, "p": 0.0012, "outcome": "Regressed",
             "detectable": 0.0612}  # fmt: skip
    figure = {"mean": 0.05213, "low": 0.04213, "high": 0.06213}
    law = {"factor": "workers", "of": "sync", "levels": 5, "rateOfOne": figure, "peak": 4174,
           "contention": figure, "coherence": figure, "peakAt": 9.7, "knee": 4.2,
           "recommendation": "8 workers carry the most"}  # fmt: skip
    claim = {"name": "async-wins-by-far", "figure": "ratio of requestsPerSecond", "published": 1.79,
             "ratio": 1.83, "low": 1.71, "high": 1.95, "expected": "at least 1.5",
             "outcome": "Reproduced"}  # fmt: skip
    status |= {"results": [*status["results"], *rows], "comparisons": [ratio], "scaling": [law],
               "expectations": [claim]}  # fmt: skip
    return found


STATUSES = [written(), finished_experiment(), with_many_factors()]


def sheets_of(resource: dict[str, Any]) -> Iterator[Sheet]:
    shown = render(Experiment.of(resource))
    assert isinstance(shown, Group)
    return (each for each in shown.renderables if isinstance(each, Sheet))


def drawn(sheet: Sheet, width: int) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=width, highlight=False).print(sheet, crop=False)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def whole(found: Cells) -> Iterator[str]:
    """What may not be broken: a figure, and each word of a name."""
    for cell in found.cells:
        yield from cell.plain.split() if found.column.is_word else [cell.plain]


def times(text: str, lines: list[str]) -> int:
    """How often it stands there whole: between blanks or the ends of a line."""
    return f"  {'  '.join(lines)}  ".count(f" {text} ")


@pytest.mark.parametrize("resource", STATUSES, ids=["written", "finished", "many factors"])
def test_every_figure_of_every_table_stands_whole_at_every_width(resource: dict[str, Any]) -> None:
    for sheet in sheets_of(resource):
        wanted = Counter(text for each in sheet.columns for text in whole(each))
        wide = drawn(sheet, 100_000)
        for width in WIDTHS:
            lines = drawn(sheet, width)
            for text, count in wanted.items():
                assert count <= times(text, wide), (sheet.title, text)
                assert count <= times(text, lines), (sheet.title, text, width)
            for name in (
                word for each in sheet.columns for word in each.column.heading.split("\n")
            ):
                assert times(name, lines), (sheet.title, name, width)
            for word in sheet.title.split():
                assert times(word, lines), (word, width)
            too_wide = [line for line in lines if cell_len(line) > width and " " in line.strip()]
            assert not too_wide, (sheet.title, width)


@pytest.mark.parametrize("resource", STATUSES, ids=["written", "finished", "many factors"])
def test_every_word_of_the_text_stands_whole_at_every_width(resource: dict[str, Any]) -> None:
    def words(width: int) -> set[str]:
        text = io.StringIO()
        Console(file=text, width=width).print(render(Experiment.of(resource)), crop=False)
        return {word for word in text.getvalue().split() if not set(word) <= set("─…")}

    wide = words(100_000)
    assert all(words(width) == wide for width in WIDTHS[::8])


def test_a_narrow_terminal_gets_several_tables_with_the_keys_of_their_rows() -> None:
    sheet = Sheet(
        "t",
        [key("cell"), Column("a\nms"), Column("b")],
        [["sync", "1,234", "5.67"], ["async", "8", "9"]],
    )

    assert drawn(sheet, 22)[1:] == [
        "",
        "              a",
        "  cell       ms",
        " ───────────────",
        "  sync    1,234",
        "  async       8",
        "",
        "",
        "  cell       b",
        " ──────────────",
        "  sync    5.67",
        "  async      9",
        "",
    ]
    assert drawn(sheet, 14)[1:] == [
        "",
        "cell    sync",
        "  a ms  1,234",
        "  b     5.67",
        "",
        "cell    async",
        "  a ms  8",
        "  b     9",
        "",
    ]


def test_what_rows_have_in_common_stands_in_the_title() -> None:
    columns = [key("cell"), Column("failed", moves=True), Column("x", may_lack=True)]

    alike = Sheet("t", columns, [["a", "0%", "-"], ["b", "0%", "-"]])
    alone = Sheet("t", columns, [["a", "0%", "-"]])
    unlike = Sheet("t", columns, [["a", "0%", "-"], ["b", "1%", "2"]])

    assert (alike.title, len(alike.columns)) == ("t  failed 0%", 1)
    assert (alone.title, len(alone.columns)) == ("t", 2)
    assert (unlike.title, len(unlike.columns)) == ("t", 3)


def test_prose_is_broken_between_words() -> None:
    lines = broken(Text("  one two\nthree 123456789012 four [5, 6]"), 10)

    assert [line.plain for line in lines] == [
        "  one two\nthree", "123456789012", "four [5,", "6]"
    ]  # fmt: skip


def test_a_line_of_a_pipe_is_not_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    line = "word " * 100 + "[0.6, 0.7]"

    terminal.show(line)

    assert capsys.readouterr().out == line + "\n"


def test_a_failure_is_told_whole_at_a_narrow_terminal() -> None:
    why = {**FINISHED, **SINCE, "type": "Failed", "message": "x" * 90 + " end"}
    failed = {"metadata": {"name": "n"}, "status": {"phase": "Failed", "conditions": [why]}}
    text = io.StringIO()
    Console(file=text, width=40).print(render(Experiment.of(failed)), crop=False)

    assert "x" * 90 in text.getvalue().split()


@pytest.mark.parametrize(("plain", "controls"), [("", True), ("1", False)])
def test_no_color_means_no_control_sequence_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, plain: str, controls: bool
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    for name, value in {"NO_COLOR": plain, "TERM": "xterm", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)
    with terminal.console().status("following"):
        terminal.show(render(Experiment.of(finished_experiment())))

    assert ("\x1b" in out.getvalue()) is controls
