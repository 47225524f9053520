"""What the main table has no room for: requests by name, and what the service and stores did."""

from collections.abc import Callable, Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from loadlab import spelling
from loadlab.cli.sheet import Column, Prose, Sheet, key, word
from loadlab.model.status import Bottleneck, FailureRow, RequestRow, ResultRow, Scaling, WorkRow

Titles = Callable[[ResultRow], str]


def by_request(rows: Sequence[ResultRow], title_of: Titles) -> Iterator[RenderableType]:
    """Yield the table of requests by name; nothing where all requests are alike."""
    if not any(row.by_request for row in rows):
        return
    names = ("requests", "p50\nms", "p95\nms", "p99\nms", "max\nms", "failed")
    columns = [key("cell"), key("request"), *map(Column, names)]
    yield Sheet(
        "Requests by name",
        columns,
        [[title_of(row), *_named(row, named)] for row in rows for named in row.by_request or ()],
    )


def _named(row: ResultRow, named: RequestRow) -> Iterator[str]:
    yield from (named.name, f"{named.requests:,}")
    for name in ("med", "p95", "p99", "max"):
        told = spelling.latency(named.latency_ms, name, named.latency_from_send_ms)
        yield spelling.ABSENT if spelling.mixes_failures(row) else told
    yield spelling.percent(named.failed_rate)


def work(rows: Sequence[ResultRow], title_of: Titles) -> Iterator[RenderableType]:
    """Yield the table of the proof of work, with what held the service back."""
    if not any(row.work or row.event_loop_lag_ms is not None for row in rows):
        return
    headings = [f"{what}\n/req" for what in ("queries", "rows read", "rows written")]
    headings += ["cache\nhits", "records\n/commit", "stale\nreads", "oldest\nms"]
    headings += ["loop lag\np99 ms", "threads\nin use"]
    columns = [key("cell"), *(Column(heading, may_lack=True) for heading in headings)]
    yield Sheet("Work done", columns, [[title_of(row), *_figures(row)] for row in rows])


def bottlenecks(rows: Sequence[ResultRow], title_of: Titles) -> Iterator[RenderableType]:
    """Yield the table of what held each cell back, and below it how that is known."""
    known = [(row, row.bottleneck) for row in rows if row.bottleneck]
    if not known:
        return
    columns = [key("cell"), word("bottleneck"), word("confidence")]
    shown = [[title_of(row), found.name.value, found.confidence.value] for row, found in known]
    yield Sheet("Bottlenecks", columns, shown)
    for row, found in known:
        yield from map(Prose, _told(found, title_of(row)))
    yield Text()


def _told(found: Bottleneck, title: str) -> Iterator[str]:
    yield f"{title}: {found.evidence}"
    if found.stages:
        stages = (
            f"{stage.name} {spelling.number(stage.ms)} ms ({spelling.percent(stage.share)})"
            for stage in found.stages
        )
        yield f"  A mean request: {', '.join(stages)}"
    if found.remedy:
        yield f"  What would help: {found.remedy}"


def scaling(found: Sequence[Scaling]) -> Iterator[RenderableType]:
    """Yield the table of the fitted laws, which levels are enough, and why no more is told."""
    if fitted := [law for law in found if law.rate_of_one]:
        names = ["req/s\nof one", "contention", "coherence", "knee", "peak\nat N", "most\nreq/s"]
        columns = [key("cells"), key("N"), *map(Column, names)]
        shown = [list(_law(law)) for law in fitted]
        yield Sheet("Scaling (universal scalability law)", columns, shown)
    if enough := [law for law in found if law.recommendation]:
        yield from (Prose(f"{law.of}, {law.factor}: {law.recommendation}") for law in enough)
        yield Prose("")
    for law in found:
        if law.why:
            yield Prose(f"Scaling of {law.of} with {law.factor}: {law.why}")


def _law(law: Scaling) -> Iterator[str]:
    yield from (law.of, law.factor)
    yield from map(spelling.figure, (law.rate_of_one, law.contention, law.coherence))
    yield from (spelling.number(law.knee), spelling.number(law.peak_at))
    yield spelling.figure(law.limit) if law.limit else spelling.number(law.peak)


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
    return f"{spelling.percent(failed)} of the {whose} failed: {', '.join(map(_failure, found))}"


def _failure(found: FailureRow) -> str:
    such = f', such as "{found.example}"' if found.example else ""
    return f"{found.text} ({spelling.percent(found.share)}{such})"


def _figures(row: ResultRow) -> Iterator[str]:
    done = row.work or WorkRow()
    yield from map(spelling.number, (done.transactions, done.rows_read, done.rows_written))
    yield spelling.percent(done.cache_hit_rate)
    yield from map(spelling.number, (done.records_per_commit, done.stale_reads))
    yield spelling.number(done.worst_stale_ms)
    yield spelling.number(row.event_loop_lag_ms)
    yield spelling.number(row.thread_tokens)
