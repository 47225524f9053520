"""`loadlab report` writes a file that says what the experiment says, with what may be read."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.api_server import ApiServer, Run
from tests.unit.report.examples import full


@pytest.fixture
def wells() -> dict[str, Any]:
    experiment, trials = full()
    ApiServer.reads = [(200, [experiment])]
    ApiServer.trials = (200, [{"metadata": {}, "items": trials}])
    return experiment


def test_it_writes_the_report_of_an_experiment_and_its_trials(
    loadlab: Run, wells: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "report.html"

    code, out, err = loadlab("report", "select", "-o", str(file))

    assert (code, out, err) == (0, f"select: written to {file}\n", "")
    text = file.read_text()
    assert "<h1>wells</h1>" in text
    assert text.count('<figure class="trial') == 24


def test_the_file_is_called_as_the_experiment(
    loadlab: Run, wells: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert loadlab("report", "select")[1] == "select: written to select.html\n"
    assert (tmp_path / "select.html").is_file()


def test_it_can_go_to_standard_output(loadlab: Run, wells: dict[str, Any]) -> None:
    code, out, _ = loadlab("report", "select", "-o", "-")

    assert code == 0
    assert out.startswith("<!doctype html>")


def test_who_may_not_read_trials_gets_a_report_without_them(
    loadlab: Run, wells: dict[str, Any]
) -> None:
    ApiServer.trials = (403, [{"kind": "Status", "reason": "Forbidden"}])

    code, out, _ = loadlab("report", "select", "-o", "-")

    assert code == 0
    assert "Without its trials: LoadTrials in lab may not be read (403 Forbidden)" in out


def test_a_failed_experiment_is_reported_with_exit_code_0(
    loadlab: Run, wells: dict[str, Any]
) -> None:
    wells["status"]["verdict"] = "Failed"

    code, out, _ = loadlab("report", "select", "-o", "-")

    assert code == 0
    assert "Verdict: Failed" in out


def test_a_file_that_cannot_be_written_is_one_line(
    loadlab: Run, wells: dict[str, Any], tmp_path: Path
) -> None:
    code, _, err = loadlab("report", "select", "-o", str(tmp_path / "none" / "report.html"))

    assert code == 1
    assert err.startswith("loadlab: cannot write ")


def test_a_status_of_another_release_is_named(loadlab: Run, wells: dict[str, Any]) -> None:
    wells["status"]["results"][0]["validity"] = "Perhaps"

    code, _, err = loadlab("report", "select", "-o", "-")

    assert code == 1
    assert "is of another release" in err
