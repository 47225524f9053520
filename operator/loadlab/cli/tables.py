"""An experiment as a terminal shows it: the tables of its cells and of its expectations, then
verdict, criteria, durability and the reservations. Pure: values in, rich renderables out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from pydantic.alias_generators import to_camel
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loadlab.catalogue import Cell
from loadlab.cli import baseline, comparisons, details, doubts, figures, rates
from loadlab.cli.experiment import Experiment
from loadlab.model.status import (
    Best,
    ByComponent,
    Durability,
    ExpectationResult,
    Figure,
    LoadExperimentStatus,
    LoadOutcome,
    ResultRow,
    Standing,
    Validity,
)

_COMPONENTS = tuple(ByComponent.model_fields)
_SHORT = {"generator": "k6"}
_DO_LATER = {"worker", "postgres", "redis"}  # what a queue puts off
_COLOURS = {
    "Valid": "green",
    "Passed": "green",
    "Reproduced": "green",
    "Suspect": "yellow",
    "Inconclusive": "yellow",
    "Invalid": "red",
    "Contradicted": "red",
    "Failed": "red",
    "Error": "red",
    "Overloaded": "red",
}

_NO_INTERVAL = (
    "a … b: the least and the most of the replicates, which are too few or too far apart for an "
    "interval. Nothing is claimed by them; take 5 replicates."
)


def render(experiment: Experiment) -> RenderableType:
    """Render everything there is to say about an experiment."""
    status = experiment.status
    if not status.results:
        known = map(Text, rates.before_first_block(status))
        return Group(Text(experiment.line), *known, Text("No results yet."))
    why = experiment.failure
    expectations = [_expectations(status.expectations)] if status.expectations else []
    short = _short_title(status.results)
    titles = {row.cell.title(): short(row) for row in status.results}
    return Group(
        *([Text(why, style="red")] if why else []),
        *map(Text, rates.found_by_search(status)),
        *map(Text, status.recommendation),
        *comparisons.table(status.comparisons, titles),
        *baseline.table(status.baseline, titles),
        _table(
            experiment.name,
            status.results,
            rates.columns(experiment.purpose, searched=bool(status.capacity)),
        ),
        *details.scaling(status.scaling),
        *details.by_request(status.results, short),
        *details.work(status.results, short),
        *([] if status.capacity else details.bottlenecks(status.results, short)),
        *expectations,
        *map(Text, details.failures(status.results, short)),
        *(Text.assemble(*line) for line in _summary(experiment)),
    )


def used_factors(rows: Sequence[ResultRow]) -> list[str]:
    """List the factors that at least one row has a level of, by their field names."""
    factors = [name for name in Cell.model_fields if name != "variant"]
    return [name for name in factors if any(getattr(r.cell, name) is not None for r in rows)]


def swept_factors(rows: Sequence[ResultRow]) -> list[str]:
    """List the factors that tell rows apart; the others are said once, in the title."""
    return [n for n in used_factors(rows) if len({getattr(row.cell, n) for row in rows}) > 1]


def _short_title(rows: Sequence[ResultRow]) -> Callable[[ResultRow], str]:
    """Name a row by its variant and the levels that tell it apart."""
    factors = swept_factors(rows)

    def title(row: ResultRow) -> str:
        levels = {to_camel(n): getattr(row.cell, n) for n in factors}
        known = (f"{name}={level}" for name, level in levels.items() if level is not None)
        return " ".join([row.cell.variant, *known])

    return title


def _title(name: str, rows: Sequence[ResultRow]) -> str:
    fixed = [n for n in used_factors(rows) if n not in swept_factors(rows)]
    return "  ".join([name, *(f"{to_camel(n)}={getattr(rows[0].cell, n)}" for n in fixed)])


def used_components(rows: Sequence[ResultRow]) -> list[str]:
    """List the components whose CPU is known in at least one row."""
    costs = [row.cpu_micros_per_request for row in rows if row.cpu_micros_per_request]
    return [name for name in _COMPONENTS if any(getattr(c, name) is not None for c in costs)]


def _heading(factor: str) -> str:
    return factor.replace("_", "\n")


def _table(title: str, rows: Sequence[ResultRow], columns: Sequence[rates.Column]) -> Table:
    factors, components = swept_factors(rows), used_components(rows)
    table = Table(
        title=_title(title, rows), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD
    )
    table.add_column("variant", no_wrap=True)
    headings = [*map(_heading, factors), *(column.heading for column in columns), "failed"]
    headings += ["in all\nCPU µs/req"] if any(row.cpu_micros for row in rows) else []
    headings += [f"{_SHORT.get(name, name)}\nCPU µs/req" for name in components]
    headings += ["memory\nMiB", "k6\nCPU", "runs\nused"]
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    offered = any(row.load for row in rows)
    for heading in ["load"] * offered + ["validity"]:
        table.add_column(heading, no_wrap=True)
    for row in rows:
        load = [_load(row)] if offered else []
        validity = Text(row.validity, style=_COLOURS[row.validity])
        levels = (getattr(row.cell, name) for name in factors)
        shown = (column.spell(row) for column in columns)
        costs = _costs(row, components, in_all=any(r.cpu_micros for r in rows))
        table.add_row(row.cell.variant, *map(_level, levels), *shown, *costs, *load, validity)
    return table


def _load(row: ResultRow) -> Text:
    """Whether the load was carried, and in how many of the used replicates it was not."""
    if row.load is not LoadOutcome.OVERLOADED:
        return Text(row.load or figures.ABSENT)
    counts = row.replicates
    return Text(f"{row.load} {counts.overloaded}/{counts.valid}", style=_COLOURS[row.load])


def _level(level: object) -> str:
    return figures.ABSENT if level is None else str(level)


def _costs(row: ResultRow, components: list[str], *, in_all: bool) -> Iterator[RenderableType]:
    cost = row.cpu_micros_per_request
    yield Text(figures.share(row.failed_rate, row.failed_low, row.failed_high))
    if in_all:
        yield Text(figures.micros_figure(row.cpu_micros))
    for name in components:
        bound = row.leaves_out_costs and name in _DO_LATER
        yield figures.micros(getattr(cost, name) if cost else None, is_lower_bound=bound)
    yield figures.mebibytes(row.memory_bytes.service if row.memory_bytes else None)
    yield figures.percent(row.generator_cpu)
    yield f"{row.replicates.valid}/{row.replicates.planned}"


def _expectations(results: Sequence[ExpectationResult]) -> Table:
    """Claim by claim: what was published, what was measured, what was expected."""
    table = Table(
        title="Expectations", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD
    )
    for heading in ("expectation", "figure"):
        table.add_column(heading, no_wrap=True)
    for heading in ("published", "measured", "expected"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    for found in results:
        mean = found.value if found.ratio is None else found.ratio
        table.add_row(
            *(found.name, found.figure, figures.number(found.published)),
            # Text, not str: rich would read [1.7, 1.9] as markup.
            *(Text(figures.interval(mean, found.low, found.high)), found.expected),
            Text(found.outcome, style=_COLOURS.get(found.outcome, "")),
        )
    return table


def _summary(experiment: Experiment) -> Iterator[list[str | tuple[str, str]]]:
    status = experiment.status
    verdict = status.verdict or "not decided yet"
    yield ["Verdict: ", (verdict, _COLOURS.get(verdict, ""))]
    if not experiment.finished:
        yield [experiment.line]
    yield from doubts.lines(experiment)
    if status.best:
        yield [_best(status.best, status.results)]
        yield from _beside_best(status.best)
    for c in status.criteria:
        where = f" in {c.cell}" if c.cell else ""
        worst = f", worst {c.value}{where}" if c.value else where
        yield [
            f"Criterion {c.name} ({c.threshold}): ",
            (c.outcome, _COLOURS.get(c.outcome, "")),
            f"{worst}; {c.note}" if c.note else worst,
        ]
    for e in (e for e in status.expectations if e.note):
        outcome = (e.outcome, _COLOURS.get(e.outcome, ""))
        yield [f"Expectation {e.name}: ", outcome, f", {e.note}"]
    yield from _lines(rates.before_first_block(status))
    yield from _lines([f"Precision: {status.precision.message}"] if status.precision else [])
    if status.durability:
        yield [_durability(status.durability)]
    yield from _reservations(status.results)
    yield from _left_out(status.results)
    yield from _without_claim(status)
    yield from _lines(baseline.lines(status.baseline))
    if status.omitted:
        yield [f"Too much for the status, only in the LoadTrials: {', '.join(status.omitted)}"]


def _without_claim(status: LoadExperimentStatus) -> Iterator[list[str | tuple[str, str]]]:
    yield from _lines(comparisons.reasons(status.comparisons))
    if any(f and f.least is not None for r in status.results for f in _shown_figures(r)):
        yield [_NO_INTERVAL]


def _left_out(rows: Sequence[ResultRow]) -> Iterator[list[str | tuple[str, str]]]:
    """Say which figures are left out as they are Unsound, each reason once."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for name, figure in zip(("req/s", "CPU µs/req"), _shown_figures(row), strict=True):
            if figure and figure.standing is Standing.UNSOUND:
                found.setdefault(figure.why or "Unsound", []).append(
                    f"{name} of {row.cell.title()}"
                )
    for why, places in found.items():
        where = places[0] if len(places) == 1 else f"{len(places)} figures, such as {places[0]}"
        yield [("Left out", "yellow"), f" {where}: {why}"]


def _lines(texts: Iterable[str]) -> Iterator[list[str | tuple[str, str]]]:
    for text in texts:
        yield [text]


def _shown_figures(row: ResultRow) -> tuple[Figure | None, ...]:
    return row.requests_per_second, row.cpu_micros


def _best(best: Best, rows: Sequence[ResultRow]) -> str:
    # The rate by its standing, which only the row tells.
    figure = next((r.requests_per_second for r in rows if r.cell.title() == best.cell), None)
    known = figure or Figure(mean=best.requests_per_second)
    rate = figures.rate_figure(known, interval=False)
    return f"Best: {best.cell}, {rate} req/s, p95 {figures.milliseconds(best.p95_ms)} ms"


def _beside_best(best: Best) -> Iterator[list[str | tuple[str, str]]]:
    if best.tied_with:
        yield [f"  not told from it: {', '.join(best.tied_with)}"]
    if best.alternatives:
        yield [f"  better than it in one figure, worse in another: {', '.join(best.alternatives)}"]
    if best.lead:
        yield [f"  ahead of {best.lead.over} by {comparisons.spelled(best.lead)}"]


def _durability(found: Durability) -> str:
    ids = "ids match" if found.ids_match else "ids differ"
    return (
        f"Durability: {found.accepted:,} accepted, {found.persisted:,} persisted, "
        f"{found.lost} lost, {found.duplicates} doubled, "
        f"{found.pending} pending, {found.dead_lettered} dead-lettered, {ids}"
    )


def _reservations(rows: Sequence[ResultRow]) -> Iterator[list[str | tuple[str, str]]]:
    """Say each kind of reservation once, with the cells it is about and its first message."""
    found: dict[tuple[Validity, str], list[tuple[str, str]]] = {}
    for row in rows:
        for reason in row.reasons:
            kind, _, message = reason.partition(": ")
            found.setdefault((row.validity, kind), []).append((row.cell.title(), message))
    for (validity, kind), places in found.items():
        cell, message = places[0]
        where = cell if len(places) == 1 else f"{len(places)} cells, such as {cell}"
        figures_behind = f": {message}" if message else ""
        yield [(validity, _COLOURS[validity]), f" {kind} in {where}{figures_behind}"]
