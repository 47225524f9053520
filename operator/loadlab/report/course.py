"""The course of the experiment: a mark for each trial, in the order in which they ran.

A drift of the machine, or a neighbour that came and went, shows here and nowhere else.
"""

from collections.abc import Callable, Iterator

from loadlab.report import spelling
from loadlab.report.charts import Picture, Plot, Point, Table, series_of
from loadlab.report.scale import Scale
from loadlab.report.stored import StoredTrial
from loadlab.report.subject import Subject

_FEWEST = 3
_HEIGHT = 180
Figure = Callable[[StoredTrial], float | None]


def course(subject: Subject) -> Iterator[Picture]:
    """Yield a chart for each figure that at least three trials of the blocks have."""
    trials = [t for t in subject.trials if t.spec.role.is_in_block and _start(t) is not None]
    if len(trials) < _FEWEST:
        return
    trials.sort(key=lambda trial: _start(trial) or 0.0)
    for title, label, read in _FIGURES:
        known = [(trial, value) for trial in trials if (value := read(trial)) is not None]
        if len(known) >= _FEWEST:
            yield _picture(title, label, known, subject)


def _start(trial: StoredTrial) -> float | None:
    return trial.status.timings.started if trial.status.timings else None


def _cpus_of(name: str) -> Figure:
    def read(trial: StoredTrial) -> float | None:
        usage = trial.measurement.components.get(name) if trial.measurement else None
        return usage.cpus_used if usage else None

    return read


def _loop_lag(trial: StoredTrial) -> float | None:
    usage = trial.measurement.components.get("service") if trial.measurement else None
    return usage.event_loop_lag_p99_ms if usage else None


_FIGURES: tuple[tuple[str, str, Figure], ...] = (
    ("Requests per second", "requests/s", lambda trial: trial.status.requests_per_second),
    ("p95 latency", "ms", lambda trial: trial.status.p95_ms),
    ("CPU that the service used", "CPUs", _cpus_of("service")),
    ("Delay of the service's event loops", "ms, p99", _loop_lag),
    ("CPU that others used", "CPUs", lambda trial: trial.status.foreign_cpu),
)


def _picture(
    title: str, label: str, known: list[tuple[StoredTrial, float]], subject: Subject
) -> Picture:
    first = _start(known[0][0]) or 0.0
    minutes = [((_start(trial) or first) - first) / 60 for trial, _ in known]
    across, along = Scale.linear(minutes), Scale.linear(value for _, value in known)
    points = tuple(
        Point(
            x=across.across(at),
            y=along.down(value),
            series=series_of(subject.series_of(trial.spec.cell.variant)),
            title=f"{_name(trial, subject)}: {spelling.number(value)} {label}, {trial.state}",
            void=trial.is_void,
        )
        for at, (trial, value) in zip(minutes, known, strict=True)
    )
    full = f"{title}, trial by trial"
    rows = tuple(
        (_name(trial, subject), f"{at:.1f}", spelling.number(value), trial.state)
        for at, (trial, value) in zip(minutes, known, strict=True)
    )
    chart = Plot(
        title=full,
        x_label="minutes since the first trial of the first block",
        y_label=label,
        x_ticks=across.ticks_across(),
        y_ticks=along.ticks_down(),
        points=points,
        legend=tuple((series_of(n), name) for n, name in enumerate(subject.variants)),
        height=_HEIGHT,
    )
    table = Table(caption=full, head=("trial", "minute", label, "validity"), rows=rows)
    return Picture(chart=chart, table=table)


def _name(trial: StoredTrial, subject: Subject) -> str:
    return f"{subject.name_of(trial.spec.cell)}, replicate {trial.spec.replicate}"
