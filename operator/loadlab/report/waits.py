"""Where a request waits: the traced requests of each variant as bars below each other in time."""

from collections.abc import Iterator, Sequence

from loadlab import spelling
from loadlab.base.text import fit
from loadlab.measurement.documents.trace import Stage
from loadlab.model.trial import TrialRole
from loadlab.report.charts import Band, Lane, LaneGroup, Lanes, Picture, Piece, Section, Table
from loadlab.report.scale import Scale, percent
from loadlab.report.subject import Subject
from loadlab.report.traced import STAGES, Request, TracedVariant, traced_variants

_WORDS: dict[Stage | None, str] = {
    Stage.LOOP: "waits for the event loop",
    Stage.THREAD: "waits for a thread",
    Stage.CONNECTION: "waits for a connection",
    Stage.QUERY: "query",
    Stage.SERIALISE: "serialises",
    None: "own code",
}
_SERIES: dict[Stage | None, int] = {
    Stage.LOOP: 2,
    Stage.THREAD: 4,
    Stage.CONNECTION: 6,
    Stage.QUERY: 1,
    Stage.SERIALISE: 3,
    None: 8,
}
_DOING: dict[Stage | None, str] = {
    Stage.LOOP: "waiting for the event loop",
    Stage.THREAD: "waiting for a thread",
    Stage.CONNECTION: "waiting for a connection",
    Stage.QUERY: "in queries",
    Stage.SERIALISE: "in making the answer",
    None: "in the app's own code",
}
_STILL = 5
_SHOWN = 12  # times the mean of the slowest requests: so long is what is drawn
_SHORTEST_US = 100_000
_MOST_NAMES = 3  # of requests, in the words above the pictures
_LEAST = 0.1  # percent of the width: what is less is no pixel
_LONGEST_MESSAGE = 300


def waits(subject: Subject) -> Iterator[Section]:
    """Yield the section; nothing where nothing was to be traced."""
    found = list(traced_variants(subject))
    drawn = [each for each in found if each.requests]
    if not found:
        return
    shown_us = _shown_us(drawn)
    yield Section(
        anchor="waits",
        title="Where a request waits",
        sentences=tuple(_sentences(subject, found, shown_us)),
        pictures=tuple(Picture(chart=_chart(each, shown_us), table=_table(each)) for each in drawn),
        tables=(_summary(drawn),) if drawn else (),
    )


def _shown_us(drawn: Sequence[TracedVariant]) -> int:
    """Return how much of each trace is drawn, the same of all: bars are to be seen."""
    slowest = [_mean([r.us for r in list(each.by_name.values())[-1]]) for each in drawn]
    wanted = max(_SHORTEST_US, _SHOWN * max(slowest, default=0))
    return round(max(1, min([wanted, *(each.us for each in drawn)])))


def _sentences(subject: Subject, found: Sequence[TracedVariant], shown_us: int) -> Iterator[str]:
    yield (
        "One more trial of each variant was traced behind the last block, and is in no other "
        "figure. Each bar is a request, from the moment its bytes arrived; behind the bars it is "
        "shaded where the event loop did not come round. The pictures show the first "
        f"{spelling.number(shown_us / 1000)} ms of each trace, the tables all of it."
    )
    for each in found:
        if each.missing:
            yield f"{each.name}: no trace. {fit(each.missing, _LONGEST_MESSAGE)}"
        else:
            yield _told(each)
    trials = (trial for trial in subject.trials if trial.spec.role is TrialRole.TRACED)
    traced = {trial.spec.cell.variant for trial in trials}
    if left := [name for name in subject.variants if name not in traced]:
        yield (
            f"Nothing to trace in {', '.join(left)}: only an image that has LoadLab's instruments "
            "(variants[].instrumentsPort) tells what its requests wait for."
        )


def _told(each: TracedVariant) -> str:
    """Say what one sees: how long the loop stood still, and what requests waited for most."""
    shown = list(each.by_name.items())[:_MOST_NAMES]
    means = "; ".join(_mean_request(name, requests) for name, requests in shown)
    still = spelling.percent(each.still_share)
    return f"{each.name}: the event loop did not come round for {still} of the time. {means}."


def _mean_request(name: str, requests: Sequence[Request]) -> str:
    stage = max(STAGES, key=lambda stage: sum(r.us_in(stage) for r in requests))
    took = _mean_ms([request.us for request in requests])
    most = _mean_ms([request.us_in(stage) for request in requests])
    return f"{name} took {took} ms on average, {most} ms of them {_DOING[stage]}"


def _mean(values_us: Sequence[int]) -> float:
    return sum(values_us) / len(values_us)


def _mean_ms(values_us: Sequence[int]) -> str:
    return spelling.number(_mean(values_us) / 1000)


def _chart(each: TracedVariant, shown_us: int) -> Lanes:
    scale = Scale(0.0, shown_us, ())
    used = [s for s in STAGES if any(request.us_in(s) for request in each.requests)]
    bands = tuple(
        Band(start=scale.across(at), width=_width(scale, at, end))
        for at, end in each.gaps
        if at < shown_us
    )
    groups = (_group(name, rows, scale) for name, rows in each.by_name.items())
    legend = tuple((_SERIES[stage], _WORDS[stage]) for stage in used)
    return Lanes(
        title=f"{each.name}: traced requests",
        groups=tuple(group for group in groups if group.lanes),
        bands=bands,
        legend=(*legend, (_STILL, "the event loop did not come round")),
        duration=f"{spelling.number(scale.high / 1000)} ms",
    )


def _group(name: str, requests: Sequence[Request], scale: Scale) -> LaneGroup:
    mean = _mean_ms([request.us for request in requests])
    lanes = tuple(_lane(request, scale) for request in requests if request.start < scale.high)
    return LaneGroup(label=f"{name}, {mean} ms each", lanes=lanes)


def _lane(request: Request, scale: Scale) -> Lane:
    parts = [
        f"{_WORDS[stage]} {spelling.number(request.us_in(stage) / 1000)} ms"
        for stage in STAGES
        if request.us_in(stage)
    ]
    at, took = (spelling.number(us / 1000) for us in (request.start, request.us))
    whole = _piece(None, request.start, request.until, scale)
    inner = (_piece(s.stage, s.start, s.end, scale) for s in request.stretches if s.stage)
    pieces = (whole, *(piece for piece in inner if float(piece.width[:-1]) >= _LEAST))
    return Lane(title=f"at {at} ms, {took} ms: {', '.join(parts)}", pieces=pieces)


def _piece(stage: Stage | None, start: int, end: int, scale: Scale) -> Piece:
    width = _width(scale, start, end)
    width = percent(_LEAST) if stage is None and width == "0%" else width
    return Piece(start=scale.across(start), width=width, series=_SERIES[stage], title="")


def _width(scale: Scale, start: int, end: int) -> str:
    return percent(scale.place(end) - scale.place(start))


def _table(each: TracedVariant) -> Table:
    """Every request, and what it did for how long."""
    rows = tuple(
        (
            request.told.name,
            spelling.number(request.start / 1000),
            str(request.told.process),
            str(request.told.status or "none yet"),
            spelling.at_least(request.us / 1000, is_bound=request.told.us is None),
            *(spelling.number(request.us_in(stage) / 1000) for stage in STAGES),
        )
        for request in each.requests
    )
    head = ("request", "at ms", "process", "status", "ms", *map(_heading, STAGES))
    return Table(caption=f"{each.name}: each traced request", head=head, rows=rows)


def _summary(found: Sequence[TracedVariant]) -> Table:
    """What a mean request of each name did for how long."""
    rows = tuple(
        (
            each.name,
            name,
            str(len(requests)),
            _mean_ms([request.us for request in requests]),
            *(_mean_ms([request.us_in(stage) for request in requests]) for stage in STAGES),
            spelling.percent(each.still_share),
        )
        for each in found
        for name, requests in each.by_name.items()
    )
    head = ("cell", "request", "traced", "mean ms", *map(_heading, STAGES), "loop still")
    caption = "Mean traced request, in ms, by what it waited for or did"
    return Table(caption=caption, head=head, rows=rows, is_open=True)


def _heading(stage: Stage | None) -> str:
    return f"{_WORDS[stage].removeprefix('waits for ')} ms"
