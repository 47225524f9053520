"""The table of the comparisons: how each cell differs from its control."""

import re
from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from loadlab import spelling
from loadlab.cli.sheet import Column, Sheet, key, word
from loadlab.model.status import Comparison, ComparisonOutcome

_NAMES = {"requestsPerSecond": "req/s", "cpuMicros": "CPU µs/req", "p95Ms": "p95 ms"}
_FIGURES = re.compile(r"\d[\d.,]*")
_COLOURS = {
    ComparisonOutcome.IMPROVED: "green",
    ComparisonOutcome.REGRESSED: "red",
    ComparisonOutcome.EQUIVALENT: "",
    ComparisonOutcome.INCONCLUSIVE: "yellow",
}


def table(found: Sequence[Comparison], titles: Mapping[str, str]) -> Iterator[Sheet]:
    """Yield the table, cells by their short titles; nothing where nothing can be claimed.

    A ratio that carries no claim would be read as one: `reasons` says why it is left out.
    """
    told = [each for each in found if not each.why]
    if not told:
        return
    names = ("ratio", "p", "could\nshow", "replicates\nneeded")
    columns = [*map(key, ("cell", "control", "figure")), *map(Column, names), word("outcome")]
    yield Sheet("Ratios to the control cell", columns, [list(_cells(it, titles)) for it in told])


def ratio(each: Comparison) -> str:
    """Spell a ratio with its interval."""
    return spelling.interval(each.ratio, each.low, each.high, spelling.ratio)


def spelled(each: Comparison) -> str:
    """Spell a ratio with its interval and its figure."""
    return f"{ratio(each)} in {figure_name(each)} ({each.outcome})"


def figure_name(each: Comparison) -> str:
    """Name the figure as the tables do."""
    return _NAMES.get(each.figure, each.figure)


def chance(each: Comparison) -> str:
    """Spell the p value."""
    return spelling.chance(each.p)


def outcome(each: Comparison) -> Text:
    """Spell the outcome in its colour."""
    return Text(each.outcome, style=_COLOURS[each.outcome])


def reasons(found: Sequence[Comparison]) -> Iterator[str]:
    """Yield each reason why nothing can be claimed once, with the number of its comparisons.

    Those that differ by their figures alone, such as two rates, are one: the first of them is told.
    """
    kinds: dict[str, list[str]] = {}
    for why in (each.why for each in found if each.why):
        kinds.setdefault(_FIGURES.sub("0", why), []).append(why)
    for alike in kinds.values():
        such = " such as" if len(set(alike)) > 1 else ""
        yield f"No claim in {len(alike)} of {len(found)} comparisons:{such} {alike[0]}"


def _cells(each: Comparison, titles: Mapping[str, str]) -> Iterator[str | Text]:
    yield titles.get(each.of, each.of)
    yield titles.get(each.over, each.over)
    yield figure_name(each)
    yield ratio(each)
    yield chance(each)
    yield spelling.percent(each.detectable)
    yield spelling.ABSENT if each.blocks_needed is None else str(each.blocks_needed)
    yield outcome(each)
