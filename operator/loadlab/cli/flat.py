"""An experiment as flat tables for other programs: its cells, its trials, their seconds. Pure.

All rows of a table have the same columns; what is not known is None. A figure of a cell has its
interval, its standing (Sound, Bound, Unsound) and why in columns beside it, so that nobody takes a
bound for it. A percentile of a trial is of its merged histogram, in milliseconds, None where it is
a lower bound.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic.alias_generators import to_camel

from loadlab.catalogue import Cell
from loadlab.cli.cells_table import used_components, used_factors
from loadlab.cli.experiment import Experiment
from loadlab.model.status import CostUnit, Figure, LatencyMs, ResultRow

if TYPE_CHECKING:  # the report's templates take a quarter of a second
    from loadlab.report.stored import StoredMeasurement, StoredTrial

Row = dict[str, Any]
_BOUND = "lower_bound_above"  # the one field of a latency that is none
_PERCENTILES = {"p50Ms": 50.0, "p90Ms": 90.0, "p95Ms": 95.0, "p99Ms": 99.0, "p999Ms": 99.9}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet runs what begins so


class Table(StrEnum):
    """What its rows are."""

    CELLS = "cells"
    TRIALS = "trials"
    SECONDS = "seconds"

    @property
    def needs_trials(self) -> bool:
        """Whether it is made of the trials, which may be many MB."""
        return self is not Table.CELLS


@dataclass(frozen=True, slots=True)
class Measured:
    """An experiment and what could be read of its trials."""

    experiment: Experiment
    trials: "Sequence[StoredTrial]" = ()


def rows_of(measured: Measured, table: Table) -> list[Row]:
    """Return the rows of a table."""
    return _ROWS[table](measured)


def csv_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write rows as CSV with a heading; nothing where there are none."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _no_formula(value) for name, value in row.items()} for row in rows)
    return text.getvalue().rstrip("\n")


def _no_formula(value: object) -> object:
    """Return a text that no spreadsheet takes for a formula: services send what they like."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _cells(measured: Measured) -> list[Row]:
    results = measured.experiment.status.results
    factors, components = used_factors(results), used_components(results)
    return [_cell(row, factors, components) for row in results]


def _cell(row: ResultRow, factors: list[str], components: list[str]) -> Row:
    speed, memory, cost = row.requests_per_second, row.memory_bytes, row.cpu_micros_per_request
    total, sent = row.cpu_micros, row.latency_from_send_ms
    return {
        "variant": row.cell.variant,
        **_levels(row.cell, factors),
        "requestsPerSecond": speed and speed.mean,
        **_known_of("", speed),
        "capacity": row.capacity and row.capacity.mean,
        **_known_of("capacity", row.capacity),
        **{
            f"{name}Ms": row.latency_ms and getattr(row.latency_ms, name)
            for name in LatencyMs.model_fields
            if name != _BOUND
        },
        **_known_of("p95Ms", row.p95_ms),
        to_camel(f"latency_{_BOUND}"): row.latency_ms and getattr(row.latency_ms, _BOUND),
        **{f"{name}FromSendMs": sent and getattr(sent, name) for name in ("med", "p95", "p99")},
        "sentLateMs": row.sent_late_ms,
        "load": row.load and str(row.load),
        "requests": row.requests,
        "failedRate": row.failed_rate,
        "failedLow": row.failed_low,
        "failedHigh": row.failed_high,
        "crashes": row.crashes,
        "failures": "; ".join(f"{f.text} ({f.share:.2%})" for f in row.failures or ()),
        "cpuMicrosPerRequest": total and total.mean,
        **_known_of("cpuMicros", total),
        "cpuPer": str(row.cpu_per or CostUnit.SUCCESS),
        **{f"{name}CpuMicrosPerRequest": cost and getattr(cost, name) for name in components},
        "leavesOutCosts": row.leaves_out_costs,
        "serviceMemoryBytes": memory and memory.service,
        "openFiles": row.open_files,
        "generatorCpu": row.generator_cpu,
        "bottleneck": row.bottleneck and str(row.bottleneck.name),
        "confidence": row.bottleneck and str(row.bottleneck.confidence),
        "replicatesValid": row.replicates.valid,
        "replicatesPlanned": row.replicates.planned,
        "replicatesOverloaded": row.replicates.overloaded,
        "validity": str(row.validity),
        "reasons": "; ".join(row.reasons),
    }


def _known_of(name: str, found: Figure | None) -> Row:
    """Return the columns that say how well a figure is known, and what it may be taken for.

    Nothing else tells a bound from a figure: the number itself is the same.
    """
    ends = {end: found and getattr(found, end) for end in ("low", "high", "least", "most")}
    told = {**ends, "standing": found and str(found.standing), "why": found and found.why}
    return {f"{name}{what.capitalize()}" if name else what: value for what, value in told.items()}


def _trials(measured: Measured) -> list[Row]:
    trials = measured.trials
    factors = _factors(trials)
    read = [trial.measurement for trial in trials if trial.measurement]
    components = sorted({name for found in read for name in found.components})
    return [
        {
            **_place(trial, factors),
            "attempt": trial.status.attempt,
            "phase": trial.status.phase and str(trial.status.phase),
            "validity": trial.status.validity and str(trial.status.validity),
            "reasons": "; ".join(trial.status.reasons),
            "requestsPerSecond": trial.status.requests_per_second,
            "requests": trial.measurement and trial.measurement.requests,
            **dict(_percentiles(trial.measurement)),
            **dict(_usages(trial.measurement, components)),
            "foreignCpu": trial.status.foreign_cpu,
            "node": trial.status.node,
            "unreadable": trial.unreadable,
        }
        for trial in trials
    ]


def _percentiles(found: "StoredMeasurement | None") -> Iterator[tuple[str, float | None]]:
    timed = found.timed if found else None
    for name, percent in _PERCENTILES.items():
        is_known = timed and found and not found.is_lower_bound(percent)
        yield name, timed.percentile_ms(percent) if timed and is_known else None


def _usages(
    found: "StoredMeasurement | None", components: Sequence[str]
) -> Iterator[tuple[str, float | None]]:
    for component in components:
        usage = found.components.get(component) if found else None
        yield f"{component}Cpus", usage.cpus_used if usage else None
        per_request = usage.cpu_micros_per_request if usage else None
        yield f"{component}CpuMicrosPerRequest", per_request


def _seconds(measured: Measured) -> list[Row]:
    factors = _factors(measured.trials)
    return [row for trial in measured.trials for row in _seconds_of(trial, factors)]


def _seconds_of(trial: "StoredTrial", factors: list[str]) -> Iterator[Row]:
    series = trial.measurement.series if trial.measurement else None
    if series is None:
        return
    place = _place(trial, factors)
    columns = zip(series.requests, series.failed, series.p50_us, series.p99_us, strict=True)
    for number, (requests, failed, p50, p99) in enumerate(columns):
        yield {
            **place,
            "second": number * series.bin_seconds,
            "epochSeconds": series.start_epoch_seconds + number * series.bin_seconds,
            "requests": requests,
            "failed": failed,
            "p50Ms": None if p50 is None else p50 / 1000,
            "p99Ms": None if p99 is None else p99 / 1000,
        }


def _factors(trials: "Sequence[StoredTrial]") -> list[str]:
    names = [name for name in Cell.model_fields if name != "variant"]
    return [n for n in names if any(getattr(t.spec.cell, n) is not None for t in trials)]


def _place(trial: "StoredTrial", factors: list[str]) -> Row:
    return {
        "trial": trial.name,
        "role": str(trial.spec.role),
        "variant": trial.spec.cell.variant,
        **_levels(trial.spec.cell, factors),
        "replicate": trial.spec.replicate,
        "position": trial.spec.position,
    }


def _levels(cell: Cell, factors: list[str]) -> Row:
    return {to_camel(name): getattr(cell, name) for name in factors}


_ROWS: Mapping[Table, Callable[[Measured], list[Row]]] = {
    Table.CELLS: _cells,
    Table.TRIALS: _trials,
    Table.SECONDS: _seconds,
}
