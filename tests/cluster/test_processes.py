"""Daemons, cgroups and steps: only our own processes end, and failures name their log."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from loadlab_cluster import daemons
from loadlab_cluster.cgroups import ensure_cgroups, pod_cgroups, pod_processes, remove_cgroups
from loadlab_cluster.cli import main
from loadlab_cluster.commands import read_output, run_logged, run_shown
from loadlab_cluster.components import Component
from loadlab_cluster.errors import ClusterError, CommandError
from loadlab_cluster.settings import REPOSITORY, Settings
from loadlab_cluster.terminal import duration, step

SLEEP = "import time; time.sleep(60)"


def sleeping(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", SLEEP, *words])


@pytest.fixture
def run_folder(settings: Settings) -> Path:
    folder = settings.state / "run"
    folder.mkdir(parents=True)
    return folder


def test_a_pid_that_another_program_got_is_not_ours(settings: Settings, run_folder: Path) -> None:
    other = sleeping("something-else")
    (run_folder / "etcd.pid").write_text(str(other.pid))
    found = daemons.running_pid(Component("etcd", ()), settings)
    daemons.stop([other.pid])
    other.wait()

    assert found is None


def test_our_own_daemon_is_found_and_ended(settings: Settings, run_folder: Path) -> None:
    ours = sleeping(str(settings.state))
    (run_folder / "etcd.pid").write_text(str(ours.pid))
    found = daemons.running_pid(Component("etcd", ()), settings)
    daemons.stop([ours.pid])

    assert found == ours.pid
    assert ours.wait() == -15


def test_a_process_that_ignores_the_first_signal_is_killed() -> None:
    ignore = "import signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True);" + SLEEP
    stubborn = subprocess.Popen([sys.executable, "-c", ignore], stdout=subprocess.PIPE)
    assert stubborn.stdout
    stubborn.stdout.readline()
    daemons.stop([stubborn.pid], grace=0.2)
    stubborn.stdout.close()

    assert stubborn.wait() == -9


def test_no_pid_file_means_not_running(settings: Settings) -> None:
    assert daemons.running_pid(Component("etcd", ()), settings) is None


def v1_root(folder: Path) -> Path:
    for name in ("cpuset", "memory"):
        (folder / name).mkdir()
        (folder / name / "cgroup.procs").write_text("1\n")
    (folder / "cpuset" / "cpuset.cpus").write_text("0-1")
    return folder


def test_every_v1_hierarchy_gets_a_folder(tmp_path: Path) -> None:
    root = v1_root(tmp_path)
    ensure_cgroups(root)

    assert [path.relative_to(root) for path in pod_cgroups(root) if path.is_dir()] == [
        Path("cpuset/loadlab"),
        Path("memory/loadlab"),
    ]


def test_processes_are_found_at_any_depth(tmp_path: Path) -> None:
    pod = v1_root(tmp_path) / "memory" / "loadlab" / "kubepods" / "pod1"
    pod.mkdir(parents=True)
    (pod / "cgroup.procs").write_text("11\n12\n")

    assert pod_processes(tmp_path) == {11, 12}


def test_removing_cgroups_leaves_those_of_others(tmp_path: Path) -> None:
    root = v1_root(tmp_path)
    (root / "memory" / "somebody").mkdir()
    (root / "memory" / "loadlab" / "kubepods" / "pod1").mkdir(parents=True)
    remove_cgroups(root)

    assert not (root / "memory" / "loadlab").exists()
    assert (root / "memory" / "somebody").exists()


def test_a_failed_program_shows_the_end_of_its_log(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    with pytest.raises(CommandError) as raised:
        run_logged(["sh", "-c", "echo what went wrong; exit 7"], log)

    assert "ended with 7" in str(raised.value)
    assert "what went wrong" in str(raised.value)
    assert str(log) in str(raised.value)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (8, "8 s"), (89, "89 s"), (120, "2 min"), (330, "5.5 min")]
)
def test_durations_read_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_step_says_its_time_before_and_after(capsys: pytest.CaptureFixture[str]) -> None:
    with step("Do it", first=330, again=1):
        pass

    first, last = capsys.readouterr().out.splitlines()
    assert first == "▸ Do it (first time about 5.5 min, again 1 s)"
    assert last.startswith("  done in ")


def test_help_teaches_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    text = capsys.readouterr().out
    for command in ("up", "down", "images", "install", "run", "status", "kubectl", "demo", "venv"):
        assert f"\n    {command} " in text


def test_a_command_without_arguments_refuses_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["down", "everything"])

    assert "down takes no arguments" in capsys.readouterr().err


def test_this_process_is_never_found_as_a_leftover() -> None:
    assert os.getpid() not in daemons.processes_naming("pytest")


@pytest.mark.parametrize(
    ("program", "remedy"),
    [
        (REPOSITORY / ".state" / "bin" / "no-such", "`make up`"),
        (REPOSITORY / ".venv" / "bin" / "no-such", "`make venv`"),
        ("no-such-program", "install it"),
    ],
    ids=["of the hand-out", "of the environment", "of the machine"],
)
def test_a_program_that_is_not_there_is_a_message_with_the_remedy(
    program: str | Path, remedy: str, tmp_path: Path
) -> None:
    with pytest.raises(ClusterError, match=f"{program} is not .*{remedy}"):
        read_output([program])
    with pytest.raises(ClusterError, match=remedy):
        run_logged([program], tmp_path / "log")
    with pytest.raises(ClusterError, match=remedy):
        run_shown([program], env={})
