"""Long tests by number: what passes, where the short form is, and what was measured last.

A file below `build/` holds what was measured; the table shows all tests, also those that were not
run, and what one machine cannot show.
"""

import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WIDTHS = (4, 34, 40, 60)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LongTest:
    """What one of them is, and when it passes."""

    title: str
    passes: str
    short: str = ""  # the files of its short form, which `make test` runs
    note: str = ""  # what is not shown


@dataclass(frozen=True, slots=True)
class MeasuredTable:
    """The tests by number, and the file that keeps what they measured."""

    tests: Mapping[int, LongTest]
    results: Path

    def record(self, number: int, test: str, measured: str, *, passed: bool) -> None:
        """Keep what a test measured, in place of what it measured before."""
        found = self.read()
        found.setdefault(str(number), {})[test] = {"measured": measured, "passed": passed}
        self.results.parent.mkdir(exist_ok=True)
        self.results.write_text(json.dumps(found, indent=1) + "\n")

    def read(self) -> dict[str, Json]:
        return dict(json.loads(self.results.read_text())) if self.results.exists() else {}

    def build(self) -> str:
        """One row for each test, with what was measured last."""
        found = self.read()
        lines = [_line("", "test", "passes", "measured"), "-" * (sum(WIDTHS) + 3)]
        for number, test in self.tests.items():
            shown = [*_measured(found.get(str(number), {}), test)]
            cells = [textwrap.wrap(test.title, WIDTHS[1]), textwrap.wrap(test.passes, WIDTHS[2])]
            cells.append([part for text in shown for part in textwrap.wrap(text, WIDTHS[3])])
            for row in range(max(map(len, cells))):
                parts = [column[row] if row < len(column) else "" for column in cells]
                lines.append(_line(str(number) if row == 0 else "", *parts))
        return "\n".join(lines)


def _measured(results: Json, test: LongTest) -> Iterator[str]:
    for name, each in results.items():
        mark = "✓" if each["passed"] else "✗"
        yield f"{mark} {name.rpartition('::')[2]}: {each['measured']}"
    if not results:
        yield f"short form: {test.short}" if test.short else "not run"
    if test.note:
        yield f"not shown: {test.note}"


def _line(*cells: str) -> str:
    return " ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()
