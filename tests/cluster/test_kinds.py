"""Which kind of cluster is chosen, and what kind would be told to do."""

from pathlib import Path

import pytest

from loadlab_cluster.clusters import choose_kind
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.kind import plan_down, plan_images, plan_up
from loadlab_cluster.settings import REPOSITORY, SOURCES

STORES = {"POSTGRES": "15", "REDIS": "7", "RABBITMQ": "3"}
VERSIONS = {"KUBERNETES": "1.34.4", "DEBIAN": "bookworm"} | STORES
CONFIG = Path("/somewhere/kubeconfig")


@pytest.mark.parametrize(
    ("asked", "docker_answers", "expected"),
    [
        ("", True, "kind"),
        ("", False, "embedded"),
        ("embedded", True, "embedded"),
        ("kind", False, "kind"),
        ("current", True, "current"),
    ],
)
def test_the_users_own_context_is_only_taken_by_name(
    asked: str, docker_answers: bool, expected: str
) -> None:
    assert choose_kind(asked, docker_answers=docker_answers) == expected


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ClusterError, match=r"CLUSTER=minikube is none of embedded, kind, current"):
        choose_kind("minikube", docker_answers=True)


def test_kind_creates_one_cluster_of_our_version_with_its_own_kubeconfig() -> None:
    assert plan_up(VERSIONS, CONFIG) == [
        (
            *("kind", "create", "cluster", "--name", "loadlab"),
            *("--image", "kindest/node:v1.34.4", "--config", str(SOURCES / "kind.yaml")),
            *("--kubeconfig", str(CONFIG), "--wait", "2m"),
        )
    ]


def test_kind_deletes_that_cluster() -> None:
    (command,) = plan_down(CONFIG)

    assert command[:5] == ("kind", "delete", "cluster", "--name", "loadlab")


def test_kind_builds_each_target_and_loads_the_names_that_the_chart_uses() -> None:
    plan = plan_images(VERSIONS)

    for target in ("operator", "services", "k6"):
        tag = f"localhost/loadlab/{target}:dev"
        assert ("docker", "build", str(REPOSITORY), "--target", target, "--tag", tag) in plan
    assert plan[-1] == (
        *("kind", "load", "docker-image", "--name", "loadlab"),
        *(f"localhost/loadlab/{name}:dev" for name in ("operator", "services", "k6")),
        "localhost/loadlab/own-service:dev",
        *("localhost/loadlab/postgres:15", "localhost/loadlab/redis:7"),
        "localhost/loadlab/rabbitmq:3",
    )


def test_kind_takes_the_official_stores_under_our_names() -> None:
    plan = plan_images(VERSIONS)

    assert ("docker", "pull", "postgres:15-bookworm") in plan
    assert ("docker", "tag", "redis:7-bookworm", "localhost/loadlab/redis:7") in plan
    assert ("docker", "tag", "rabbitmq:3", "localhost/loadlab/rabbitmq:3") in plan
