"""Which kind of cluster is chosen, and what kind and Docker are told to do."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from loadlab_cluster.clusters import choose_kind, kind_works
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.handout import Access, write_handout
from loadlab_cluster.images import STORES as STORE_NAMES
from loadlab_cluster.kind import plan_create, plan_delete, plan_repair
from loadlab_cluster.kind_config import kind_config
from loadlab_cluster.machine_docker import MachineDocker, plan_builds, plan_load
from loadlab_cluster.settings import REPOSITORY, SOURCES, Settings, read_versions
from tests.cluster.conftest import ignored

STORES = {"POSTGRES": "15", "REDIS": "7", "RABBITMQ": "3"}
VERSIONS = {"KUBERNETES": "1.34.4", "DEBIAN": "bookworm"} | STORES
CONFIG = Path("/somewhere/kubeconfig")


@pytest.mark.parametrize(
    ("asked", "kind_works", "expected"),
    [
        ("", True, "kind"),
        ("", False, "embedded"),
        ("embedded", True, "embedded"),
        ("kind", False, "kind"),
        ("current", True, "current"),
    ],
)
def test_the_users_own_context_is_only_taken_by_name(
    asked: str, kind_works: bool, expected: str
) -> None:
    assert choose_kind(asked, kind_works=kind_works) == expected


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ClusterError, match=r"CLUSTER=minikube is none of embedded, kind, current"):
        choose_kind("minikube", kind_works=True)


@pytest.mark.parametrize(
    ("programs", "works"),
    [
        ({"kind": "exit 0", "docker": "exit 0"}, True),
        ({"docker": "exit 0"}, False),
        ({"kind": "exit 0", "docker": "exit 1"}, False),
        ({"kind": "exit 0"}, False),
    ],
    ids=["both", "no kind", "Docker is silent", "no Docker"],
)
def test_kind_is_the_default_only_where_it_is_installed_and_docker_answers(
    machine, programs: dict[str, str], works: bool
) -> None:
    for name, script in programs.items():
        machine(name, script)

    assert kind_works() is works


@pytest.mark.parametrize(
    ("environment", "noted", "skipped"),
    [
        ({}, "", ["test_kind_lifecycle.py", "test_lifecycle.py"]),
        ({"LOADLAB_CLUSTER_TEST": "1"}, "", ["test_lifecycle.py"]),
        ({"LOADLAB_CLUSTER_TEST": "1"}, "embedded", ["test_kind_lifecycle.py"]),
        ({"LOADLAB_CLUSTER_TEST": "1", "CLUSTER": "kind"}, "embedded", ["test_lifecycle.py"]),
        (
            {"LOADLAB_CLUSTER_TEST": "1", "CLUSTER": "current"},
            "",
            ["test_lifecycle.py", "test_kind_lifecycle.py"],
        ),
    ],
    ids=["not asked for", "kind is the default", "embedded is up", "named", "somebody's own"],
)
def test_the_lifecycle_that_is_tested_is_of_the_cluster_that_make_means(
    machine, settings, tmp_path: Path, environment: dict[str, str], noted: str, skipped: list[str]
) -> None:
    """On a machine where kind works."""
    for name in ("kind", "docker"):
        machine(name, "exit 0")
    own = replace(settings, handout=tmp_path / ".state")
    if noted:
        write_handout(own, Access(noted, "a test cluster", "kubectl"))

    assert ignored(own, environment) == skipped


def test_kind_creates_one_cluster_with_its_own_kubeconfig() -> None:
    assert plan_create(["kind"], "node@sha256:1", SOURCES / "kind.yaml", CONFIG) == (
        *("kind", "create", "cluster", "--name", "loadlab", "--image", "node@sha256:1"),
        *("--config", str(SOURCES / "kind.yaml"), "--kubeconfig", str(CONFIG)),
    )


def test_workers_are_nodes_beside_the_first(settings: Settings, monkeypatch) -> None:
    alone = yaml.safe_load(kind_config({}))
    monkeypatch.setenv("LOADLAB_KIND_WORKERS", "2")
    config = yaml.safe_load(MachineDocker(settings).config().read_text())

    assert config == alone | {"nodes": [*alone["nodes"], {"role": "worker"}, {"role": "worker"}]}


@pytest.mark.parametrize("asked", ["-1", "two", "6"])
def test_what_is_no_number_of_workers_is_refused(asked: str) -> None:
    with pytest.raises(ClusterError, match="a number from 0 to 5"):
        kind_config({"LOADLAB_KIND_WORKERS": asked})


def test_the_official_node_is_named_by_its_digest_and_of_our_minor_version() -> None:
    versions = read_versions()
    tag, _, digest = versions["KIND_NODE"].partition("@sha256:")

    assert len(digest) == 64
    assert tag.startswith("kindest/node:v" + versions["KUBERNETES"].rpartition(".")[0] + ".")


def test_another_node_image_may_be_named(settings: Settings, monkeypatch) -> None:
    engine = MachineDocker(settings)
    monkeypatch.setenv("LOADLAB_KIND_NODE", "kindest/node:v1.33.4@sha256:1")
    named = engine.ensure_node_image()
    monkeypatch.delenv("LOADLAB_KIND_NODE")

    assert named == "kindest/node:v1.33.4@sha256:1"
    assert engine.ensure_node_image() == settings.versions["KIND_NODE"]


def test_kind_deletes_that_cluster() -> None:
    assert plan_delete(["kind"], CONFIG)[:5] == ("kind", "delete", "cluster", "--name", "loadlab")


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({"a": "running"}, []),
        ({"a": "exited", "b": "running", "c": "created"}, [("docker", "start", "a", "c")]),
        ({"a": "paused"}, [("docker", "unpause", "a")]),
    ],
)
def test_nodes_that_are_stopped_are_started_and_no_others(
    states: dict[str, str], expected: list[tuple[str, ...]]
) -> None:
    assert plan_repair(["docker"], states) == expected


def test_docker_builds_each_target_under_the_names_that_the_chart_uses() -> None:
    plan = plan_builds(VERSIONS)

    for target in ("operator", "services", "k6", "generators"):
        tag = f"localhost/loadlab/{target}:dev"
        assert plan[tag] == ("docker", "build", "--tag", tag, "--target", target, str(REPOSITORY))
    assert set(plan) - {
        f"localhost/loadlab/{name}:dev" for name in ("operator", "services", "k6", "generators")
    } == {
        "localhost/loadlab/own-service:dev",
        *("localhost/loadlab/postgres:15", "localhost/loadlab/redis:7"),
        "localhost/loadlab/rabbitmq:3",
    }


@pytest.mark.parametrize(
    ("store", "official"),
    list(zip(STORE_NAMES, ("postgres:15-bookworm", "redis:7-bookworm", "rabbitmq:3"), strict=True)),
)
def test_a_store_is_its_official_image_and_nothing_else(store: str, official: str) -> None:
    command = plan_builds(VERSIONS)[f"localhost/loadlab/{store}:{VERSIONS[store.upper()]}"]
    recipe = (Path(command[-1]) / "Dockerfile").read_text().splitlines()

    assert f"IMAGE={official}" in command
    assert [line for line in recipe if not line.startswith("#")] == ["ARG IMAGE", "FROM ${IMAGE}"]


def test_images_come_onto_the_nodes_by_an_archive() -> None:
    archive = Path("/cache/images.tar")

    assert plan_load(["kind"], ["a:1", "b:2"], archive) == [
        ("docker", "save", "--output", "/cache/images.tar", "a:1", "b:2"),
        ("kind", "load", "image-archive", "--name", "loadlab", "/cache/images.tar"),
    ]
