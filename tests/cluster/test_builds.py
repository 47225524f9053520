"""What builds leave: whose it is, what of it goes, and that a build under way is left alone."""

from pathlib import Path

import pytest

from loadlab_cluster import builds, clusters, own_docker
from loadlab_cluster.builds import build_leftovers, forget_builds
from loadlab_cluster.clusters import choose_engine
from loadlab_cluster.machine_docker import MachineDocker
from loadlab_cluster.mounts import mount_points
from loadlab_cluster.network import Network
from loadlab_cluster.own_docker import OwnDocker
from loadlab_cluster.settings import Settings, load_settings


@pytest.fixture
def run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That of buildah; not the one of this machine, on which somebody may build."""
    folder = tmp_path / "run" / "buildah"
    folder.mkdir(parents=True)
    monkeypatch.setattr(Settings, "build_run", folder)
    return folder


@pytest.mark.parametrize("is_building", [True, False])
def test_a_build_under_way_keeps_its_folder(
    settings: Settings, run_folder: Path, monkeypatch: pytest.MonkeyPatch, is_building: bool
) -> None:
    """`down` of one cluster while images of the other are built."""
    named = [1] * is_building
    monkeypatch.setattr("loadlab_cluster.builds.daemons.processes_naming", lambda _: named)
    left = build_leftovers(settings)
    forget_builds(settings)

    assert left == ([] if is_building else [f"folder {run_folder}"])
    assert run_folder.exists() is is_building


def test_what_the_embedded_nodes_builds_left_is_no_docker_of_our_own(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both build in one folder: the kind cluster in the machine's Docker would not be found."""
    nowhere = Network("loadlab-test", "198.18.77.9", "198.18.77.10")
    monkeypatch.setattr(own_docker, "DOCKER", nowhere)
    mounts = {settings.buildah_root: [f"{settings.buildah_root}/overlay/1/merged"]}
    for module in (builds, own_docker):
        monkeypatch.setattr(module, "mounts_under", lambda folder: mounts.get(folder, []))
    monkeypatch.setattr(clusters, "can_run_own_docker", lambda: True)
    monkeypatch.setattr(MachineDocker, "answers", lambda _: True)

    assert OwnDocker(settings).leftovers() == []
    assert isinstance(choose_engine(settings), MachineDocker)


def test_a_path_with_a_blank_is_found_among_what_is_mounted() -> None:
    """The kernel writes it in octal: what was mounted below HOME would stay."""
    line = r"36 35 98:0 / /home/a\040b/.cache/c\134d rw,noatime - overlay overlay rw"

    assert mount_points(f"{line}\n{line}\n") == {"/home/a b/.cache/c\\d"}


def test_a_cache_that_is_named_from_here_is_the_same_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Go builds in the folder of its module."""
    monkeypatch.chdir(tmp_path)

    assert load_settings({"XDG_CACHE_HOME": "cache"}).cache == tmp_path / "cache" / "loadlab"
