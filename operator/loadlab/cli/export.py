"""An experiment for other programs: json, yaml, csv and Markdown. Pure."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import yaml
from pydantic.alias_generators import to_camel

from loadlab.cli.cells_table import used_components, used_factors
from loadlab.cli.experiment import Experiment
from loadlab.cli.markdown import markdown
from loadlab.cli.tables import render
from loadlab.model.status import CostUnit, LatencyMs, ResultRow

_BOUND = "lower_bound_above"  # the one field of a latency that is none


class Format(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"
    MD = "md"


def export(experiment: Experiment, chosen: Format) -> str:
    """Write the results in a format for programs."""
    return _WRITERS[chosen](experiment)


def _document(experiment: Experiment) -> dict[str, Any]:
    wanted = (
        *("phase", "verdict", "recommendation", "best", "comparisons", "noiseFloor", "scaling"),
        *("results", "criteria", "expectations", "durability", "environment", "chosen"),
        "calibration",
    )
    status = experiment.status.dump()
    head = {"name": experiment.name, "namespace": experiment.namespace}
    return {**head, **{key: status[key] for key in wanted if key in status}}


def _json(experiment: Experiment) -> str:
    return json.dumps(_document(experiment), indent=2)


def _yaml(experiment: Experiment) -> str:
    return str(yaml.safe_dump(_document(experiment), sort_keys=False)).rstrip("\n")


def _rows(experiment: Experiment) -> list[dict[str, object]]:
    """One flat row per cell, the same columns in all; unknown figures are empty."""
    results = experiment.status.results
    factors, components = used_factors(results), used_components(results)
    return [_flat(row, factors, components) for row in results]


def _flat(row: ResultRow, factors: list[str], components: list[str]) -> dict[str, object]:
    speed, memory, cost = row.requests_per_second, row.memory_bytes, row.cpu_micros_per_request
    total, sent = row.cpu_micros, row.latency_from_send_ms
    return {
        "variant": row.cell.variant,
        **{to_camel(name): getattr(row.cell, name) for name in factors},
        "requestsPerSecond": speed and speed.mean,
        "low": speed and speed.low,
        "high": speed and speed.high,
        "least": speed and speed.least,
        "most": speed and speed.most,
        "standing": speed and str(speed.standing),
        "capacity": row.capacity and row.capacity.mean,
        **{
            f"{name}Ms": row.latency_ms and getattr(row.latency_ms, name)
            for name in LatencyMs.model_fields
            if name != _BOUND
        },
        to_camel(f"latency_{_BOUND}"): row.latency_ms and getattr(row.latency_ms, _BOUND),
        **{f"{name}FromSendMs": sent and getattr(sent, name) for name in ("med", "p95", "p99")},
        "sentLateMs": row.sent_late_ms,
        "load": row.load and str(row.load),
        "requests": row.requests,
        "failedRate": row.failed_rate,
        "failedLow": row.failed_low,
        "failedHigh": row.failed_high,
        "failures": "; ".join(f"{f.text} ({f.share:.2%})" for f in row.failures or ()),
        "cpuMicrosPerRequest": total and total.mean,
        "cpuMicrosLow": total and total.low,
        "cpuMicrosHigh": total and total.high,
        "cpuMicrosStanding": total and str(total.standing),
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


def _csv(experiment: Experiment) -> str:
    rows = _rows(experiment)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().rstrip("\n")


def _md(experiment: Experiment) -> str:
    return markdown(render(experiment)) if experiment.status.results else ""


_WRITERS: Mapping[Format, Callable[[Experiment], str]] = {
    Format.JSON: _json,
    Format.YAML: _yaml,
    Format.CSV: _csv,
    Format.MD: _md,
}
