"""Throughput against latency, cell by cell; what a search found; what became of writes."""

from collections.abc import Iterator, Sequence

from loadlab import spelling
from loadlab.model.spec.load import Purpose
from loadlab.model.status import (
    ByComponent,
    CostUnit,
    Durability,
    Figure,
    LoadOutcome,
    ResultRow,
    Standing,
)
from loadlab.report.charts import Picture, Plot, Point, Section, Table, series_of
from loadlab.report.scale import Scale
from loadlab.report.subject import Subject

_COMPONENTS = tuple(ByComponent.model_fields)
_PER = {CostUnit.SUCCESS: "request that succeeded", CostUnit.ROW: "row written"}


def speed(subject: Subject) -> Iterator[Section]:
    """Yield the section with the row of each cell; nothing without results."""
    if not subject.rows:
        return
    picture = _picture(subject)
    table = _rows(subject)
    sentences = list(_sentences(subject))
    if picture is None:
        sentences.append("No cell has both a throughput and a latency that may be used.")
    yield Section(
        anchor="speed",
        title="Throughput against latency",
        sentences=tuple(sentences),
        pictures=(Picture(chart=picture, table=table),) if picture else (),
        tables=((() if picture else (table,)) + _costs(subject) + tuple(_found(subject))),
    )


def _speed_of(row: ResultRow, *, carried: bool) -> Figure | None:
    found = row.capacity if carried else row.requests_per_second
    return None if found is None or found.standing is Standing.UNSOUND else found


def _is_at_one_rate(subject: Subject) -> bool:
    """Whether all were offered a rate, so that what they carry is known from elsewhere."""
    return subject.purpose == Purpose.COMPARE and any(row.capacity for row in subject.rows)


def _picture(subject: Subject) -> Plot | None:
    carried = _is_at_one_rate(subject)
    known = [
        (row, found, row.latency_ms.p95)
        for row in subject.rows
        if (found := _speed_of(row, carried=carried))
        and row.latency_ms
        and not spelling.mixes_failures(row)
    ]
    if not known:
        return None
    across = Scale.linear(end for _, found, _ in known for end in _ends(found))
    along = Scale.logarithmic(
        [*(p95 for _, _, p95 in known)]
        + [end for row, _, _ in known if row.p95_ms for end in _ends(row.p95_ms)]
    )
    points = tuple(_point(row, found, (across, along), subject) for row, found, _ in known)
    what = "it carries, from its pilot trial" if carried else "that succeeded"
    return Plot(
        title="Throughput against latency, a mark for each cell",
        x_label=f"requests/s {what}",
        y_label="p95, ms (logarithmic)",
        x_ticks=across.ticks_across(),
        y_ticks=along.ticks_down(),
        points=points,
        legend=tuple((series_of(n), name) for n, name in enumerate(subject.variants)),
        height=300,
    )


def _ends(found: Figure) -> list[float]:
    ends = (found.mean, found.low, found.high, found.least, found.most)
    return [end for end in ends if end is not None]


def _span(found: Figure | None) -> tuple[float, float] | None:
    if found is None:
        return None
    ends = (found.low, found.high) if found.low is not None else (found.least, found.most)
    return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])


def _point(row: ResultRow, found: Figure, scales: tuple[Scale, Scale], subject: Subject) -> Point:
    across, along = scales
    latency = row.latency_ms
    wide, tall = _span(found), _span(row.p95_ms)
    return Point(
        x=across.across(found.mean),
        y=along.down(latency.p95 if latency else 0.0),
        across=(across.across(wide[0]), across.across(wide[1])) if wide else None,
        along=(along.down(tall[0]), along.down(tall[1])) if tall else None,
        series=series_of(subject.series_of(row.cell.variant)),
        title=(
            f"{subject.name_of(row.cell)}: {spelling.figure_or_why(found)} req/s, "
            f"p95 {spelling.latency_of(row, 'p95')} ms"
        ),
        hollow=found.standing is Standing.BOUND or not _is_known(row),
    )


def _is_known(row: ResultRow) -> bool:
    """Whether its p95 is what it says: no bound, and no delay of k6's own."""
    is_bound = row.latency_ms is not None and row.latency_ms.is_lower_bound("p95")
    return not is_bound and (row.p95_ms is None or row.p95_ms.standing is Standing.SOUND)


def _sentences(subject: Subject) -> Iterator[str]:
    yield "Down and to the right is better. Lines are the 95 % interval, or the least and most."
    if _is_at_one_rate(subject):
        yield (
            "All cells of a tier were offered one rate, at which p95 was measured; what a cell "
            "carries comes from its pilot trial, in which users waited for their answers."
        )
    if subject.purpose == Purpose.CAPACITY:
        yield "At saturation a latency is users divided by throughput: it compares nothing."
    yield from _reservations(subject.rows)
    overloaded = sum(row.load is LoadOutcome.OVERLOADED for row in subject.rows)
    if overloaded:
        yield f"{spelling.counted(overloaded, 'cell')} did not carry the load that was offered."
    if found := subject.status.durability:
        yield _durability(found)


def _reservations(rows: Sequence[ResultRow]) -> Iterator[str]:
    """Say which figures are bounds, another thing or nothing."""
    if any(_is_bound(row) for row in rows):
        yield "A hollow mark is a lower bound: the cell could do at least this."
    if any(not _is_known(row) for row in rows):
        yield "A mark is hollow, too, where its latency is a bound, or contains delays of k6's own."
    if late := [row.sent_late_ms for row in rows if row.latency_from_send_ms]:
        yield (
            "a … b: a latency from the send, and from the moment for which the request was "
            f"planned; k6 sent them up to {spelling.number(max(ms or 0 for ms in late))} ms late "
            "(p99)."
        )
    if any(map(spelling.mixes_failures, rows)):
        yield "Latencies that failed answers are among are left out (FailuresInLatency)."


def _is_bound(row: ResultRow) -> bool:
    figures = (row.requests_per_second, row.capacity)
    return any(f is not None and f.standing is Standing.BOUND for f in figures)


def _durability(found: Durability) -> str:
    ids = "their ids match" if found.ids_match else "their ids differ"
    return (
        f"Writes: {found.accepted:,} accepted, {found.persisted:,} persisted, {found.lost} lost, "
        f"{found.duplicates} doubled, {found.pending} pending, {found.dead_lettered} "
        f"dead-lettered; {ids}."
    )


def _rows(subject: Subject) -> Table:
    carried = any(row.capacity for row in subject.rows)
    head = ["cell", *(["carries req/s"] if carried else []), "req/s", "p50 ms", "p95 ms", "p99 ms"]
    head += ["failed", "limited by", "replicates", "validity"]
    rows = (
        (
            subject.name_of(row.cell),
            *((spelling.figure_or_why(row.capacity),) if carried else ()),
            spelling.figure_or_why(row.requests_per_second),
            *(spelling.latency_of(row, name) for name in ("med", "p95", "p99")),
            spelling.percent(row.failed_rate),
            str(row.bottleneck.name) if row.bottleneck else spelling.ABSENT,
            f"{row.replicates.valid}/{row.replicates.planned}",
            str(row.validity),
        )
        for row in subject.rows
    )
    return Table(caption="The cells", head=tuple(head), rows=tuple(rows), is_open=True)


def _costs(subject: Subject) -> tuple[Table, ...]:
    """What a request costs, by component; nothing where no component is known."""
    costs = [row.cpu_micros_per_request for row in subject.rows]
    used = [n for n in _COMPONENTS if any(getattr(c, n) is not None for c in costs if c)]
    if not used:
        return ()
    rows = (
        (
            subject.name_of(row.cell),
            _PER[row.cpu_per or CostUnit.SUCCESS],
            spelling.figure_or_why(row.cpu_micros),
            *(spelling.cost_of(row, name) for name in used),
            spelling.mebibytes(row.memory_bytes.service if row.memory_bytes else None),
        )
        for row in subject.rows
    )
    head = ("cell", "for each", "in all", *used, "service MiB")
    return (Table(caption="CPU, µs", head=head, rows=tuple(rows)),)


def _found(subject: Subject) -> Iterator[Table]:
    """Yield what a search for the highest rate found, and why requests failed."""
    if subject.status.capacity:
        rows = tuple(
            (
                subject.title_of(each.cell),
                *(spelling.number(each.at_least), spelling.number(each.below)),
                *(each.limited_by or spelling.ABSENT, str(each.trials), each.message),
            )
            for each in subject.status.capacity
        )
        head = (
            "cell",
            "holds at req/s",
            "not known to hold at",
            "limited by",
            "trials",
            "in words",
        )
        yield Table(
            caption="The highest rate that meets the criteria", head=head, rows=rows, is_open=True
        )
    if named := tuple(_by_name(subject)):
        columns = ("cell", "request", "requests", "p50 ms", "p95 ms", "p99 ms", "failed")
        yield Table(caption="Requests by name", head=columns, rows=named)
    if failures := tuple(_failures(subject.rows, subject)):
        said = ("cell", "class", "what it said", "share", "example")
        yield Table(caption="Why requests failed", head=said, rows=failures).without_empty()


def _by_name(subject: Subject) -> Iterator[tuple[str, ...]]:
    for row in subject.rows:
        for each in row.by_request or ():
            sent = each.latency_from_send_ms
            yield (
                *(subject.name_of(row.cell), each.name, f"{each.requests:,}"),
                *(
                    spelling.ABSENT
                    if spelling.mixes_failures(row)
                    else spelling.latency(each.latency_ms, n, sent)
                    for n in ("med", "p95", "p99")
                ),
                spelling.percent(each.failed_rate),
            )


def _failures(rows: Sequence[ResultRow], subject: Subject) -> Iterator[tuple[str, ...]]:
    for row in rows:
        for each in row.failures or ():
            share = spelling.percent(each.share)
            name = subject.name_of(row.cell)
            yield name, each.status_class, each.text, share, each.example or ""
