"""Every trial in the order of running, and each one second by second.

Requests, failures, median and p99 are stored by the second; CPU, event-loop lag and queues are
stored as one figure of a trial, and told as such.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loadlab import spelling
from loadlab.model.trial import TrialRole
from loadlab.report.charts import Group, Line, Pane, Section, Table, Timeline
from loadlab.report.course import course
from loadlab.report.scale import Scale, polyline
from loadlab.report.stored import StoredMeasurement, StoredSeries, StoredTrial, StoredUsage
from loadlab.report.subject import Subject
from loadlab.report.void_runs import cut, void_runs

MOST_OPEN = 12  # trials whose groups are open from the start
_POINTS = 12_000  # of all trials together, so that a thousand of them fit in 3 MB
_FEWEST_BINS, _MOST_BINS = 12, 120
_LONGEST_SECONDS = 30 * 86_400  # of a load; what says more is no time
_SHOWN_REASONS = 4
_LONGEST_REASON = 300
_LEGEND = (
    "The shaded part is the measured window; before it the service was warmed up. CPU, event-loop "
    "lag and queues are one figure of a trial, not of a second."
)
_FAILED = (
    "req/s are those that succeeded, as everywhere; those that failed are dotted beside them. "
    "The table by the second has all requests, and how many of them failed."
)
_BEFORE, _AFTER = "Before the first block", "After the last block"
_ROLES = {
    TrialRole.SETTLING: "settling trial, in no figure",
    TrialRole.PILOT: "pilot trial, in no figure",
    TrialRole.CONTROL_AGAIN: "the control cell once more",
    TrialRole.CALIBRATION: "k6 against a server that does nothing",
    TrialRole.TRACED: "traced trial, in no figure",
}


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is told of each trial, so that all of them fit."""

    bins: int
    reasons: int
    characters: int  # of a reason
    facts: bool = True  # else the table of all trials alone has them


def timelines(subject: Subject) -> Iterator[Section]:
    """Yield the section; a sentence in it where the trials could not be read."""
    trials = subject.trials
    if not trials:
        return
    detail = _detail(len(trials))
    void = [trial for trial in trials if trial.is_void]
    sentences = [_LEGEND]
    if void:
        many = len(void) > 1
        told = f"{len(void)} trials are void: they count" if many else "1 trial is void: it counts"
        sentences.append(f"{told} in no result, and a cross marks what it showed.")
    if any(_has_failures(trial) for trial in trials):
        sentences.append(_FAILED)
    if any(trial.p95_is_bound and not trial.is_void for trial in trials):
        sentences.append("A hollow mark without a cross is a lower bound.")
    pictures, tables = course(subject)
    yield Section(
        anchor="trials",
        title="The trials",
        sentences=tuple(sentences),
        pictures=pictures,
        tables=(*tables, *void_runs(subject)),
        groups=tuple(_groups(subject, detail)),
    )


def _has_failures(trial: StoredTrial) -> bool:
    series = trial.measurement.series if trial.measurement else None
    return series is not None and any(series.failed)


def _detail(trials: int) -> Detail:
    bins = min(max(_POINTS // trials, _FEWEST_BINS), _MOST_BINS)
    many = trials > _POINTS // _MOST_BINS
    return Detail(bins, 1 if many else _SHOWN_REASONS, 120 if many else _LONGEST_REASON, not many)


def _groups(subject: Subject, detail: Detail) -> Iterator[Group]:
    """Yield the trials of each cell; those outside of the blocks last."""
    by_cell: dict[str, list[StoredTrial]] = {}
    for trial in subject.trials:
        by_cell.setdefault(_place_of(trial, subject), []).append(trial)
    outside = [(name, by_cell.pop(name)) for name in (_BEFORE, _AFTER) if name in by_cell]
    for name, trials in [*by_cell.items(), *outside]:
        void = sum(trial.is_void for trial in trials)
        told = spelling.counted(len(trials), "trial") + (f", {void} void" if void else "")
        lines = tuple(_timeline(trial, detail, subject) for trial in trials)
        is_open = len(subject.trials) <= MOST_OPEN
        yield Group(title=f"{name}: {told}", is_open=is_open, timelines=lines)


def _place_of(trial: StoredTrial, subject: Subject) -> str:
    """Name what it is shown beside: its cell where it is in a block."""
    if trial.spec.role.is_in_block:
        return subject.name_of(trial.spec.cell)
    return _AFTER if trial.spec.role is TrialRole.TRACED else _BEFORE


def _timeline(trial: StoredTrial, detail: Detail, subject: Subject) -> Timeline:
    title = f"replicate {trial.spec.replicate}"
    if words := _ROLES.get(trial.spec.role):
        title = f"{subject.name_of(trial.spec.cell)}, {words}"
    found = trial.measurement
    span = _Span.of(trial, found) if found else None
    series = found.series if found else None
    drawn = span is not None and series is not None
    return Timeline(
        title=f"{title} · {trial.name}",
        state=trial.state,
        is_void=trial.is_void,
        reasons=tuple(_reasons(trial, detail)),
        facts=tuple(_facts(trial)) if detail.facts else (),
        window=span.window if span and drawn else None,
        duration=f"{span.seconds:.0f} s" if span and drawn else "",
        panes=tuple(_panes(series, span, detail)) if series and span else (),
        table=_table(trial.name, series, span, detail) if series and span else None,
    )


@dataclass(frozen=True, slots=True)
class _Span:
    """The time of a trial's load, in epoch seconds."""

    start: float
    end: float
    measured: float  # where the window begins
    window: tuple[str, str]

    @classmethod
    def of(cls, trial: StoredTrial, found: StoredMeasurement) -> "_Span | None":
        """From the first request, of the warm-up too, to the last answer; None of no length."""
        timings = trial.status.timings
        first = timings.first_request if timings and timings.first_request else None
        end = found.last_answer_epoch_seconds
        start = min(first or found.first_request_epoch_seconds, found.first_request_epoch_seconds)
        if not 0 < end - start < _LONGEST_SECONDS:
            return None
        began = 100 * (found.first_request_epoch_seconds - start) / (end - start)
        window = (f"{began:.1f}%", f"{100 - began:.1f}%")
        return cls(start, end, found.first_request_epoch_seconds, window)

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start

    def place(self, moment: float) -> float:
        """Return where a moment lies, in percent from the start."""
        return min(max(100 * (moment - self.start) / self.seconds, 0.0), 100.0)


@dataclass(frozen=True, slots=True)
class _Bin:
    start: float
    seconds: float  # of it within the window
    requests: int
    failed: int
    p50_ms: float | None
    p99_ms: float | None

    @property
    def succeeded(self) -> int:
        """How many of the requests did, as requests per second are counted everywhere."""
        return max(self.requests - self.failed, 0)


def _bins(series: StoredSeries, span: _Span, most: int) -> Sequence[_Bin]:
    """Put bins together until there are few enough; a percentile is then the highest of theirs."""
    width = -(-len(series.requests) // most)
    found = list[_Bin]()
    for first in range(0, len(series.requests), width):
        part = slice(first, first + width)
        start = series.start_epoch_seconds + first * series.bin_seconds
        end = start + len(series.requests[part]) * series.bin_seconds
        # Requests of a second in whose midst the window began all belong to the rest of it.
        start = max(start, span.measured)
        inside = min(end, span.end) - start
        found.append(
            _Bin(
                start=start,
                seconds=max(inside, 0.2),  # a sliver of a second is no rate
                requests=sum(series.requests[part]),
                failed=sum(series.failed[part]),
                p50_ms=_highest_ms(series.p50_us[part]),
                p99_ms=_highest_ms(series.p99_us[part]),
            )
        )
    return found


def _highest_ms(values: Sequence[int | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) / 1000 if known else None


def _panes(series: StoredSeries, span: _Span, detail: Detail) -> Iterator[Pane]:
    bins = _bins(series, span, detail.bins)
    rates = [each.succeeded / each.seconds for each in bins]
    failed = [each.failed / each.seconds for each in bins]
    scale = Scale.linear([*rates, *failed])
    lines = [Line(points=_steps(bins, rates, scale, span), series=1)]
    if any(failed):
        lines.append(Line(points=_steps(bins, failed, scale, span), series=2, dotted=True))
    yield Pane(label="req/s", low="0", high=spelling.number(scale.high), lines=tuple(lines))
    known = [ms for each in bins for ms in (each.p50_ms, each.p99_ms) if ms]
    if known:
        tall = Scale.logarithmic(known)
        yield Pane(
            label="p99 above p50, ms",
            low=spelling.number(tall.low),
            high=spelling.number(tall.high),
            lines=(
                Line(points=_curve([(b.start, b.p50_ms) for b in bins], tall, span), series=3),
                Line(points=_curve([(b.start, b.p99_ms) for b in bins], tall, span), series=4),
            ),
        )


def _steps(bins: Sequence[_Bin], values: Sequence[float], scale: Scale, span: _Span) -> str:
    places = list[tuple[float, float]]()
    for each, value in zip(bins, values, strict=True):
        y = 100 - scale.place(value)
        places += [(span.place(each.start), y), (span.place(each.start + each.seconds), y)]
    return polyline(places)


def _curve(found: Sequence[tuple[float, float | None]], scale: Scale, span: _Span) -> str:
    places = ((span.place(at + 0.5), 100 - scale.place(ms)) for at, ms in found if ms is not None)
    return polyline(places)


def _table(name: str, series: StoredSeries, span: _Span, detail: Detail) -> Table:
    rows = tuple(
        (
            f"{max(each.start - span.start, 0):.0f}",
            f"{each.requests:,}",
            f"{each.failed:,}",
            *(spelling.number(each.p50_ms), spelling.number(each.p99_ms)),
        )
        for each in _bins(series, span, detail.bins)
    )
    return Table(
        caption=f"{name} by the second",
        head=("from s", "requests", "failed", "p50 ms", "p99 ms"),
        rows=rows,
    )


def _reasons(trial: StoredTrial, detail: Detail) -> Iterator[str]:
    """Yield why it is not Valid, and why earlier attempts did not count."""
    told = list(trial.status.reasons)
    if not told and trial.is_void:
        told = [f"{trial.status.reason}: {trial.status.message}"]
    for reason in told[: detail.reasons]:
        yield cut(reason, detail.characters)
    if len(told) > detail.reasons:
        yield f"and {spelling.counted(len(told) - detail.reasons, 'reason')} more"
    for former in trial.status.former_attempts[: detail.reasons]:
        said = cut(former.message, detail.characters)
        yield f"attempt {former.attempt} did not count, {former.reason}: {said}"
    if trial.unreadable:
        yield f"its measurement is of another release ({trial.unreadable})"


def _facts(trial: StoredTrial) -> Iterator[tuple[str, str]]:
    """Yield the figures of the trial as a whole."""
    status, found = trial.status, trial.measurement
    if status.requests_per_second is not None:
        yield "req/s", spelling.number(status.requests_per_second)
    if status.p95_ms is not None:
        yield "p95 ms", spelling.bounded(status.p95_ms, is_bound=trial.p95_is_bound)
    for name, usage in (found.components if found else {}).items():
        if usage.cpus_used is not None:
            yield f"{name} CPUs", spelling.number(usage.cpus_used)
    service = (found.components if found else {}).get("service", StoredUsage())
    for name, value in (
        ("loop lag p99 ms", service.event_loop_lag_p99_ms),
        ("waiting for a connection", service.pool_waiters),
        ("waiting for a thread", service.thread_waiters),
        ("others' CPUs", status.foreign_cpu),
        ("waited for quiet s", status.waited_for_quiet),
    ):
        if value is not None:
            yield name, spelling.number(value)
