"""The comparison with an earlier experiment: its table, and what to think of when reading it."""

from collections.abc import Iterator, Mapping

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from loadlab.cli import comparisons, figures
from loadlab.model.status import Baseline, BaselineComparison

_UNPAIRED = (
    "The two experiments are unpaired: a drift of the machine between the two runs counts as a "
    "difference. Two images in one experiment are compared in pairs."
)


def table(found: Baseline | None, titles: Mapping[str, str]) -> Iterator[RenderableType]:
    """Yield the table, cells by their short titles; nothing where nothing was compared."""
    if found is None or not found.comparisons:
        return
    shown = Table(
        title=f"Ratios to the baseline {found.name}, finished {found.finished or 'before'}",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
    )
    for heading in ("cell", "figure"):
        shown.add_column(heading, no_wrap=True)
    for heading in ("here", "there", "ratio", "p", "could\nshow"):
        shown.add_column(heading, justify="right", no_wrap=True)
    shown.add_column("outcome", no_wrap=True)
    for each in found.comparisons:
        shown.add_row(*_cells(each, titles))
    yield shown


def lines(found: Baseline | None) -> Iterator[str]:
    """Yield what the table leaves open: what else differs, and why nothing is claimed."""
    if found is None:
        return
    if found.note:
        yield f"No comparison with the baseline {found.name}: {found.note}"
    for difference in found.differences:
        yield f"Differs from the baseline {found.name}: {difference}"
    for reason in comparisons.reasons(found.comparisons):
        yield f"Baseline {found.name}: {reason}"
    if found.comparisons:
        yield _UNPAIRED


def _cells(each: BaselineComparison, titles: Mapping[str, str]) -> Iterator[RenderableType]:
    # A ratio that carries no claim would be read as one.
    ratio = figures.ABSENT if each.why else figures.interval(each.ratio, each.low, each.high)
    yield titles.get(each.of, each.of)
    yield comparisons.figure_name(each)
    yield figures.number(each.value)
    yield figures.number(each.baseline_value)
    # Text, not str: rich would read [0.63, 0.74] as markup.
    yield Text(ratio)
    yield comparisons.chance(each)
    yield figures.percent(each.detectable)
    yield comparisons.outcome(each)
