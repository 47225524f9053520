"""The commands against an API server on loopback: output, errors that help, exit codes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loadlab import __version__
from loadlab.cli import main
from tests.unit.cli.api_server import Answer, ApiServer, Run, kubeconfig_for


def test_results_prints_the_table_and_exits_by_the_verdict(
    loadlab: Run, finished: dict[str, Any]
) -> None:
    ApiServer.reads = [(200, [finished])]

    code, out, err = loadlab("results", "select")

    assert (code, err) == (0, "")
    assert "2,008 [1,908, 2,109]" in out
    assert "Verdict: Passed" in out
    assert "\x1b" not in out


def test_results_as_json_is_json(loadlab: Run, finished: dict[str, Any]) -> None:
    finished["status"]["verdict"] = "Failed"
    ApiServer.reads = [(200, [finished])]

    code, out, _ = loadlab("results", "select", "-n", "lab", "-o", "json")

    assert code == 3
    assert json.loads(out)["name"] == "select"


def test_a_gate_prints_its_checks_and_writes_junit(
    loadlab: Run, finished: dict[str, Any], tmp_path: Path
) -> None:
    del finished["status"]["results"][2]  # it is Invalid, and nothing passes with one
    ApiServer.reads = [(200, [finished])]
    file = tmp_path / "junit.xml"

    code, out, err = loadlab("gate", "select", "--fail-on", "criteria", "--junit", str(file))

    assert (code, err) == (0, "")
    assert out.startswith("passed: finished: Succeeded, 9/9 trials\n")
    assert 'tests="' in file.read_text()


def test_a_gate_that_cannot_write_says_so(
    loadlab: Run, finished: dict[str, Any], tmp_path: Path
) -> None:
    ApiServer.reads = [(200, [finished])]

    code, _, err = loadlab("gate", "select", "--junit", str(tmp_path / "none" / "junit.xml"))

    assert (code, err.startswith("loadlab: cannot write ")) == (1, True)


def test_status_is_one_line(loadlab: Run, running: dict[str, Any]) -> None:
    ApiServer.reads = [(200, [running])]

    code, out, _ = loadlab("status", "select")

    assert (code, out) == (2, "select: Running, 3/9 trials, running select-004\n")


def test_following_prints_each_change_once_and_ends_with_the_experiment(
    loadlab: Run, running: dict[str, Any], finished: dict[str, Any]
) -> None:
    ApiServer.reads = [(200, [running])]
    ApiServer.watches = [
        (200, [{"type": "MODIFIED", "object": running}]),
        (410, [{"kind": "Status", "code": 410, "reason": "Expired"}]),
        (200, [{"type": "MODIFIED", "object": finished}]),
    ]

    code, out, _ = loadlab("status", "select", "--watch")

    assert code == 0
    assert out.splitlines() == [
        "select: Running, 3/9 trials, running select-004",
        "select: Succeeded, 9/9 trials, verdict Passed",
    ]


def test_following_ends_with_2_when_the_time_is_up(loadlab: Run, running: dict[str, Any]) -> None:
    ApiServer.reads = [(200, [running])]
    ApiServer.watches = [(200, [])]

    code, _, err = loadlab("status", "select", "--watch", "--timeout", "1")

    assert code == 2
    assert "did not finish within 1 s" in err


def test_a_deleted_experiment_ends_the_following(loadlab: Run, running: dict[str, Any]) -> None:
    ApiServer.reads = [(200, [running])]
    ApiServer.watches = [(200, [{"type": "DELETED", "object": running}])]

    code, _, err = loadlab("status", "select", "--watch")

    assert (code, err) == (1, "loadlab: LoadExperiment lab/select was deleted\n")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((404, [{"kind": "Status", "reason": "NotFound"}]), "lab/select does not exist; list"),
        ((404, ["404 page not found"]), "install LoadLab's chart"),
        ((403, [{"kind": "Status", "reason": "Forbidden"}]), "kubectl auth can-i get"),
        ((401, [{"kind": "Status", "reason": "Unauthorized"}]), "(401): log in anew"),
        ((500, ["oops"]), "answered 500"),
    ],
    ids=["no object", "no CRD", "forbidden", "not logged in", "server error"],
)
def test_a_refusal_names_the_object_and_the_remedy(loadlab: Run, answer: Answer, says: str) -> None:
    ApiServer.reads = [answer]

    code, out, err = loadlab("results", "select")

    assert (code, out) == (1, "")
    assert says in err
    assert "Traceback" not in err


def test_a_kubeconfig_that_is_missing_is_an_error_with_a_remedy(
    loadlab: Run, tmp_path: Path
) -> None:
    code, _, err = loadlab("results", "select", config=tmp_path / "none")

    assert code == 1
    assert "set KUBECONFIG" in err


def test_an_api_server_that_is_away_is_named(loadlab: Run, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.write_text(json.dumps(kubeconfig_for("http://127.0.0.1:1")))

    code, _, err = loadlab("results", "select", config=away)

    assert code == 1
    assert "http://127.0.0.1:1 does not answer ([Errno 111] Connection refused)" in err
    assert "make up starts the one of this repository" in err


@pytest.mark.parametrize("command", [[], ["results"], ["status"]])
def test_help_documents_the_exit_codes(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["loadlab", *command, "--help"])
    with pytest.raises(SystemExit):
        main()

    assert "3  a criterion failed" in capsys.readouterr().out


def test_version_is_the_distribution_s(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["loadlab", "version"])
    with pytest.raises(SystemExit) as ended:
        main()

    assert (ended.value.code, capsys.readouterr().out) == (0, f"{__version__}\n")


LOST = {
    "metadata": {"name": "select-002"},
    "status": {
        "phase": "Lost",
        "reason": "NoResult",
        "message": "no request succeeded",
        "evidence": [
            {
                "attempt": 2,
                "component": "service",
                "pod": "select-002-a2",
                "node": "n1",
                "reason": "Error",
                "exitCode": 3,
                "restarts": 1,
                "lines": ["WORKER TIMEOUT (pid:8) [bold]"],
            }
        ],
    },
}
GOOD = {"metadata": {"name": "select-001"}, "status": {"phase": "Succeeded"}}


@pytest.mark.parametrize("command", ["results", "status"])
def test_a_trial_that_did_not_count_is_shown_with_its_last_words(
    loadlab: Run, finished: dict[str, Any], command: str
) -> None:
    finished["status"]["trials"] = {"planned": 2, "succeeded": 1, "lost": 1}
    ApiServer.reads = [(200, [finished])]
    ApiServer.trials = (200, [{"items": [GOOD, LOST], "metadata": {}}])

    code, out, err = loadlab(command, "select")

    assert (code, err) == (0, "")
    assert "select-002 Lost: NoResult: no request succeeded" in out
    assert "attempt 2, service pod select-002-a2 on n1, Error, exit code 3, 1 restarts" in out
    assert "    WORKER TIMEOUT (pid:8) [bold]" in out
    assert "select-001 " not in out


def test_who_may_not_read_trials_sees_the_experiment(
    loadlab: Run, finished: dict[str, Any]
) -> None:
    finished["status"]["trials"] = {"planned": 2, "succeeded": 1, "lost": 1}
    ApiServer.reads = [(200, [finished])]
    ApiServer.trials = (403, [{"kind": "Status", "reason": "Forbidden"}])

    assert loadlab("status", "select")[0] == 0


def test_help_lists_the_commands_in_the_order_of_use_each_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["loadlab", "--help"])
    with pytest.raises(SystemExit):
        main()

    listed = capsys.readouterr().out.partition("Commands:\n")[2].splitlines()
    names, words = zip(*(line.split(maxsplit=1) for line in listed if line), strict=True)
    assert names == (
        *("init", "doctor", "plan", "validate", "run", "status", "wait", "results", "report"),
        *("dashboard", "compare", "gate", "export", "bundle", "completion", "version"),
    )
    assert all(len(said) < 60 and said.endswith(".") and "..." not in said for said in words)


def test_what_only_some_commands_need_is_not_loaded_by_all() -> None:
    """Templates, the client and Parquet take seconds on a small machine, also of `--help`."""
    slow = "{'jinja2', 'kubernetes', 'polars', 'loadlab.report', 'loadlab.cli.bundle'}"
    program = f"import sys, loadlab.cli.app; print(sorted({slow} & sys.modules.keys()))"

    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert done.stdout == "[]\n"
