"""What `up`, `down` and `status` do with a kind cluster, by programs that note what they hear."""

from dataclasses import replace
from pathlib import Path

import pytest

from loadlab_cluster import kind
from loadlab_cluster.build import embedded_builder
from loadlab_cluster.embedded import EmbeddedCluster
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.handout import Access, write_handout
from loadlab_cluster.kind import KindCluster, find_lack
from loadlab_cluster.machine_docker import MachineDocker
from loadlab_cluster.settings import Settings

DOCKER = """\
echo "docker $*" >> "$LOADLAB_LOG"
case "$*" in
  ps*) cat "$LOADLAB_NODES" ;;
  inspect*) echo "kindest/node:v1@sha256:1" ;;
  cp*) cat "$2" > "$LOADLAB_MADE_OF" ;;
  "exec "*" cat "*) cat "$LOADLAB_MADE_OF" ;;
  exec*) while read -r name state; do echo "$name ${LOADLAB_READY-True}"; done < "$LOADLAB_KNOWN" ;;
  start*) shift; for name; do echo "$name running"; done > "$LOADLAB_NODES" ;;
esac
"""
KIND = """\
echo "kind $*" >> "$LOADLAB_LOG"
for last; do :; done
case "$1" in
  create) echo "loadlab-control-plane running" > "$LOADLAB_NODES" ;;
  delete) : > "$LOADLAB_NODES" ;;
  export) echo "of kind" > "$last" ;;
esac
"""


@pytest.fixture
def docker_machine(machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with programs that say what they were told; returns where the nodes stand."""
    nodes = tmp_path / "nodes"
    nodes.touch()
    for variable in ("LOADLAB_KIND_WORKERS", "LOADLAB_KIND_NODE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LOADLAB_MADE_OF", str(tmp_path / "made-of"))
    for variable in ("LOADLAB_NODES", "LOADLAB_KNOWN"):  # known to the API server, by default all
        monkeypatch.setenv(variable, str(nodes))
    monkeypatch.setenv("LOADLAB_LOG", str(tmp_path / "said"))
    for name, script in {"docker": DOCKER, "kind": KIND, "kubectl": "exit 0"}.items():
        machine(name, script)
    return nodes


@pytest.fixture
def cluster(settings: Settings, tmp_path: Path, docker_machine: Path) -> KindCluster:
    own = replace(settings, handout=tmp_path / ".state")
    return KindCluster(own, MachineDocker(own))


def said(tmp_path: Path, program: str) -> list[str]:
    lines = (tmp_path / "said").read_text().splitlines()
    return [line.split()[1] for line in lines if line.startswith(f"{program} ")]


def test_up_leaves_the_same_programs_as_every_cluster(cluster: KindCluster, tmp_path: Path) -> None:
    cluster.up()

    assert {path.name for path in (tmp_path / ".state" / "bin").iterdir()} == {
        *("kubectl", "helm", "helm3", "helm4", "loadlab", "kubectl-loadlab")
    }
    assert said(tmp_path, "kind") == ["create", "export"]
    assert cluster.is_ready()


def test_up_again_creates_nothing(cluster: KindCluster, tmp_path: Path) -> None:
    cluster.up()
    cluster.up()

    assert said(tmp_path, "kind").count("create") == 1


def test_up_starts_a_stopped_node_instead_of_making_another(
    cluster: KindCluster, docker_machine: Path, tmp_path: Path
) -> None:
    docker_machine.write_text("loadlab-control-plane exited\n")
    assert not cluster.is_ready()
    cluster.up()

    assert said(tmp_path, "kind") == ["export"]
    assert said(tmp_path, "docker").count("start") == 1
    assert cluster.is_ready()


def test_down_removes_the_cluster_and_what_up_left(cluster: KindCluster, tmp_path: Path) -> None:
    cluster.up()
    cluster.down()
    cluster.down()

    assert said(tmp_path, "kind").count("delete") == 1
    assert not (tmp_path / ".state").exists()


@pytest.mark.parametrize("act", ["images", "load"])
def test_no_image_is_loaded_where_no_node_runs(cluster: KindCluster, act: str) -> None:
    with pytest.raises(
        ClusterError, match="no node of the kind cluster loadlab runs: CLUSTER=kind"
    ):
        cluster.images() if act == "images" else cluster.load("archive.tar")


def test_a_silent_docker_is_said_with_the_remedy(cluster: KindCluster, machine) -> None:
    machine("docker", "exit 1")

    with pytest.raises(ClusterError, match=r"Docker does not answer .*join the group `docker`"):
        cluster.up()


def test_nobody_says_that_nothing_is_left_in_a_docker_that_does_not_answer(
    cluster: KindCluster, machine, tmp_path: Path
) -> None:
    """Its containers come back with it, and the note of which cluster that is must be there."""
    cluster.up()
    machine("docker", "exit 1")

    with pytest.raises(ClusterError, match="nobody knows what is left of the kind cluster loadlab"):
        cluster.down()
    assert (tmp_path / ".state" / "cluster").read_text() == "kind\n"
    assert "nobody knows what is left" in cluster.describe()[0]
    assert not cluster.is_ready()


@pytest.fixture
def of_embedded(settings: Settings, tmp_path: Path) -> Settings:
    """What an embedded cluster's `up` left in the same checkout."""
    own = replace(settings, handout=tmp_path / ".state")
    own.handout.mkdir()
    own.kubeconfig.write_text("of the embedded cluster\n")
    write_handout(own, Access("embedded", "the embedded cluster", "kubectl"))
    return own


def test_what_up_hands_out_is_of_kind_whatever_was_up_before(
    of_embedded: Settings, cluster: KindCluster, docker_machine: Path
) -> None:
    """Its own kubectl would say of the other cluster that all nodes are Ready."""
    docker_machine.write_text("loadlab-control-plane running\n")
    cluster.up()

    assert of_embedded.kubeconfig.read_text() == "of kind\n"
    assert of_embedded.noted_cluster.read_text() == "kind\n"


def test_ready_is_what_the_nodes_api_server_says(
    cluster: KindCluster, docker_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker_machine.write_text("loadlab-control-plane running\n")
    ready = cluster.is_ready()
    monkeypatch.setenv("LOADLAB_READY", "False")

    assert (ready, cluster.is_ready()) == (True, False)


def test_what_belongs_to_a_cluster_of_another_kind_stays(
    of_embedded: Settings, cluster: KindCluster, docker_machine: Path
) -> None:
    docker_machine.write_text("loadlab-control-plane running\n")
    cluster.down()
    cluster.down()

    assert of_embedded.kubeconfig.exists()
    assert of_embedded.program("kubectl").exists()


def test_the_embedded_cluster_leaves_what_is_of_kind(
    cluster: KindCluster, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.up()
    own = replace(settings, handout=tmp_path / ".state")
    monkeypatch.setattr(EmbeddedCluster, "leftovers", lambda _: [])
    EmbeddedCluster(own, embedded_builder(own)).down()

    assert own.kubeconfig.exists()
    assert own.noted_cluster.read_text() == "kind\n"


def test_a_creation_that_was_interrupted_is_not_ready_and_the_remedy_is_named(
    cluster: KindCluster, docker_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All containers run, and the first alone is a node."""
    docker_machine.write_text("loadlab-control-plane running\nloadlab-worker running\n")
    known = tmp_path / "known"
    known.write_text("loadlab-control-plane\n")
    monkeypatch.setenv("LOADLAB_KNOWN", str(known))
    monkeypatch.setattr(kind, "READY_SECONDS", 0.0)

    assert not cluster.is_ready()
    assert cluster.describe()[-1].endswith("is not Ready: loadlab-worker never joined it")
    with pytest.raises(ClusterError, match=r"loadlab-worker never joined it\n.*make down up"):
        cluster.up()


@pytest.mark.parametrize(
    ("variable", "asked", "said"),
    [
        ("LOADLAB_KIND_WORKERS", "2", "it has 0 workers, and LOADLAB_KIND_WORKERS is 2"),
        ("LOADLAB_KIND_NODE", "kindest/node:v2", "its nodes are kindest/node:v1@sha256:1, and "),
    ],
)
def test_another_cluster_than_the_one_that_is_up_is_refused(
    cluster: KindCluster, monkeypatch: pytest.MonkeyPatch, variable: str, asked: str, said: str
) -> None:
    cluster.up()
    monkeypatch.setenv(variable, asked)

    with pytest.raises(ClusterError, match=rf"is up, and another one is asked for: {said}"):
        cluster.up()


@pytest.mark.parametrize("moved_on", [False, True])
def test_a_cluster_of_an_earlier_configuration_says_so(
    cluster: KindCluster,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    moved_on: bool,
) -> None:
    cluster.up()
    if moved_on:
        (tmp_path / "kind.yaml").write_text("another\n")
        monkeypatch.setattr(kind, "KIND_YAML", tmp_path / "kind.yaml")
    cluster.up()

    assert ("cluster/kind.yaml has changed" in capsys.readouterr().out) is moved_on


def test_the_cluster_that_was_asked_for_is_not_refused(
    cluster: KindCluster, docker_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is one with workers, where nothing is asked."""
    docker_machine.write_text("loadlab-control-plane running\nloadlab-worker running\n")
    cluster.up()
    monkeypatch.setenv("LOADLAB_KIND_WORKERS", "1")
    monkeypatch.setenv("LOADLAB_KIND_NODE", "kindest/node:v1@sha256:1")
    cluster.up()

    assert cluster.is_ready()


@pytest.mark.parametrize(
    ("containers", "ready", "lack"),
    [
        ({"a": "running"}, {"a": True}, ""),
        ({"a": "running"}, {"a": False}, "a is not Ready"),
        ({"a": "running", "b": "exited"}, {"a": True, "b": True}, "b is exited"),
        ({"a": "running"}, {}, "its API server does not answer"),
        ({"a": "running", "b": "running"}, {"a": True}, "b never joined it"),
        ({"a": "running"}, {"a": True, "b": False}, "b is not Ready"),
        ({}, {}, "there is none"),
    ],
)
def test_what_a_cluster_lacks_is_named(
    containers: dict[str, str], ready: dict[str, bool], lack: str
) -> None:
    assert find_lack(containers, ready) == lack
