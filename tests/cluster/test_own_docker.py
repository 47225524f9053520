"""A Docker of our own under kind: when it is taken, what it is told, and what stands in for it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from loadlab_cluster import clusters, machine_docker, own_docker
from loadlab_cluster.clusters import choose_engine, noted_kind
from loadlab_cluster.containerd import Containerd, EveryNode
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.handout import Access, remove_handout, write_handout
from loadlab_cluster.kind_config import LABEL
from loadlab_cluster.machine_docker import MachineDocker
from loadlab_cluster.network import DOCKER, EMBEDDED
from loadlab_cluster.node_image import LINKS, RECIPE
from loadlab_cluster.own_docker import RUNTIME, OwnDocker
from loadlab_cluster.settings import SOURCES, Settings

IN_A_BUNDLE = {
    "process": {
        "args": ["sh"],
        "oomScoreAdj": -900,
        "capabilities": {"bounding": ["CAP_CHOWN", "CAP_SYS_RESOURCE"], "ambient": None},
    },
    "root": {"path": "rootfs"},
}


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A machine on which Docker answers or not, and one of our own can be run or not."""

    def say(
        *, answers: bool, own_runs: bool = False, own_can_run: bool = True, keeps: str = "other"
    ) -> None:
        left = ["process 1"] if own_runs else []
        container = tmp_path / "0123"
        container.mkdir()
        labels = {"Config": {"Labels": {LABEL: keeps, "io.x-k8s.kind.role": "worker"}}}
        (container / "config.v2.json").write_text(json.dumps(labels, separators=(",", ":")))
        monkeypatch.setattr(machine_docker, "CONTAINERS", tmp_path)
        monkeypatch.setattr(MachineDocker, "answers", lambda _: answers)
        monkeypatch.setattr(OwnDocker, "leftovers", lambda _: left)
        monkeypatch.setattr(clusters, "can_run_own_docker", lambda: own_can_run)

    return say


@pytest.mark.parametrize(
    ("machine", "engine"),
    [
        ({"answers": True}, MachineDocker),
        ({"answers": False}, OwnDocker),
        # What was begun in ours is ended there, though Docker was started since.
        ({"answers": True, "own_runs": True}, OwnDocker),
        # The message is then that of the machine's: start Docker, or join its group.
        ({"answers": False, "own_can_run": False}, MachineDocker),
        # Stopped, with our nodes in it: one of our own would hide them.
        ({"answers": False, "keeps": "loadlab"}, MachineDocker),
    ],
)
def test_a_docker_of_our_own_is_for_machines_without(
    docker, settings: Settings, machine: dict[str, Any], engine: type
) -> None:
    docker(**machine)

    assert isinstance(choose_engine(settings), engine)


def test_who_may_not_run_one_is_told_what_to_do(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_docker, "can_run_own_docker", lambda: False)
    monkeypatch.setattr(OwnDocker, "answers", lambda _: False)

    with pytest.raises(ClusterError, match="needs root on Debian: start the machine's Docker"):
        OwnDocker(settings).ensure()


@pytest.mark.parametrize(("cluster", "noted"), [("kind", "kind"), ("current", "")])
def test_the_cluster_that_is_up_is_the_one_that_is_meant(
    settings: Settings, tmp_path: Path, cluster: str, noted: str
) -> None:
    """`make down` after `CLUSTER=kind make up`; a user's own context is only taken by name."""
    own = Settings(settings.cache, settings.state, tmp_path / ".state", settings.versions)
    write_handout(own, Access(cluster, "a test cluster", "kubectl"))
    while_up = noted_kind(own)
    remove_handout(own, cluster)

    assert (while_up, noted_kind(own)) == (noted, "")


def test_both_namespaces_can_be_there_at_once() -> None:
    names = [{n.name, n.host_link, n.inner_link, n.address} for n in (EMBEDDED, DOCKER)]

    assert names[0].isdisjoint(names[1])
    assert all(len(name) <= 15 for name in (DOCKER.host_link, DOCKER.inner_link))  # IFNAMSIZ


def test_the_api_server_is_where_the_link_leads(settings: Settings, tmp_path, monkeypatch) -> None:
    engine = OwnDocker(settings)
    monkeypatch.setattr(engine, "folder", tmp_path)
    config = yaml.safe_load(engine.config().read_text())

    assert config.pop("networking") == {"apiServerAddress": DOCKER.address, "apiServerPort": 6443}
    assert config == yaml.safe_load((SOURCES / "kind.yaml").read_text())
    assert engine.direct_address == DOCKER.address


def test_no_node_is_pulled_where_there_is_no_registry(settings: Settings, monkeypatch) -> None:
    monkeypatch.setenv("LOADLAB_KIND_NODE", "kindest/node:v1.33.4@sha256:1")

    with pytest.raises(ClusterError, match="LOADLAB_KIND_NODE is for a Docker that answers"):
        OwnDocker(settings).ensure_node_image()


def test_runc_is_asked_only_for_what_this_root_has(tmp_path: Path) -> None:
    """With a runc that prints what it was started with, and a root that lacks the capability."""
    (tmp_path / "bin").mkdir()
    runc = tmp_path / "bin" / "runc"
    runc.write_text('#!/bin/sh\necho "$@"\n')
    runc.chmod(0o755)
    bundle = tmp_path / "config.json"
    bundle.write_text(json.dumps(IN_A_BUNDLE))
    script = RUNTIME.read_text().replace("bool(int(", "not bool(1 or int(")
    words = ["create", "--bundle", str(tmp_path), "name"]
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        env={"PATH": f"{runc.parent}:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )

    process = json.loads(bundle.read_text())["process"]
    assert done.stdout.split() == words
    assert process["capabilities"] == {"bounding": ["CAP_CHOWN"], "ambient": []}
    assert (process["oomScoreAdj"], process["args"]) == (0, ["sh"])


class Images(Containerd):
    """A node that has these images."""

    def __init__(self, *names: str) -> None:
        self.names = set(names)

    def images(self) -> set[str]:
        return self.names

    def answers(self) -> bool:
        return bool(self.names)

    def load(self, archive: Path) -> None:
        self.names.add(archive.name)


def test_an_image_is_there_when_every_node_has_it(tmp_path: Path) -> None:
    nodes = [Images("a", "b"), Images("b")]
    store = EveryNode(nodes)
    before = store.images()
    store.load(tmp_path / "a")

    assert (before, store.images()) == ({"b"}, {"a", "b"})
    assert store.answers()
    assert not EveryNode([]).answers()
    assert not EveryNode([Images("a"), Images()]).answers()


def test_the_nodes_network_runs_in_the_image_that_is_built_for_it() -> None:
    manifests = yaml.safe_load_all((RECIPE / "root/kind/manifests/default-cni.yaml").read_text())
    (daemon,) = (each for each in manifests if each["kind"] == "DaemonSet")
    (container,) = daemon["spec"]["template"]["spec"]["containers"]

    assert container["image"] == "localhost/loadlab/kind-network:dev"
    assert container["imagePullPolicy"] == "Never"
    assert {"iptables", "ip6tables-restore"} < set(LINKS)
