"""Was the load steady: a latency that grows all through its window has no percentile.

A queue that grows makes each second slower than the one before it. A percentile over such a window
says how long was measured, and not how slow the service is. Judged second by second, of those that
lie wholly in the load at its full height (docs/method.md#steadiness).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, median, variance

from loadlab.base.text import fit
from loadlab.measurement.series import Line, Series
from loadlab.measurement.values import TrialMeasurement
from loadlab.validity import bounds
from loadlab.validity.generator_rules import was_generator_fit
from loadlab.validity.judgement import Family, Reason, ReasonKind, suspect
from loadlab.validity.trend import Trend, theil_sen, warm_up_cut

LONGEST_NAMES = 60  # characters: a generator may name requests as it likes


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of every second that has it, in ms, and the least growth that matters."""

    words: str
    times: tuple[int, ...]
    values: tuple[float, ...]
    least_ms: float = 0.0


def latency_growing(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say that the latency of the load grew while it was measured.

    Scenarios of a script may raise the load as they like: that one of theirs grows says nothing.
    """
    if trial.series is None or trial.load.own_scenarios:
        return
    lines = _steady_part(trial, trial.series)
    rows = [_latency_row("p99", lines), _latency_row("median", lines)]
    if not trial.load.open_model:
        rows.append(_time_per_request(lines, trial.series.bin_seconds))
    if growth := next(filter(None, map(_growth, rows)), None):
        remedy = "spec.factors.rate" if trial.load.open_model else "spec.factors.virtualUsers"
        yield suspect(
            ReasonKind.GROWING,
            f"{growth}; a window of another length would show another one, so that latencies are "
            f"lower bounds: lower {remedy}, or give the service what its bottleneck lacks",
            _whose_doing(trial),
        )


def side_load_growing(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say that the latency of the requests beside the load grew."""
    if trial.side is None or trial.side.series is None:
        return
    lines = _steady_part(trial, trial.side.series)
    rows = (_latency_row("p99", lines), _latency_row("median", lines))
    if growth := next(filter(None, map(_growth, rows)), None):
        yield suspect(
            ReasonKind.SIDE_GROWING,
            f"of {_names(trial)} beside the load, {growth}; a window of another length would show "
            "another one, so that its latencies are lower bounds: give the service less load",
            _whose_doing(trial),
        )


def warm_up_counted(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say that the first seconds were slower than the rest: they belong to the warm-up."""
    if trial.series is None or trial.load.own_scenarios:
        return
    row = _latency_row("median", _steady_part(trial, trial.series))
    if len(row.values) < bounds.FEWEST_SECONDS or not (cut := warm_up_cut(row.values)):
        return
    first, rest = row.values[:cut], row.values[cut:]
    slower = fmean(first) - fmean(rest)
    noise = sqrt(variance(rest) * (1 / len(first) + 1 / len(rest)))
    material = max(bounds.GROWTH_SHARE * fmean(rest), bounds.GROWTH_MS)
    if slower >= material and slower > bounds.WARM_UP_ERRORS * noise:
        seconds = cut * trial.series.bin_seconds
        yield suspect(
            ReasonKind.WARM_UP_COUNTED,
            f"in the first {seconds} s the median of a second was {fmean(first):,.1f} ms, "
            f"afterwards {fmean(rest):,.1f} ms: they belong to the warm-up, raise "
            f"spec.load.warmup by {seconds} s or more",
        )


def warm_up_unfinished(trial: TrialMeasurement) -> Iterator[Reason]:
    """Say that the service still worked for the warm-up as measuring began, in place of it."""
    share = trial.left_of_warm_up / max(1, trial.requests)
    if share <= bounds.WARM_UP_LEFT_SHARE:
        return
    took = f" (p95 {latency.p95:,.0f} ms)" if (latency := trial.latency_ms) else ""
    yield suspect(
        ReasonKind.WARM_UP_UNFINISHED,
        f"the service still worked on {trial.left_of_warm_up:,} requests that the warm-up had "
        f"given up, {share:.0%} of those measured, bound {bounds.WARM_UP_LEFT_SHARE:.0%}: it could "
        "have served others meanwhile; raise spec.load.warmup beyond four times what an answer "
        f"takes{took}",
    )


def _steady_part(trial: TrialMeasurement, series: Series) -> list[Line]:
    """Return the seconds at full load: no ramp, and no part of a second at either end."""
    return series.between(*trial.full_load_epoch_seconds)


def _latency_row(name: str, lines: Sequence[Line]) -> Row:
    column = {"p99": "p99_us", "median": "p50_us"}[name]
    known = [(line.at, us) for line in lines if (us := getattr(line, column)) is not None]
    columns = _columns([(at, us / 1000) for at, us in known])
    return Row(f"the {name} of a second", *columns, least_ms=bounds.GROWTH_MS)


def _time_per_request(lines: Sequence[Line], bin_seconds: int) -> Row:
    """By Little's law a user's mean time is this times the number of users, whatever its spread."""
    known = [(line.at, 1000.0 * bin_seconds / line.requests) for line in lines if line.requests]
    return Row("the time from one answer to the next", *_columns(known))


def _columns(rows: Sequence[tuple[int, float]]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    return tuple(at for at, _ in rows), tuple(value for _, value in rows)


def _growth(row: Row) -> str | None:
    """Tell how a figure grew; None where it did not, or too few seconds tell."""
    if len(row.values) < bounds.FEWEST_SECONDS:
        return None
    trend = theil_sen(row.times, row.values, bounds.GROWTH_CONFIDENCE)
    if trend is None or trend.low <= 0:
        return None
    span = row.times[-1] - row.times[0]
    least = max(bounds.GROWTH_SHARE * median(row.values), row.least_ms)
    return _grown(row, trend, span) if trend.slope * span >= least else None


def _grown(row: Row, trend: Trend, span: int) -> str:
    first, last = (f"{value:,.4g}" for value in (row.values[0], row.values[-1]))
    return (
        f"{row.words} grew from {first} to {last} ms in {span} s "
        f"({trend.slope:,.3g} ms a second, 99 % interval {trend.low:,.3g} to {trend.high:,.3g})"
    )


def _names(trial: TrialMeasurement) -> str:
    return fit(", ".join(trial.side.names), LONGEST_NAMES) if trial.side else ""


def _whose_doing(trial: TrialMeasurement) -> Family:
    return Family.SERVICE if was_generator_fit(trial) else Family.INSTRUMENT
