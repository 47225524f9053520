"""What the main table has no room for: requests by name, and what the service and stores did."""

from collections.abc import Callable, Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from loadlab.cli import figures
from loadlab.model.status import Bottleneck, FailureRow, ResultRow, Scaling, WorkRow

Titles = Callable[[ResultRow], str]


def by_request(rows: Sequence[ResultRow], title_of: Titles) -> Iterator[RenderableType]:
    """Yield the table of requests by name; nothing where all requests are alike."""
    if not any(row.by_request for row in rows):
        return
    table = _empty("Requests by name", "cell", "request")
    for heading in ("requests", "p50\nms", "p95\nms", "p99\nms", "max\nms", "failed"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        for named in row.by_request or ():
            sent = named.latency_from_send_ms
            shown = (
                figures.latency(named.latency_ms, n, sent) for n in ("med", "p95", "p99", "max")
            )
            table.add_row(
                *(title_of(row), named.name, f"{named.requests:,}"),
                *shown,
                figures.percent(named.failed_rate),
            )
    yield table


def work(rows: Sequence[ResultRow], title_of: Titles) -> Iterator[RenderableType]:
    """Yield the table of the proof of work, with what held the service back."""
    if not any(row.work or row.event_loop_lag_ms is not None for row in rows):
        return
    table = _empty("Work done", "cell")
    headings = [f"{what}\n/req" for what in ("queries", "rows read", "rows written")]
    headings += ["cache\nhits", "records\n/commit", "stale\nreads", "oldest\nms"]
    headings += ["loop lag\np99 ms", "threads\nin use"]
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(title_of(row), *_figures(row))
    yield table


def bottlenecks(rows: Sequence[ResultRow], title_of: Titles) -> Iterator[RenderableType]:
    """Yield the table of what held each cell back."""
    known = [(row, row.bottleneck) for row in rows if row.bottleneck]
    if not known:
        return
    table = _empty("Bottlenecks", "cell", "bottleneck", "confidence")
    table.add_column("evidence", overflow="fold")
    for row, found in known:
        # Text, not str: rich would read brackets as markup.
        table.add_row(title_of(row), found.name, found.confidence, Text("\n".join(_told(found))))
    yield table


def _told(found: Bottleneck) -> Iterator[str]:
    yield found.evidence
    if found.stages:
        stages = (
            f"{stage.name} {figures.milliseconds(stage.ms)} ms ({figures.percent(stage.share)})"
            for stage in found.stages
        )
        yield f"A mean request: {', '.join(stages)}"
    if found.remedy:
        yield f"What would help: {found.remedy}"


def scaling(found: Sequence[Scaling]) -> Iterator[RenderableType]:
    """Yield the table of the fitted laws, then a line for each that there is none of."""
    if fitted := [law for law in found if law.rate_of_one]:
        table = _empty("Scaling (universal scalability law)", "cells", "N")
        headings = ["req/s\nof one", "contention", "coherence", "knee"]
        for heading in [*headings, "peak\nat N", "most\nreq/s"]:
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("enough", overflow="fold")
        for law in fitted:
            table.add_row(*_law(law))
        yield table
    for law in found:
        if law.why:
            yield Text(f"Scaling of {law.of} with {law.factor}: {law.why}")


def _law(law: Scaling) -> Iterator[RenderableType]:
    yield from (law.of, law.factor)
    # Text, not str: rich would read brackets as markup.
    for figure in (law.rate_of_one, law.contention, law.coherence):
        yield Text(figures.figure(figure))
    yield from (figures.number(law.knee), figures.number(law.peak_at))
    yield Text(figures.figure(law.limit) if law.limit else figures.number(law.peak))
    yield law.recommendation


def failures(rows: Sequence[ResultRow], title_of: Titles) -> Iterator[str]:
    """Yield a line for each cell whose requests failed: how many, and why."""
    for row in rows:
        if row.failures:
            yield _failed(row.failed_rate, f"requests of {title_of(row)}", row.failures)
        for named in row.by_request or ():
            if named.failures:
                whose = f"requests {named.name} of {title_of(row)}"
                yield _failed(named.failed_rate, whose, named.failures)


def _failed(rate: float | None, whose: str, found: Sequence[FailureRow]) -> str:
    # Of a cell without a usable replicate only the failures are known.
    failed = rate or sum(failure.share for failure in found)
    return f"{figures.percent(failed)} of the {whose} failed: {', '.join(map(_failure, found))}"


def _failure(found: FailureRow) -> str:
    such = f', such as "{found.example}"' if found.example else ""
    return f"{found.text} ({figures.percent(found.share)}{such})"


def _figures(row: ResultRow) -> Iterator[str]:
    done = row.work or WorkRow()
    yield from map(figures.number, (done.transactions, done.rows_read, done.rows_written))
    yield figures.percent(done.cache_hit_rate)
    yield from map(figures.number, (done.records_per_commit, done.stale_reads))
    yield figures.milliseconds(done.worst_stale_ms)
    yield figures.milliseconds(row.event_loop_lag_ms)
    yield figures.number(row.thread_tokens)


def _empty(title: str, *names: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in names:
        table.add_column(name, no_wrap=True)
    return table
