"""The three kinds of cluster, and which of them is used."""

import os
from collections.abc import Mapping
from typing import Protocol

from loadlab_cluster.build import embedded_builder
from loadlab_cluster.commands import succeeds
from loadlab_cluster.current import CurrentCluster
from loadlab_cluster.embedded import EmbeddedCluster
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.handout import read_note
from loadlab_cluster.kind import Engine, KindCluster
from loadlab_cluster.machine_docker import DOCKER_SECONDS, MachineDocker
from loadlab_cluster.own_docker import OwnDocker, can_run_own_docker
from loadlab_cluster.own_image import OwnImage
from loadlab_cluster.settings import Settings


class Cluster(Protocol):
    """What every kind of cluster can do."""

    def programs(self) -> Mapping[str, str]: ...  # it needs, and the Debian packages of each
    def up(self) -> None: ...
    def down(self) -> None: ...
    def images(self) -> None: ...
    def image(self, own: OwnImage) -> None: ...
    def load(self, archive: str) -> None: ...
    def is_ready(self) -> bool: ...
    def describe(self) -> list[str]: ...


def choose_cluster(settings: Settings, environment: Mapping[str, str] = os.environ) -> Cluster:
    """The cluster that CLUSTER names, the one that is up, or the one that this machine can run."""
    match chosen_kind(settings, environment):
        case "kind":
            return KindCluster(settings, choose_engine(settings))
        case "current":
            return CurrentCluster(settings)
        case _:
            return EmbeddedCluster(settings, embedded_builder(settings))


def chosen_kind(settings: Settings, environment: Mapping[str, str] = os.environ) -> str:
    """embedded, kind or current: what `make` means in this environment."""
    asked = environment.get("CLUSTER", "") or noted_kind(settings)
    return choose_kind(asked, kind_works=not asked and kind_works())


def noted_kind(settings: Settings) -> str:
    """The kind of the cluster that `up` made; a user's own context is never taken silently."""
    noted = read_note(settings)
    return noted if noted in {"embedded", "kind"} else ""


def choose_engine(settings: Settings) -> Engine:
    """The machine's Docker; one of our own where that runs already, or where there is no other."""
    own, machine = OwnDocker(settings), MachineDocker(settings)
    if not can_run_own_docker():  # nor look for one: that needs Linux
        return machine
    if own.leftovers():
        return own
    return machine if machine.answers() or machine.keeps_nodes() else own


def kind_works() -> bool:
    """Whether this machine has kind, and a Docker that answers."""
    return succeeds(["kind", "version"]) and succeeds(["docker", "info"], seconds=DOCKER_SECONDS)


def choose_kind(asked: str, *, kind_works: bool) -> str:
    """embedded, kind or current; a user's own context is never taken silently."""
    if asked in {"embedded", "kind", "current"}:
        return asked
    if asked:
        raise ClusterError(f"CLUSTER={asked} is none of embedded, kind, current")
    return "kind" if kind_works else "embedded"
