"""`loadlab wait`, and how the command is found: as a plugin of kubectl, and by a shell's tab."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loadlab.cli import main
from tests.unit.cli.api_server import ApiServer, Run


def change(resource: dict[str, Any]) -> dict[str, Any]:
    return {"type": "MODIFIED", "object": resource}


def at(phase: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {**resource, "status": {"phase": phase}}


def test_it_waits_for_the_end_and_exits_by_the_verdict(
    loadlab: Run, running: dict[str, Any], finished: dict[str, Any]
) -> None:
    finished["status"]["verdict"] = "Failed"
    ApiServer.reads, ApiServer.watches = [(200, [running])], [(200, [change(finished)])]

    code, out, err = loadlab("wait", "select", "--timeout", "1m")

    assert (code, err) == (3, "")
    assert out == "select: Succeeded, 9/9 trials, verdict Failed\n"


def test_it_waits_for_the_first_trial(loadlab: Run, running: dict[str, Any]) -> None:
    ApiServer.reads = [(200, [at("Pending", running)])]
    ApiServer.watches = [(200, [change(at("Preparing", running)), change(running)])]

    code, out, _ = loadlab("wait", "select", "--for", "started")

    assert (code, out) == (0, "select: Running, 3/9 trials, running select-004\n")


@pytest.mark.parametrize(("phase", "verdict", "code"), [
    ("Succeeded", "Failed", 0), ("Failed", "Error", 1)
])  # fmt: skip
def test_what_ended_is_not_waited_for(
    loadlab: Run, finished: dict[str, Any], phase: str, verdict: str, code: int
) -> None:
    finished["status"] |= {"phase": phase, "verdict": verdict}
    ApiServer.reads = [(200, [finished])]

    assert loadlab("wait", "select", "--for=started")[0] == code


def test_out_of_time_is_2_and_names_what_did_not_come(
    loadlab: Run, running: dict[str, Any]
) -> None:
    ApiServer.reads, ApiServer.watches = [(200, [at("Pending", running)])], [(200, [])]

    code, _, err = loadlab("wait", "select", "--for=started", "--timeout=1s")

    assert code == 2
    assert "lab/select has not started within 1 s" in err


@pytest.mark.parametrize("text", ["0", "0s", "soon", "", "-1"])
def test_a_timeout_that_is_none_is_wrong_usage(loadlab: Run, text: str) -> None:
    code, _, err = loadlab("wait", "select", f"--timeout={text}")

    assert code == 2
    assert "such as 90 or 30m" in err


def test_as_a_plugin_of_kubectl_it_is_called_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/kubectl-loadlab", "wait", "--help"])
    with pytest.raises(SystemExit):
        main()

    assert "Usage: kubectl loadlab wait " in capsys.readouterr().out


def test_the_script_of_a_shell_makes_it_complete(tmp_path: Path) -> None:
    program = tmp_path / "loadlab"
    program.write_text(f"#!{sys.executable}\nfrom loadlab.cli import main\nmain()\n")
    program.chmod(0o755)
    typed = 'source <(loadlab completion bash); COMP_WORDS=(loadlab "{}"); COMP_CWORD=1; {}; {}'
    function, answer = "_loadlab_completion loadlab", 'echo "${COMPREPLY[@]}"'
    environment = os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }

    found = subprocess.run(
        ["bash", "-c", typed.format("res", function, answer)],
        env=environment, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip

    assert (found.stdout, found.stderr) == ("results\n", "")


@pytest.mark.parametrize(("shell", "line"), [
    ("bash", "complete -o default -F _loadlab_completion loadlab"),
    ("zsh", "compdef _loadlab_completion loadlab"),
    ("fish", "complete --command loadlab "),
])  # fmt: skip
def test_there_is_a_script_for_each_shell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shell: str, line: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["loadlab", "completion", shell])
    with pytest.raises(SystemExit):
        main()

    assert line in capsys.readouterr().out
