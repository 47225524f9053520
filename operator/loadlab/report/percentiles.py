"""Latency by percentile: a line for each trial that counts, and the mean of a cell's in the table.

The axis is that of HdrHistogram's plots: 90, 99, 99.9 % lie equally far apart, so that the tail is
seen. A row's percentile is the mean of its replicates' own (see loadlab.analysis.percentiles), so
it is here: of all requests together it would be that of the slowest replicate.
"""

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loadlab import spelling
from loadlab.measurement.latency import Latency
from loadlab.report.charts import Line, Picture, Plot, Section, Table, series_of
from loadlab.report.scale import Scale, Tick, percent, polyline
from loadlab.report.subject import Subject

_TOLD = (50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99)
_TICKS = (50.0, *_TOLD[2:3], *_TOLD[4:], 99.999, 99.9999)
_FIRST = -math.log10(0.9)  # the 10th percentile: below it, single fast answers would set the scale
_MOST_NINES = 15.0
_FEWEST_STEPS, _MOST_STEPS = 3, 14  # points of a line for each further nine
_STEPS = 500  # of all lines together, so that a thousand of them fit in 3 MB
_HOW = (
    "A line for each trial that counts. The table has the mean of their percentiles, as the cells "
    "have: the geometric one. Below p10 nothing is drawn. A line is dotted where fewer than 100 "
    "requests of the trial lie above: there it tells of single ones."
)
_DASHED = (
    "It is dashed, and a figure has a >, where no more is known than that it is at least so long: "
    "requests had no answer, were not sent as planned, or took ever longer."
)
_ENOUGH = 100  # samples above a percentile, as validity's rule of TooFewSamples has it


@dataclass(frozen=True, slots=True)
class _Curve:
    """The latency of one trial."""

    latency: Latency
    bound_above: float | None  # percent; None where all is known

    def ms(self, nines: float) -> float:
        """Return the latency below which all but 10^-nines of the requests lie."""
        return self.latency.percentile_ms(100 * (1 - 10**-nines))

    def is_bound(self, at: float) -> bool:
        """Whether a percentile is a lower bound."""
        return self.bound_above is not None and at > self.bound_above


@dataclass(frozen=True, slots=True)
class _Cell:
    variant: str
    name: str
    curves: Sequence[_Curve]


@dataclass(frozen=True, slots=True)
class _Axes:
    nines: float  # how far to the right
    along: Scale
    steps: int  # points of a line for each further nine

    @classmethod
    def of(cls, curves: Sequence[_Curve]) -> "_Axes":
        """Make axes on which all curves have room, so that charts can be held side by side."""
        most = max(curve.latency.count for curve in curves)
        ends = ((curve.ms(_FIRST), curve.latency.percentile_ms(100.0)) for curve in curves)
        return cls(
            max(2.0, math.log10(most)),
            Scale.logarithmic(end for two in ends for end in two),
            min(max(_STEPS // len(curves), _FEWEST_STEPS), _MOST_STEPS),
        )


def percentiles(subject: Subject) -> Iterator[Section]:
    """Yield the section; nothing where no trial that counts holds a histogram."""
    facets: dict[str, list[_Cell]] = {}
    for others, cell in _cells(subject):
        facets.setdefault(others, []).append(cell)
    curves = [curve for cells in facets.values() for cell in cells for curve in cell.curves]
    if not curves:
        return
    axes = _Axes.of(curves)
    sentences = [_HOW]
    if any(curve.bound_above is not None for curve in curves):
        sentences.append(_DASHED)
    if len(facets) > 1:
        sentences.append("All charts have the same axes.")
    yield Section(
        anchor="percentiles",
        title="Latency by percentile",
        sentences=(" ".join(sentences),),
        pictures=tuple(_picture(name, cells, axes, subject) for name, cells in facets.items()),
    )


def _cells(subject: Subject) -> Iterator[tuple[str, _Cell]]:
    """Yield the levels beside the variant, and the cell's trials that count, in their order."""
    found: dict[str, list[_Curve]] = {}
    for trial in subject.trials:
        measured = trial.measurement
        if trial.is_measured and not trial.is_void and measured and measured.timed:
            curve = _Curve(measured.timed, measured.lower_bound_above)
            found.setdefault(trial.spec.cell.title(), []).append(curve)
    for cell in subject.cells:
        if curves := found.get(cell.title()):
            others = subject.name_of(cell.model_copy(update={"variant": ""}))
            yield others, _Cell(cell.variant, subject.name_of(cell), curves)


def _picture(others: str, cells: Sequence[_Cell], axes: _Axes, subject: Subject) -> Picture:
    lines = [
        line
        for cell in cells
        for curve in cell.curves
        for line in _lines(curve, axes, series_of(subject.series_of(cell.variant)))
    ]
    title = "Latency by percentile" + (f", {others}" if others else "")
    chart = Plot(
        title=title,
        x_label="percentile of the requests of a trial",
        y_label="ms (logarithmic)",
        x_ticks=tuple(_ticks(axes.nines)),
        y_ticks=axes.along.ticks_down(),
        lines=tuple(lines),
        legend=tuple((series_of(subject.series_of(c.variant)), c.variant) for c in cells),
    )
    return Picture(chart=chart, table=_table(title, cells))


def _ticks(nines: float) -> Iterator[Tick]:
    for at in _TICKS:
        place = _nines(at)
        if place <= nines:
            yield Tick(percent(100 * place / nines), f"{at:g}%")


def _nines(at: float) -> float:
    """How many nines a percentile has, such as 2 of 99 %: where it lies on the axis."""
    return -math.log10(1 - at / 100) if at < 100 else _MOST_NINES


def _lines(curve: _Curve, axes: _Axes, series: int) -> Iterator[Line]:
    """Yield the line as far as enough requests lie above, the rest of it, and what is a bound."""
    count = curve.latency.count
    end = math.log10(count)
    bound = end if curve.bound_above is None else min(_nines(curve.bound_above), end)
    known = min(max(math.log10(count / _ENOUGH), 0.0), bound)
    for first, stop, style in (
        (0.0, known, {}),
        (known, bound, {"dotted": True}),
        (bound, end, {"dashed": True}),
    ):
        start = max(first, _FIRST)
        if stop > start:
            points = _points(curve, axes, start, stop)
            yield Line(points=polyline(points), series=series, thin=True, **style)


def _points(curve: _Curve, axes: _Axes, start: float, stop: float) -> Iterator[tuple[float, float]]:
    steps = max(1, math.ceil((stop - start) * axes.steps))
    for step in range(steps + 1):
        place = start + (stop - start) * step / steps
        yield 100 * place / axes.nines, 100 - axes.along.place(curve.ms(place))


def _table(title: str, cells: Sequence[_Cell]) -> Table:
    head = ("cell", "trials", "requests", *(f"p{at:g}" for at in _TOLD), "max")
    return Table(caption=f"{title}, ms", head=head, rows=tuple(map(_row, cells)))


def _row(cell: _Cell) -> tuple[str, ...]:
    requests = sum(curve.latency.count for curve in cell.curves)
    longest = max(curve.latency.percentile_ms(100.0) for curve in cell.curves)
    is_bound = any(curve.bound_above is not None for curve in cell.curves)
    return (
        *(cell.name, str(len(cell.curves)), f"{requests:,}"),
        *(_told(cell.curves, at) for at in _TOLD),
        spelling.bounded(longest, is_bound=is_bound),
    )


def _told(curves: Sequence[_Curve], at: float) -> str:
    """Spell the mean of a percentile; nothing where no request lies above it in some trial."""
    if any(curve.latency.count * (1 - at / 100) < 1 for curve in curves):
        return spelling.ABSENT
    found = [curve.latency.percentile_ms(at) for curve in curves]
    mean = statistics.geometric_mean(found) if min(found) > 0 else statistics.fmean(found)
    return spelling.bounded(mean, is_bound=any(curve.is_bound(at) for curve in curves))
