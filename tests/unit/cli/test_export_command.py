"""`loadlab export` writes tables of cells, trials and seconds, for spreadsheets and for Parquet."""

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import polars
import pytest

from tests.unit.cli.api_server import ApiServer, Run
from tests.unit.report.examples import full


@pytest.fixture
def wells() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    experiment, trials = full()
    ApiServer.reads = [(200, [experiment])]
    ApiServer.trials = (200, [{"metadata": {}, "items": trials}])
    return experiment, trials


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_cells_are_those_of_results(loadlab: Run, wells) -> None:
    code, out, _ = loadlab("export", "select")

    assert code == 0
    assert out == loadlab("results", "select", "-o", "csv")[1]


def test_a_trial_is_a_row_with_its_percentiles_and_why_it_is_void(loadlab: Run, wells) -> None:
    found = rows(loadlab("export", "select", "--table", "trials")[1])

    assert len(found) == 24
    assert [found[0][n] for n in ("variant", "workers", "replicate")] == ["sync", "1", "2"]
    assert 40 < float(found[0]["p50Ms"]) < float(found[0]["p99Ms"]) < float(found[0]["p999Ms"])
    assert [row["trial"] for row in found if row["validity"] == "Invalid"] == ["wells-3f2a11-007"]
    assert "others used 0.79 CPU" in found[6]["reasons"]


def test_a_percentile_that_is_a_bound_is_no_figure(loadlab: Run, wells) -> None:
    wells[1][0]["status"]["measurement"]["judgement"]["reasons"] = [{"kind": "Growing"}]

    found = rows(loadlab("export", "select", "--table", "trials")[1])

    assert found[0]["p95Ms"] == ""
    assert found[1]["p95Ms"] != ""


def test_seconds_are_those_of_the_series(loadlab: Run, wells) -> None:
    series = wells[1][0]["status"]["measurement"]["measurement"]["series"]

    out = loadlab("export", "select", "--table", "seconds", "-o", "json")[1]

    first = [row for row in json.loads(out) if row["trial"] == "wells-3f2a11-001"]
    assert [row["requests"] for row in first] == series["requests"]
    assert [row["p99Ms"] * 1000 for row in first] == pytest.approx(series["p99_us"])
    assert [row["second"] for row in first] == list(range(30))


def test_parquet_holds_the_same_with_the_types_of_figures(
    loadlab: Run, wells, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    out = loadlab("export", "select", "--table", "seconds", "-o", "parquet")[1]

    assert out == "select: 720 rows written to select-seconds.parquet\n"
    found = polars.read_parquet(tmp_path / "select-seconds.parquet")
    told = loadlab("export", "select", "--table", "seconds", "-o", "json")[1]
    assert found.to_dicts() == json.loads(told)
    assert found.schema["requests"] == polars.Int64
    assert found.schema["p99Ms"] == polars.Float64


def test_parquet_of_columns_that_are_partly_unknown(loadlab: Run, wells, tmp_path: Path) -> None:
    wells[1][0]["status"] = {"phase": "Lost", "attempt": 2}
    file = tmp_path / "t.parquet"

    code, out, _ = loadlab(
        "export", "select", "--table=trials", "-o", "parquet", "--file", str(file)
    )

    assert (code, out) == (0, f"select: 24 rows written to {file}\n")
    assert polars.read_parquet(file)["requests"].null_count() == 1


def test_without_the_extra_it_says_how_to_get_it(
    loadlab: Run, wells, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "polars", None)

    code, _, err = loadlab("export", "select", "-o", "parquet")

    assert code == 1
    assert "pip install 'loadlab[parquet]'" in err
    assert list(tmp_path.glob("*.parquet")) == []


def test_nothing_yet_is_told(loadlab: Run, running: dict[str, Any]) -> None:
    ApiServer.reads = [(200, [running])]

    assert loadlab("export", "select")[::2] == (2, "loadlab: select has no cells yet\n")


def test_a_spreadsheet_is_given_no_formula(loadlab: Run, wells) -> None:
    wells[0]["status"]["results"][0]["failures"][0]["text"] = "=HYPERLINK(1)"

    found = rows(loadlab("export", "select")[1])

    assert found[0]["failures"].startswith("'=HYPERLINK(1)")


def test_a_trial_of_another_release_is_named_and_left_out(loadlab: Run, wells) -> None:
    wells[1][0]["spec"]["replicate"] = "first"

    code, out, err = loadlab("export", "select", "--table", "trials")

    assert code == 0
    assert len(rows(out)) == 23
    assert "Trial wells-3f2a11-001 is of another release: replicate" in err
