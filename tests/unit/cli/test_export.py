"""Exports hold the same figures in every format."""

import csv
import io
import json
from typing import Any

import yaml

from loadlab.cli.experiment import Experiment
from loadlab.cli.export import OF_THE_OPERATOR, Format, export
from loadlab.model.status import Figure, LoadExperimentStatus, ResultRow
from tests.unit.cli.conftest import FINISHED, SINCE

MAYBE = Figure | None


def test_json_and_yaml_hold_the_same_document(finished: dict[str, Any]) -> None:
    experiment = Experiment.of(finished)

    document = json.loads(export(experiment, Format.JSON))

    assert document == yaml.safe_load(export(experiment, Format.YAML))
    assert document["results"][1]["requestsPerSecond"]["mean"] == 2008.4
    assert document["results"][1]["requestsPerSecond"]["standing"] == "Bound"
    assert "standing" not in document["results"][0]["requestsPerSecond"]
    assert document["verdict"] == "Passed"
    assert document["durability"]["idsMatch"] is True


def test_the_document_has_every_field_of_a_status(finished: dict[str, Any]) -> None:
    """It had no answer of a search, no ratio to a baseline, and no word on what was left out."""
    status = finished["status"]
    status |= {
        "capacity": [{"cell": "sync", "atLeast": 400.0, "trials": 9, "message": "sync carries"}],
        "baseline": {"name": "night-1", "note": "it was deleted"},
        "precision": {"figure": "cpuMicros", "wanted": 0.05, "pilot": 3, "blocks": 5},
        "omitted": ["comparisons"],
        "preliminarySeconds": 61.5,
        "completionTime": "2026-11-26T01:00:00Z",
        "fingerprint": "abc",
        "operatorVersion": "0.1.0",
        "observedGeneration": 1,
    }
    experiment = Experiment.of(finished)

    document = json.loads(export(experiment, Format.JSON))

    everything = {"name", "namespace", *experiment.status.dump()} - OF_THE_OPERATOR
    assert set(document) == everything
    assert {"capacity", "baseline", "precision", "omitted", "conditions", "trials"} < everything
    assert document["capacity"][0]["atLeast"] == 400.0


def test_what_is_left_out_of_the_document_is_a_field() -> None:
    fields = {field.alias or name for name, field in LoadExperimentStatus.model_fields.items()}

    assert fields > OF_THE_OPERATOR


def test_a_failed_experiment_says_why(finished: dict[str, Any]) -> None:
    failed = {"type": "Failed", "status": "True", "reason": "NeverReady", "message": "no pod"}
    finished["status"] = {
        "phase": "Failed",
        "verdict": "Error",
        "conditions": [each | SINCE for each in (failed, FINISHED)],
    }

    document = yaml.safe_load(export(Experiment.of(finished), Format.YAML))

    assert document["conditions"][0]["message"] == "no pod"


def test_csv_has_one_flat_row_per_cell_and_leaves_unknown_figures_empty(
    finished: dict[str, Any],
) -> None:
    rows = list(csv.DictReader(io.StringIO(export(Experiment.of(finished), Format.CSV))))

    assert [row["variant"] for row in rows] == ["sync", "async", "asyncpg"]
    assert rows[0]["virtualUsers"] == "64"
    assert [row["standing"] for row in rows] == ["Sound", "Bound", ""]
    assert rows[1]["p95Ms"] == "41.25"
    assert rows[1]["serviceCpuMicrosPerRequest"] == "411.0"
    assert rows[2]["requestsPerSecond"] == rows[2]["p95Ms"] == ""
    assert "workerCpuMicrosPerRequest" not in rows[0]


def test_every_figure_says_how_well_it_is_known(finished: dict[str, Any]) -> None:
    """The table says ≥ 1,847 and > 41: without these columns both were plain numbers."""
    row = finished["status"]["results"][1]
    row["capacity"] = {"mean": 1847, "standing": "Bound", "why": "Pilot"}
    row["p95Ms"] = {"mean": 41.25, "least": 40, "most": 43, "standing": "Unsound", "why": "Growing"}
    row["cpuMicros"] = {"mean": 476, "low": 470, "high": 482}
    row["crashes"] = 2

    told = list(csv.DictReader(io.StringIO(export(Experiment.of(finished), Format.CSV))))[1]

    assert [told[name] for name in ("standing", "why")] == ["Bound", "GeneratorSaturated"]
    assert [told[f"capacity{name}"] for name in ("", "Standing", "Why")] == [
        "1847.0",
        "Bound",
        "Pilot",
    ]
    assert [told[f"p95Ms{name}"] for name in ("", "Low", "Least", "Most", "Standing", "Why")] == [
        *("41.25", "", "40.0", "43.0", "Unsound", "Growing")
    ]
    assert [told[f"cpuMicros{name}"] for name in ("Low", "High", "Standing", "Why")] == [
        *("470.0", "482.0", "Sound", "")
    ]
    assert told["crashes"] == "2"


def test_every_figure_of_a_row_has_its_columns(finished: dict[str, Any]) -> None:
    """A new one needs them, too."""
    figures = {name for name, field in ResultRow.model_fields.items() if field.annotation == MAYBE}
    names = {"requests_per_second": "", "p95_ms": "p95Ms", "cpu_micros": "cpuMicros"}
    names["capacity"] = "capacity"
    (first, *_) = csv.DictReader(io.StringIO(export(Experiment.of(finished), Format.CSV)))

    assert figures == set(names)
    assert {f"{name}Standing" if name else "standing" for name in names.values()} <= set(first)


def test_markdown_is_what_a_terminal_shows_and_nobody_can_break_it(
    finished: dict[str, Any],
) -> None:
    finished["status"]["results"][1]["bottleneck"]["evidence"] = "a | b <img> [x](y) @team\nc"

    lines = export(Experiment.of(finished), Format.MD).splitlines()

    headings, rule, sync = (line.split(" | ") for line in lines[2:5])
    assert lines[:2] == ["**select  workers=2  virtualUsers=64**", ""]
    assert headings[:3] == ["| variant", "req/s", "p50 ms"]
    assert rule == ["| ---", *(["---:"] * 11), "--- |"]
    assert sync[:3] == ["| sync", r"1,105 \[1,050, 1,160\]", "44"]
    assert r"- async: a \| b \<img\> \[x\](y) \@team c" in lines
    assert "- Verdict: Passed" in lines
    widths = {line.replace(r"\|", "").count("|") for line in lines if line.startswith("| ")}
    assert widths == {14, 9, 7, 4}


def test_without_results_there_are_no_rows_and_markdown_says_why(running: dict[str, Any]) -> None:
    failed = {"type": "Failed", "status": "True", "reason": "ImageMissing", "message": "no shop:1"}
    running["status"] |= {"phase": "Failed", "conditions": [failed | SINCE]}

    assert export(Experiment.of(running), Format.CSV) == ""
    assert "ImageMissing: no shop:1" in export(Experiment.of(running), Format.MD)
