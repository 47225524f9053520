"""The comparison with an earlier experiment: its table, and what to think of when reading it."""

from collections.abc import Iterator, Mapping

from rich.text import Text

from loadlab import spelling
from loadlab.cli import comparisons
from loadlab.cli.sheet import Column, Sheet, key, word
from loadlab.model.status import Baseline, BaselineComparison

_UNPAIRED = (
    "The two experiments are unpaired: a drift of the machine between the two runs counts as a "
    "difference. Two images in one experiment are compared in pairs."
)


def table(found: Baseline | None, titles: Mapping[str, str]) -> Iterator[Sheet]:
    """Yield the table, cells by their short titles; nothing where nothing was compared."""
    if found is None or not found.comparisons:
        return
    names = ("here", "there", "ratio", "p", "could\nshow")
    columns = [*map(key, ("cell", "figure")), *map(Column, names), word("outcome")]
    title = f"Ratios to the baseline {found.name}, finished {found.finished or 'before'}"
    yield Sheet(title, columns, [list(_cells(each, titles)) for each in found.comparisons])


def lines(found: Baseline | None) -> Iterator[str]:
    """Yield what the table leaves open: what else differs, and why nothing is claimed."""
    if found is None:
        return
    if found.note:
        yield spelling.baseline_note(found)
    for difference in found.differences:
        yield f"Differs from the baseline {found.name}: {difference}"
    for reason in comparisons.reasons(found.comparisons):
        yield f"Baseline {found.name}: {reason}"
    if found.comparisons:
        yield _UNPAIRED


def _cells(each: BaselineComparison, titles: Mapping[str, str]) -> Iterator[str | Text]:
    # A ratio that carries no claim would be read as one.
    ratio = spelling.ABSENT if each.why else comparisons.ratio(each)
    yield titles.get(each.of, each.of)
    yield comparisons.figure_name(each)
    yield spelling.number(each.value)
    yield spelling.number(each.baseline_value)
    yield ratio
    yield comparisons.chance(each)
    yield spelling.percent(each.detectable)
    yield comparisons.outcome(each)
