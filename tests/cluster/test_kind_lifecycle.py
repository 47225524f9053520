"""The kind cluster itself: up, repaired, used, down, and nothing left.

Takes the running cluster down, so it never shares a run with the other end-to-end tests.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadlab_cluster import daemons
from loadlab_cluster.clusters import choose_engine
from loadlab_cluster.commands import read_output
from loadlab_cluster.kind import NODE_LABEL, KindCluster
from loadlab_cluster.network import DOCKER
from loadlab_cluster.own_docker import OwnDocker
from loadlab_cluster.places import KEY, OF_BUILDAH, OF_CONTAINERD, OF_DOCKER
from loadlab_cluster.settings import load_settings

pytestmark = pytest.mark.e2e

SETTINGS = load_settings()
ENGINE = choose_engine(SETTINGS)
ONLY_OWN = pytest.mark.skipif(
    not isinstance(ENGINE, OwnDocker), reason="the machine's Docker is not ours to end"
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[KindCluster]:
    kind = KindCluster(SETTINGS, ENGINE)
    was_up = kind.is_ready()
    kind.up()
    yield kind
    if was_up:
        kind.up()
    else:
        kind.down()


def images() -> set[str]:
    """The images that the first node has, asked of the node."""
    asked = ("exec", "loadlab-control-plane", "ctr", "-n", "k8s.io", "images", "ls", "-q")
    return set(read_output([*ENGINE.docker(), *asked]).split())


def test_every_image_is_on_the_node(cluster: KindCluster) -> None:
    cluster.images()

    names = ("operator:dev", "services:dev", "k6:dev", "postgres:15", "redis:7", "rabbitmq:3")
    assert {f"localhost/loadlab/{name}" for name in names} <= images()


def test_up_again_is_fast(cluster: KindCluster) -> None:
    started = time.monotonic()
    cluster.up()

    assert time.monotonic() - started <= 5.0


def test_up_brings_back_a_node_that_was_stopped(cluster: KindCluster) -> None:
    before = images()
    read_output([*ENGINE.docker(), "stop", "--time", "5", "loadlab-control-plane"])
    assert not cluster.is_ready()
    cluster.up()

    assert cluster.is_ready()
    assert images() == before


@ONLY_OWN
def test_up_brings_back_a_docker_that_died(cluster: KindCluster) -> None:
    daemons.kill([int((DOCKER_FOLDER / "dockerd.pid").read_text())])
    cluster.up()

    assert cluster.is_ready()


@ONLY_OWN
def test_nothing_in_a_pod_reaches_the_outside(cluster: KindCluster) -> None:
    """A route would be enough for a load test to leave the machine; there is none."""
    routes = read_output(["ip", "-n", DOCKER.name, "route"]).splitlines()

    devices = {line.split(" dev ")[1].split()[0].split("-")[0] for line in routes}
    assert devices <= {"sink", "loadlab", "docker0", "br"}
    assert f"{DOCKER.host_address.rpartition('.')[0]}.4/30" in {line.split()[0] for line in routes}


def test_down_leaves_nothing(cluster: KindCluster) -> None:
    cluster.down()
    cluster.down()

    assert cluster.leftovers() == []
    if isinstance(ENGINE, OwnDocker):
        assert traces_on_the_machine() == []
    else:
        assert read_output([*ENGINE.docker(), "ps", "--all", "-q", "--filter", NODE_LABEL]) == ""


def places_of_others() -> set[Path]:
    """What another Docker or containerd of this machine has: there before our cluster was."""
    note = DOCKER_FOLDER / "created.json"
    ours = set(json.loads(note.read_text())) if note.exists() else set()
    return {path for path in PLACES if path.exists() and str(path) not in ours}


BUILDS = SETTINGS.build_run
DOCKER_FOLDER = ENGINE.folder if isinstance(ENGINE, OwnDocker) else SETTINGS.cache
PLACES = (*OF_DOCKER, *OF_CONTAINERD, *OF_BUILDAH)
FOREIGN = places_of_others()  # asked before a test has touched the cluster


def traces_on_the_machine() -> list[str]:
    """Found by asking the machine, not the program under test."""
    commands = {
        "netns": ["ip", "netns"],
        "link": ["ip", "-o", "link"],
        "mount": ["cat", "/proc/self/mountinfo"],
        "process": ["sh", "-c", "ps -eo stat,args | grep -v '^Z'"],
        "cgroup": ["find", "/sys/fs/cgroup", "-maxdepth", "2", "-name", DOCKER.name],
        "file": ["sh", "-c", f"ls -d {KEY} {DOCKER_FOLDER} {BUILDS} 2> /dev/null || true"],
    }
    folders = (BUILDS, DOCKER_FOLDER, SETTINGS.cache / "docker", SETTINGS.buildah_root, KEY)
    words = (DOCKER.name, *map(str, folders))
    found = []
    for kind, command in commands.items():
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found += [f"{kind}: {line}" for line in said.splitlines() if any(w in line for w in words)]
    return found + [f"place: {path}" for path in PLACES if path.exists() and path not in FOREIGN]
