"""Machines that are not as ours: no Linux, an older Python, files of somebody else."""

import ast
import errno
import subprocess
import sys

import pytest

from loadlab_cluster import cli, clusters
from loadlab_cluster.build import embedded_builder
from loadlab_cluster.clusters import choose_engine
from loadlab_cluster.embedded import EmbeddedCluster
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.machine_docker import MachineDocker
from loadlab_cluster.own_docker import OwnDocker
from loadlab_cluster.settings import SOURCES, Settings

OLDER = """\
import runpy, sys
sys.version_info = (3, 9, 6)
runpy.run_module("loadlab_cluster", run_name="__main__")
"""


def test_an_older_python_is_told_which_one_is_needed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", OLDER],
        env={"PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: python3 is 3.9, and LoadLab needs 3.11 or later")


@pytest.mark.parametrize("name", ["__init__.py", "__main__.py"])
def test_what_says_so_an_older_python_can_read(name: str) -> None:
    text = (SOURCES / "loadlab_cluster" / name).read_text()

    assert ast.parse(text, feature_version=(3, 7))


def test_a_mac_with_docker_and_kind_needs_nothing_of_linux(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_proc(_: OwnDocker) -> list[str]:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "/proc")

    monkeypatch.setattr(OwnDocker, "leftovers", read_proc)
    monkeypatch.setattr(clusters, "can_run_own_docker", lambda: False)

    assert isinstance(choose_engine(settings), MachineDocker)


def test_on_a_mac_no_embedded_cluster_is_left_and_none_is_made(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    cluster = EmbeddedCluster(settings, embedded_builder(settings))

    assert cluster.leftovers() == []
    with pytest.raises(ClusterError, match="needs Linux and root; or use CLUSTER=kind"):
        cluster.up()


def test_a_cluster_of_roots_is_not_ended_by_others(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has no kind is offered the embedded one: he was told to take the checkout over."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(EmbeddedCluster, "leftovers", lambda _: ["process 1: etcd"])
    monkeypatch.setattr(EmbeddedCluster, "_stop", lambda _: None)
    monkeypatch.setattr(EmbeddedCluster, "_remove", lambda _: None)

    with pytest.raises(ClusterError, match="is root's: `make down` as root"):
        EmbeddedCluster(settings, embedded_builder(settings)).down()


@pytest.mark.parametrize(
    ("number", "path", "remedy"),
    [
        (errno.EACCES, "/home/me/loadlab/.state/bin", "chown -R $(id -u) /home/me/loadlab/.state"),
        (errno.ENOSPC, "/home/me/.cache/loadlab/kind-images.tar", "make distclean"),
        (errno.EROFS, "/loadlab/.state", "XDG_CACHE_HOME"),
        (errno.ENOENT, "/proc", "CLUSTER=kind"),
        (errno.EPERM, "", "repeat this as root"),
    ],
)
def test_what_the_system_refuses_is_one_line_with_the_path_and_the_remedy(
    number: int,
    path: str,
    remedy: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(_: Settings) -> None:
        raise OSError(number, "refused", path or None)

    monkeypatch.setattr(cli, "choose_cluster", refuse)

    assert cli.main(["up"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: " + (f"{path}: " if path else "") + "refused; ")
    assert remedy in said
    assert said.count("\n") == 1
