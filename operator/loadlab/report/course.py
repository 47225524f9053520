"""The course of the experiment: a mark for each trial, in the order in which they ran.

A drift of the machine, or a neighbour that came and went, shows here and nowhere else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loadlab import spelling
from loadlab.report.charts import Picture, Plot, Point, Table, series_of
from loadlab.report.scale import Scale
from loadlab.report.stored import StoredTrial
from loadlab.report.subject import Subject

_FEWEST = 3
_HEIGHT = 180
_MOST_NAMED = 300  # trials whose marks say what they are; beyond, the table alone does
Read = Callable[[StoredTrial], float | None]
Trials = Sequence[tuple[float, StoredTrial]]  # by the minute in which each began


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a trial."""

    title: str
    unit: str
    read: Read
    is_drawn: bool = True  # else in the table alone
    is_bound: Callable[[StoredTrial], bool] = lambda _: False

    def spell(self, trial: StoredTrial) -> str:
        """Spell it, with the sign of a bound."""
        return spelling.bounded(self.read(trial), is_bound=self.is_bound(trial))


def course(subject: Subject) -> tuple[tuple[Picture, ...], tuple[Table, ...]]:
    """Return a chart for each figure that three trials of the blocks have, and their one table."""
    found = [t for t in subject.trials if t.spec.role.is_in_block and _start(t) is not None]
    found.sort(key=lambda trial: _start(trial) or 0.0)
    first = _start(found[0]) if found else None
    trials = [(((_start(trial) or 0.0) - (first or 0.0)) / 60, trial) for trial in found]
    told = [each for each in _FIGURES if _known(each, trials) >= _FEWEST]
    if not told:
        return (), ()
    across = Scale.linear(minute for minute, _ in trials)
    plots = tuple(
        Picture(chart=_plot(each, trials, across, subject)) for each in told if each.is_drawn
    )
    return plots, (_table(told, trials, subject),)


def _known(figure: Figure, trials: Trials) -> int:
    return sum(figure.read(trial) is not None for _, trial in trials)


def _start(trial: StoredTrial) -> float | None:
    return trial.status.timings.started if trial.status.timings else None


def _usage(component: str, figure: str) -> Read:
    def read(trial: StoredTrial) -> float | None:
        usage = trial.measurement.components.get(component) if trial.measurement else None
        found: float | None = getattr(usage, figure, None)
        return found

    return read


_FIGURES = (
    Figure("Requests per second", "requests/s", lambda trial: trial.status.requests_per_second),
    Figure(
        "p95 latency",
        "ms",
        lambda trial: trial.status.p95_ms,
        is_bound=lambda trial: trial.p95_is_bound,
    ),
    Figure("CPU that the service used", "CPUs", _usage("service", "cpus_used")),
    Figure("CPU that Postgres used", "CPUs", _usage("postgres", "cpus_used")),
    Figure("CPU that Redis used", "CPUs", _usage("redis", "cpus_used"), is_drawn=False),
    Figure("CPU that the worker used", "CPUs", _usage("worker", "cpus_used"), is_drawn=False),
    Figure("Event-loop delay", "p99 ms", _usage("service", "event_loop_lag_p99_ms")),
    Figure(
        "Waiting for a connection", "requests", _usage("service", "pool_waiters"), is_drawn=False
    ),
    Figure("CPU that others used", "CPUs", lambda trial: trial.status.foreign_cpu),
)


def _plot(figure: Figure, trials: Trials, across: Scale, subject: Subject) -> Plot:
    known = [(at, t, value) for at, t in trials if (value := figure.read(t)) is not None]
    along = Scale.linear(value for _, _, value in known)
    points = tuple(
        Point(
            x=across.across(at),
            y=along.down(value),
            series=series_of(subject.series_of(trial.spec.cell.variant)),
            title=_words(figure, trial, subject) if len(trials) <= _MOST_NAMED else "",
            hollow=figure.is_bound(trial),
            void=trial.is_void,
        )
        for at, trial, value in known
    )
    return Plot(
        title=f"{figure.title}, trial by trial",
        x_label="minutes since the first trial of the first block",
        y_label=figure.unit,
        x_ticks=across.ticks_across(),
        y_ticks=along.ticks_down(),
        points=points,
        legend=tuple((series_of(n), name) for n, name in enumerate(subject.variants)),
        height=_HEIGHT,
    )


def _table(told: Sequence[Figure], trials: Trials, subject: Subject) -> Table:
    rows = tuple(
        (
            *(_name(trial, subject), f"{at:.1f}"),
            *(figure.spell(trial) for figure in told),
            trial.state,
        )
        for at, trial in trials
    )
    head = ("trial", "minute", *(f"{it.title}, {it.unit}" for it in told), "validity")
    return Table(caption="Trial by trial", head=head, rows=rows)


def _words(figure: Figure, trial: StoredTrial, subject: Subject) -> str:
    told = f"{figure.spell(trial)} {figure.unit}"
    return f"{_name(trial, subject)}: {told}, {trial.state}"


def _name(trial: StoredTrial, subject: Subject) -> str:
    return f"{subject.name_of(trial.spec.cell)}, replicate {trial.spec.replicate}"
