"""The exit code follows the verdict, and only of an experiment that ended."""

from typing import Any

import pytest

from loadlab.cli.errors import CliError
from loadlab.cli.experiment import ExitCode, Experiment


@pytest.mark.parametrize(
    ("verdict", "phase", "code"),
    [
        ("Passed", "Succeeded", ExitCode.PASSED),
        ("Failed", "Failed", ExitCode.CRITERIA_FAILED),
        ("Failed", "Succeeded", ExitCode.CRITERIA_FAILED),
        ("Inconclusive", "Succeeded", ExitCode.INCONCLUSIVE),
        ("Error", "Failed", ExitCode.ERROR),
        (None, "Failed", ExitCode.ERROR),
        ("Passed", "Terminated", ExitCode.ERROR),
    ],
)
def test_exit_code_of_a_finished_experiment(
    finished: dict[str, Any], verdict: str | None, phase: str, code: ExitCode
) -> None:
    finished["status"] |= {"verdict": verdict, "phase": phase}

    assert Experiment.of(finished).exit_code is code


def test_a_verdict_before_the_end_counts_as_not_finished(finished: dict[str, Any]) -> None:
    finished["status"]["conditions"][0]["status"] = "False"

    assert Experiment.of(finished).exit_code is ExitCode.NOT_FINISHED


def test_an_experiment_without_a_status_is_pending() -> None:
    experiment = Experiment.of({"metadata": {"name": "new", "namespace": "lab"}})

    assert experiment.line == "new: Pending"
    assert experiment.exit_code is ExitCode.NOT_FINISHED


def test_the_line_says_what_runs(running: dict[str, Any]) -> None:
    assert Experiment.of(running).line == "select: Running, 3/9 trials, running select-004"


def test_the_line_says_why_it_failed(finished: dict[str, Any]) -> None:
    failed = {"type": "Failed", "status": "True", "reason": "ImagePullFailed", "message": "no x"}
    finished["status"]["conditions"].append({**failed, "lastTransitionTime": "2026-11-20T14:00Z"})

    assert Experiment.of(finished).line.endswith("ImagePullFailed: no x")


def test_a_status_of_another_release_is_an_error_that_names_the_field(
    finished: dict[str, Any],
) -> None:
    finished["status"]["verdict"] = "Splendid"

    with pytest.raises(CliError, match=r"lab/select is of another release \(status\.verdict"):
        Experiment.of(finished)


def test_what_a_pending_one_waits_for_is_named(finished):
    status = {"phase": "Pending", "queuePosition": 0, "waitsFor": "spec.suspend"}

    line = Experiment.of(finished | {"status": status}).line

    assert line.endswith(": Pending, 0 ahead in the queue, waits for spec.suspend")
