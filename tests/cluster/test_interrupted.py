"""An `up` that was interrupted: `down` without a word means what was being made."""

from dataclasses import replace
from pathlib import Path

import pytest

from loadlab_cluster.build import embedded_builder
from loadlab_cluster.clusters import noted_kind
from loadlab_cluster.embedded import EmbeddedCluster
from loadlab_cluster.handout import note_cluster, remove_handout
from loadlab_cluster.kind import KindCluster
from loadlab_cluster.machine_docker import MachineDocker
from loadlab_cluster.places import Places
from loadlab_cluster.settings import Settings


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    return replace(settings, handout=tmp_path / ".state")


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_half_of_a_kind_cluster_is_what_down_means(
    own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no kind is on the PATH, `down` said that nothing is up, of the embedded one."""
    monkeypatch.setattr(MachineDocker, "answers", lambda _: True)
    monkeypatch.setattr(MachineDocker, "kubectl", lambda _: ["kubectl"])
    monkeypatch.setattr(KindCluster, "nodes", lambda _: {})
    monkeypatch.setattr(KindCluster, "_create", interrupt)
    with pytest.raises(KeyboardInterrupt):
        KindCluster(own, MachineDocker(own)).up()

    assert noted_kind(own) == "kind"


def test_half_of_an_embedded_one_is_what_down_means(
    own: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Places, "remember", interrupt)
    with pytest.raises(KeyboardInterrupt):
        EmbeddedCluster(own, embedded_builder(own))._prepare(tmp_path / "hyperkube")

    assert noted_kind(own) == "embedded"


def test_the_note_of_a_cluster_that_may_be_up_stays(own: Settings) -> None:
    note_cluster(own, "embedded")
    note_cluster(own, "kind")
    remove_handout(own, "kind")

    assert noted_kind(own) == "embedded"
