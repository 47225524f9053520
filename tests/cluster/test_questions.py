"""What is asked of other programs: it ends, and what does not answer is named with the remedy."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from loadlab_cluster import clusters, experiments, machine_docker
from loadlab_cluster.commands import read_lines, read_output, succeeds
from loadlab_cluster.errors import ClusterError, NoAnswerError
from loadlab_cluster.handout import Access, write_handout
from loadlab_cluster.machine_docker import MachineDocker
from loadlab_cluster.settings import Settings

HANGS = "exec sleep 60"
Add = Callable[[str, str], Path]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Add:
    """A machine that has the programs which a test gives it, before all others."""
    folder = tmp_path / "machine"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.defpath}")

    def add(name: str, script: str) -> Path:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
        return folder / name

    return add


@pytest.mark.parametrize("ask", [read_output, succeeds])
def test_what_does_not_answer_is_named_with_the_remedy(machine: Add, ask: Callable[..., object]):
    machine("docker", HANGS)

    with pytest.raises(NoAnswerError, match=r"no answer within 0.2 s: docker ps --all\n  Start it"):
        ask(["docker", "ps", "--all"], seconds=0.2)


def test_lines_are_read_as_they_come_until_the_time_is_over(machine: Add):
    machine("watches", "echo one; echo two; exec sleep 60")

    assert list(read_lines(["watches"], seconds=0.5)) == ["one\n", "two\n"]


def test_a_program_whose_lines_nobody_reads_on_is_ended(machine: Add, tmp_path: Path):
    machine("watches", f"echo $$ > {tmp_path}/pid; echo one; exec sleep 60")
    lines = read_lines(["watches"], seconds=60)
    next(lines)
    lines.close()

    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_program_that_ends_badly_while_its_lines_are_read_is_quoted(machine: Add):
    machine("watches", "echo one; echo 'no such experiment' >&2; exit 1")

    with pytest.raises(ClusterError, match=r"watches ended with 1: no such experiment"):
        list(read_lines(["watches"], seconds=60))


def test_progress_is_followed_by_one_program_and_anew_where_its_watch_ends(
    machine: Add, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Asked once a second, kubectl takes CPUs that the load generator shares."""
    asked = tmp_path / "asked"
    kubectl = machine(
        "kubectl",
        f"""echo x >> {asked}
        if [ $(wc -l < {asked}) = 1 ]; then echo ' |'; echo 'Running 0/1|False'; exit 0; fi
        echo 'Running 0/1|False'; echo 'Succeeded 1/1|True'; exec sleep 60""",
    )

    experiments._follow(kubectl, "mine")

    said = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert said == ["Pending", "Running 0/1", "Succeeded 1/1"]
    assert len(asked.read_text().splitlines()) == 2


def test_a_docker_that_starts_is_not_taken_for_one_that_is_not_there(
    machine: Add, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    """Another cluster would be made beside the one that it holds."""
    machine("kind", "exit 0")
    machine("docker", HANGS)
    for module in (clusters, machine_docker):
        monkeypatch.setattr(module, "DOCKER_SECONDS", 0.2)

    for ask in (clusters.kind_works, MachineDocker(settings).answers):
        with pytest.raises(NoAnswerError, match="docker info"):
            ask()


def test_a_finalizer_that_stays_keeps_nobody_waiting(
    machine: Add, settings: Settings, tmp_path: Path
):
    own = replace(settings, handout=tmp_path / ".state")
    kubectl = machine(
        "kubectl", 'case "$1" in create) printf select ;; delete) echo "$*"; exit 1 ;; esac'
    )
    write_handout(own, Access("kind", "a test cluster", str(kubectl)))

    with pytest.raises(ClusterError) as refused:
        experiments.run_experiment(own, tmp_path / "select.yaml")

    assert "--timeout=180s" in str(refused.value)
    assert "get loadexperiment select -o yaml' for its finalizers" in str(refused.value)


@pytest.mark.parametrize(
    ("former", "expected"),
    [
        ({}, "127.0.0.1"),
        ({"NO_PROXY": "a"}, "127.0.0.1,a"),
        ({"no_proxy": "b"}, "127.0.0.1,b"),
        ({"NO_PROXY": "a", "no_proxy": "b"}, "127.0.0.1,a,b"),
    ],
)
def test_no_proxy_leads_to_kind(
    settings: Settings, tmp_path: Path, former: dict[str, str], expected: str
):
    """Of the two names Go takes the first that is set, Python's urllib the second."""
    own = replace(settings, handout=tmp_path / ".state")
    address = MachineDocker(own).direct_address
    write_handout(own, Access("kind", "a test cluster", "env", direct_address=address))
    said = subprocess.run(
        [own.program("kubectl")],
        env={"PATH": os.defpath, **former},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    told = dict(line.split("=", 1) for line in said.splitlines())
    assert (told["NO_PROXY"], told["no_proxy"]) == (expected, expected)


def loadlab_that_notes(settings: Settings, tmp_path: Path, code: int = 0) -> Settings:
    own = replace(settings, handout=tmp_path / ".state")
    own.program("loadlab").parent.mkdir(parents=True)
    own.program("loadlab").write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/said\nexit {code}\n')
    own.program("loadlab").chmod(0o755)
    return own


def test_the_table_is_asked_for_past_the_proxy(settings: Settings, tmp_path: Path):
    """The demo's last step is what the wrapper does, which knows the address."""
    experiments.print_results(loadlab_that_notes(settings, tmp_path), "select")

    assert (tmp_path / "said").read_text() == "results select\n"


def test_a_report_lies_beside_the_table_and_is_not_missed(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(experiments, "REPORTS", tmp_path / "build" / "reports")
    experiments.write_report(loadlab_that_notes(settings, tmp_path, code=1), "select")

    file = tmp_path / "build" / "reports" / "select.html"
    assert (tmp_path / "said").read_text() == f"report select -o {file}\n"
    assert file.parent.is_dir()
