"""An experiment as a terminal shows it: the tables of its cells and of its expectations, then
verdict, criteria, durability and the reservations. Pure: values in, rich renderables out.
"""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from loadlab import spelling
from loadlab.cli import baseline, cells_table, comparisons, details, doubts, rates
from loadlab.cli.cells_table import COLOURS, short_title
from loadlab.cli.experiment import Experiment
from loadlab.cli.sheet import Column, Prose, Sheet, key, word
from loadlab.model.spec.load import Purpose
from loadlab.model.status import (
    Best,
    ComparisonOutcome,
    Durability,
    ExpectationResult,
    Figure,
    LoadExperimentStatus,
    ResultRow,
    Standing,
    Validity,
)

_NO_INTERVAL = (
    "a … b: the least and the most of the replicates, which are too few or too far apart for an "
    "interval. Nothing is claimed by them; take 5 replicates."
)
_TRACED = (
    "Traced: requests of one more trial of each variant, in no figure; loadlab report {name} draws "
    "where they wait"
)


def render(experiment: Experiment) -> RenderableType:
    """Render everything there is to say about an experiment."""
    status = experiment.status
    if not status.results:
        known = map(Prose, rates.before_first_block(status))
        none = "No results." if experiment.finished else "No results yet."
        return Group(Prose(experiment.line), *known, Prose(none))
    why = experiment.failure
    expectations = [_expectations(status.expectations)] if status.expectations else []
    short = short_title(status.results)
    titles = {row.cell.title(): short(row) for row in status.results}
    return Group(
        *([Prose(Text(why, style="red"))] if why else []),
        *map(Prose, rates.found_by_search(status)),
        *map(Prose, status.recommendation),
        *comparisons.table(status.comparisons, titles),
        *baseline.table(status.baseline, titles),
        cells_table.table(
            experiment.name,
            status.results,
            rates.columns(experiment.purpose, searched=bool(status.capacity)),
        ),
        *details.scaling(status.scaling),
        *details.by_request(status.results, short),
        *details.work(status.results, short),
        *([] if status.capacity else details.bottlenecks(status.results, short)),
        *expectations,
        *map(Prose, details.failures(status.results, short)),
        *(Prose(Text.assemble(*line)) for line in _summary(experiment)),
    )


def _expectations(results: Sequence[ExpectationResult]) -> Sheet:
    """Claim by claim: what was published, what was measured, what was expected."""
    names = ("published", "measured", "expected")
    columns = [key("expectation"), word("figure"), *map(Column, names), word("outcome")]
    return Sheet("Expectations", columns, [_claim(found) for found in results])


def _claim(found: ExpectationResult) -> list[str | Text]:
    mean = found.value if found.ratio is None else found.ratio
    spell = spelling.number if found.ratio is None else spelling.ratio
    return [
        *(found.name, found.figure, spell(found.published)),
        *(spelling.interval(mean, found.low, found.high, spell), found.expected),
        Text(found.outcome, style=COLOURS.get(found.outcome, "")),
    ]


def _summary(experiment: Experiment) -> Iterator[list[str | tuple[str, str]]]:
    status = experiment.status
    verdict = status.verdict or "not decided yet"
    yield ["Verdict: ", (verdict, COLOURS.get(verdict, ""))]
    if not experiment.finished:
        yield [experiment.line]
    yield from doubts.lines(experiment)
    if status.best:
        at_saturation = experiment.purpose == Purpose.CAPACITY and not status.capacity
        yield [_best(status.best, status.results, latency=not at_saturation)]
        yield from _beside_best(status.best)
    for c in status.criteria:
        where = f" in {c.cell}" if c.cell else ""
        worst = f", worst {c.value}{where}" if c.value else where
        yield [
            f"Criterion {c.name} ({c.threshold}): ",
            (c.outcome, COLOURS.get(c.outcome, "")),
            f"{worst}; {c.note}" if c.note else worst,
        ]
    for e in (e for e in status.expectations if e.note):
        outcome = (e.outcome, COLOURS.get(e.outcome, ""))
        yield [f"Expectation {e.name}: ", outcome, f", {e.note}"]
    yield from _lines(rates.before_first_block(status))
    yield from _lines([f"Precision: {status.precision.message}"] if status.precision else [])
    if experiment.traces and experiment.finished:
        yield [_TRACED.format(name=experiment.name)]
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
        names = ("req/s", "CPU µs", "latency")
        p95 = row.p95_ms if spelling.mixes_failures(row) else None
        for name, figure in zip(names, (*_shown_figures(row), p95), strict=True):
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


def _best(best: Best, rows: Sequence[ResultRow], *, latency: bool) -> str:
    # Both by their standing, which only the row tells.
    row = next((row for row in rows if row.cell.title() == best.cell), None)
    rate = spelling.mean((row and row.requests_per_second) or Figure(mean=best.requests_per_second))
    tail = f", p95 {spelling.tail(row, best.p95_ms)} ms" if latency else ""
    return f"Best: {best.cell}, {rate} req/s{tail}"


def _beside_best(best: Best) -> Iterator[list[str | tuple[str, str]]]:
    if best.tied_with:
        yield [f"  not clearly worse than it: {', '.join(best.tied_with)}"]
    if best.alternatives:
        yield [f"  better than it in one figure, worse in another: {', '.join(best.alternatives)}"]
    if best.lead and best.lead.outcome is ComparisonOutcome.IMPROVED:
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
        yield [(validity, COLOURS[validity]), f" {kind} in {where}{figures_behind}"]
