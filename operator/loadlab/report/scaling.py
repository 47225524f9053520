"""How throughput grows with a factor: what was measured, the fitted law, and its knee."""

from collections.abc import Iterator, Sequence

from loadlab import spelling
from loadlab.catalogue import Cell, Factor
from loadlab.model.status import Figure, ResultRow, Scaling, Standing
from loadlab.report.charts import Line, Picture, Plot, Point, Rule, Section, Table, series_of
from loadlab.report.scale import Scale, polyline
from loadlab.report.subject import Subject

_FACTORS = (Factor.WORKERS, Factor.CONSUMERS, Factor.VIRTUAL_USERS)
_FEWEST_LEVELS = 2
_STEPS = 60
Family = list[tuple[int, ResultRow, Figure]]  # by level, at the same other levels


def scaling(subject: Subject) -> Iterator[Section]:
    """Yield the section; nothing where no such factor has two levels."""
    pictures = [picture for factor in _FACTORS for picture in _pictures(factor, subject)]
    if not pictures:
        return
    laws = subject.status.scaling
    sentences = [
        f"{subject.title_of(law.of)}: {law.recommendation}" for law in laws if law.recommendation
    ]
    sentences += [
        f"{'No peak' if law.rate_of_one else 'No law'} for {subject.title_of(law.of)} with "
        f"{law.factor}: {law.why}"
        for law in laws
        if law.why
    ]
    if not laws:
        sentences.append(
            "No law is fitted: it takes four levels of a factor in the closed model, with three "
            "replicates of each."
        )
    yield Section(
        anchor="scaling",
        title="How throughput grows",
        sentences=tuple(sentences),
        pictures=tuple(pictures),
        tables=_laws(laws, subject),
    )


def _pictures(factor: Factor, subject: Subject) -> Iterator[Picture]:
    """Yield a chart for each set of other levels, with a line for each variant."""
    charts: dict[str, dict[str, Family]] = {}
    for row in subject.rows:
        level, found = row.cell.number(factor), _throughput(row)
        if level is not None and found is not None:
            others = subject.name_of(_without(row.cell, factor).model_copy(update={"variant": ""}))
            families = charts.setdefault(others, {})
            families.setdefault(row.cell.variant, []).append((level, row, found))
    for others, families in charts.items():
        if (
            max(len({level for level, _, _ in each}) for each in families.values())
            >= _FEWEST_LEVELS
        ):
            yield _picture(factor, others, families, subject)


def _throughput(row: ResultRow) -> Figure | None:
    """What the service made of it: at an offered rate what it carries in its pilot trial."""
    found = row.capacity if row.cell.level(Factor.RATE) is not None else row.requests_per_second
    return None if found is None or found.standing is Standing.UNSOUND else found


def _without(cell: Cell, factor: Factor) -> Cell:
    return cell.model_copy(update={factor.attribute: None, Factor.RATE.attribute: None})


def _law_of(factor: Factor, family: Family, laws: Sequence[Scaling]) -> Scaling | None:
    of = family[0][1].cell.model_copy(update={factor.attribute: None}).title()
    return next((law for law in laws if law.factor == factor and law.of == of), None)


def _picture(factor: Factor, others: str, families: dict[str, Family], subject: Subject) -> Picture:
    values = [
        end for family in families.values() for _, _, f in family for end in (f.mean, f.high or 0)
    ]
    across = Scale.linear(level for family in families.values() for level, _, _ in family)
    along = Scale.linear(values)
    points, lines, rules = list[Point](), list[Line](), list[Rule]()
    for variant, family in families.items():
        series = series_of(subject.series_of(variant))
        family.sort(key=lambda each: each[0])
        law = _law_of(factor, family, subject.status.scaling)
        points += [_point(each, series, (across, along), subject) for each in family]
        lines.append(_line(law, family, series, (across, along)))
        if law and law.knee is not None:
            words = f"knee of {variant}: {spelling.number(law.knee)}"
            rules.append(Rule(at=across.across(law.knee), text=words))
    title = f"Throughput with {factor}" + (f", {others}" if others else "")
    chart = Plot(
        title=title,
        x_label=str(factor),
        y_label="requests/s",
        x_ticks=across.ticks_across(),
        y_ticks=along.ticks_down(),
        points=tuple(points),
        lines=tuple(lines),
        rules=tuple(rules),
        legend=tuple((series_of(subject.series_of(name)), name) for name in families),
    )
    rows = [
        (variant, f"{level:,}", spelling.figure_or_why(found), str(row.validity))
        for variant, family in families.items()
        for level, row, found in family
    ]
    head = ("variant", str(factor), "req/s", "validity")
    return Picture(chart=chart, table=Table(caption=title, head=head, rows=tuple(rows)))


def _point(
    each: tuple[int, ResultRow, Figure], series: int, scales: tuple[Scale, Scale], subject: Subject
) -> Point:
    level, row, found = each
    across, along = scales
    ends = (found.low, found.high)
    return Point(
        x=across.across(level),
        y=along.down(found.mean),
        along=None
        if ends[0] is None or ends[1] is None
        else (along.down(ends[0]), along.down(ends[1])),
        series=series,
        title=f"{subject.name_of(row.cell)}: {spelling.figure_or_why(found)} req/s",
        hollow=found.standing is Standing.BOUND,
    )


def _line(law: Scaling | None, family: Family, series: int, scales: tuple[Scale, Scale]) -> Line:
    """Draw the law where there is one, else dots from level to level."""
    across, along = scales
    is_fitted = law is not None and _shows_no_unseen_fall(law, family[-1][0])
    if law is None or law.rate_of_one is None or not is_fitted:
        found = [(float(level), figure.mean) for level, _, figure in family]
    else:
        low, high = family[0][0], family[-1][0]
        sizes = [low + (high - low) * step / _STEPS for step in range(_STEPS + 1)]
        found = [(size, _predicted(law, law.rate_of_one.mean, size)) for size in sizes]
    places = ((across.place(x), 100 - along.place(y)) for x, y in found)
    return Line(points=polyline(places), series=series, dotted=not is_fitted)


def _shows_no_unseen_fall(law: Scaling, highest: float) -> bool:
    """Whether it may be drawn: not where it falls among levels that are not seen to fall."""
    if law.rate_of_one is None:
        return False
    last = _predicted(law, law.rate_of_one.mean, highest)
    before = _predicted(law, law.rate_of_one.mean, highest * (1 - 1 / _STEPS))
    return law.peak_at is not None or law.limit is not None or last >= before


def _predicted(law: Scaling, rate: float, size: float) -> float:
    """Throughput by the universal scalability law, or by a hard limit (see analysis)."""
    if law.limit is not None:
        return min(rate * size, law.limit.mean)
    contention = law.contention.mean if law.contention else 0.0
    coherence = law.coherence.mean if law.coherence else 0.0
    divisor = 1 + contention * (size - 1) + coherence * size * (size - 1)
    return rate * size / divisor if divisor > 0 else 0.0


def _laws(laws: Sequence[Scaling], subject: Subject) -> tuple[Table, ...]:
    rows = tuple(
        (
            *(subject.title_of(law.of), law.factor),
            spelling.figure_or_why(law.rate_of_one),
            *(spelling.figure_or_why(law.contention), spelling.figure_or_why(law.coherence)),
            *(spelling.number(law.knee), spelling.number(law.peak_at)),
            spelling.figure_or_why(law.limit) if law.limit else spelling.number(law.peak),
        )
        for law in laws
        if law.rate_of_one
    )
    head = (
        "cells",
        "N",
        "req/s of one",
        "contention",
        "coherence",
        "knee",
        "peak at",
        "most req/s",
    )
    caption = "The universal scalability law, or a hard limit"
    return (Table(caption=caption, head=head, rows=rows),) if rows else ()
