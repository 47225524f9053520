"""Latency by percentile, from the merged histograms of the trials that count.

The axis is that of HdrHistogram's plots: 90, 99, 99.9 % lie equally far apart, so that the tail is
seen. Percentiles are never averaged: the histograms of a cell's trials are added up.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from loadlab.measurement.histogram import Histogram
from loadlab.report import spelling
from loadlab.report.charts import Line, Picture, Plot, Section, Table, series_of
from loadlab.report.scale import Scale, Tick, percent, polyline
from loadlab.report.subject import Subject

_TOLD = (50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99)
_TICKS = (50.0, *_TOLD[2:3], *_TOLD[4:], 99.999, 99.9999)
_FIRST = -math.log10(0.9)  # the 10th percentile: below it, single fast answers would set the scale
_STEPS = 14  # points of a line for each further nine
_DOTTED = (
    "Below p10 nothing is drawn. A line is dotted where fewer than 100 requests lie above: there "
    "it tells of single ones."
)
_ENOUGH = 100  # samples above a percentile, as validity's rule of TooFewSamples has it


@dataclass(frozen=True, slots=True)
class _Curve:
    variant: str
    name: str
    histogram: Histogram


@dataclass(frozen=True, slots=True)
class _Axes:
    nines: float  # how far to the right
    along: Scale

    @classmethod
    def of(cls, curves: list[_Curve]) -> "_Axes":
        """Make axes on which all curves have room, so that charts can be held side by side."""
        most = max(curve.histogram.count for curve in curves)
        ends = ((_ms(curve, _FIRST), curve.histogram.max_us / 1e3) for curve in curves)
        return cls(
            max(2.0, math.log10(most)), Scale.logarithmic(end for two in ends for end in two)
        )


def percentiles(subject: Subject) -> Iterator[Section]:
    """Yield the section; nothing where no trial that counts holds a histogram."""
    facets: dict[str, list[_Curve]] = {}
    for variant, others, name, histogram in _merged(subject):
        facets.setdefault(others, []).append(_Curve(variant, name, histogram))
    if not facets:
        return
    axes = _Axes.of([curve for curves in facets.values() for curve in curves])
    alike = " All charts have the same axes." if len(facets) > 1 else ""
    yield Section(
        anchor="percentiles",
        title="Latency by percentile",
        sentences=(f"All requests of the trials that count, added up. {_DOTTED}{alike}",),
        pictures=tuple(_picture(name, curves, axes, subject) for name, curves in facets.items()),
    )


def _merged(subject: Subject) -> Iterator[tuple[str, str, str, Histogram]]:
    """Yield variant, other levels, name and latencies of each cell, in their order."""
    parts: dict[str, list[Histogram]] = {}
    for trial in subject.trials:
        if trial.is_measured and not trial.is_void and trial.measurement:
            found = [part for part in trial.measurement.latencies() if part.count]
            parts.setdefault(trial.spec.cell.title(), []).extend(found)
    for cell in subject.cells:
        if found_parts := parts.get(cell.title()):
            others = subject.name_of(cell.model_copy(update={"variant": ""}))
            yield cell.variant, others, subject.name_of(cell), Histogram.merged(found_parts)


def _picture(others: str, curves: list[_Curve], axes: _Axes, subject: Subject) -> Picture:
    lines = [
        line
        for curve in curves
        for line in _lines(curve, axes, series_of(subject.series_of(curve.variant)))
    ]
    title = "Latency by percentile" + (f", {others}" if others else "")
    chart = Plot(
        title=title,
        x_label="percentile of all requests",
        y_label="ms (logarithmic)",
        x_ticks=tuple(_ticks(axes.nines)),
        y_ticks=axes.along.ticks_down(),
        lines=tuple(lines),
        legend=tuple((series_of(subject.series_of(c.variant)), c.variant) for c in curves),
    )
    return Picture(chart=chart, table=_table(title, curves))


def _ticks(nines: float) -> Iterator[Tick]:
    for at in _TICKS:
        place = _nines(at)
        if place <= nines:
            yield Tick(percent(100 * place / nines), f"{at:g}%")


def _nines(at: float) -> float:
    """How many nines a percentile has, such as 2 of 99 %: where it lies on the axis."""
    return -math.log10(1 - at / 100)


def _lines(curve: _Curve, axes: _Axes, series: int) -> Iterator[Line]:
    """Yield the line as far as enough requests lie above, then the rest of it."""
    count = curve.histogram.count
    end, known = math.log10(count), max(math.log10(count / _ENOUGH), 0.0)
    for start, stop, dotted in ((_FIRST, known, False), (max(known, _FIRST), end, True)):
        steps = max(1, math.ceil((stop - start) * _STEPS))
        places = [start + (stop - start) * step / steps for step in range(steps + 1)]
        if stop > start:
            points = (
                (100 * place / axes.nines, 100 - axes.along.place(_ms(curve, place)))
                for place in places
            )
            yield Line(points=polyline(points), series=series, dotted=dotted)


def _ms(curve: _Curve, nines: float) -> float:
    return curve.histogram.percentile_us(100 * (1 - 10**-nines)) / 1e3


def _table(title: str, curves: list[_Curve]) -> Table:
    head = ("cell", "requests", *(f"p{at:g}" for at in _TOLD), "max")
    return Table(
        caption=f"{title}, ms",
        head=head,
        rows=tuple(_row(curve.name, curve.histogram) for curve in curves),
    )


def _row(name: str, found: Histogram) -> tuple[str, ...]:
    told = (
        spelling.number(found.percentile_us(at) / 1e3)
        if found.count * (1 - at / 100) >= 1
        else spelling.ABSENT
        for at in _TOLD
    )
    return name, f"{found.count:,}", *told, spelling.number(found.max_us / 1e3)
