"""The three kinds of cluster, and which of them is used."""

import os
from collections.abc import Mapping
from typing import Protocol

from loadlab_cluster.build import ImageBuilder
from loadlab_cluster.commands import succeeds
from loadlab_cluster.current import CurrentCluster
from loadlab_cluster.embedded import EmbeddedCluster
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.kind import KindCluster
from loadlab_cluster.machine_docker import MachineDocker
from loadlab_cluster.own_image import OwnImage
from loadlab_cluster.settings import Settings


class Cluster(Protocol):
    """What every kind of cluster can do."""

    def up(self) -> None: ...
    def down(self) -> None: ...
    def images(self) -> None: ...
    def image(self, own: OwnImage) -> None: ...
    def load(self, archive: str) -> None: ...
    def is_ready(self) -> bool: ...
    def describe(self) -> list[str]: ...


def choose_cluster(settings: Settings, environment: Mapping[str, str] = os.environ) -> Cluster:
    """The cluster that CLUSTER names, or the one that this machine can run."""
    asked = environment.get("CLUSTER", "")
    match choose_kind(asked, kind_works=not asked and kind_works()):
        case "kind":
            return KindCluster(settings, MachineDocker(settings))
        case "current":
            return CurrentCluster(settings)
        case _:
            return EmbeddedCluster(settings, ImageBuilder(settings))


def kind_works() -> bool:
    """Whether this machine has kind, and a Docker that answers."""
    return succeeds(["kind", "version"]) and succeeds(["docker", "info"])


def choose_kind(asked: str, *, kind_works: bool) -> str:
    """embedded, kind or current; a user's own context is never taken silently."""
    if asked in {"embedded", "kind", "current"}:
        return asked
    if asked:
        raise ClusterError(f"CLUSTER={asked} is none of embedded, kind, current")
    return "kind" if kind_works else "embedded"
