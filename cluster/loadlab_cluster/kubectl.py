"""The kubectl of a cluster that brings none: the machine's, or else our own from Go modules."""

from loadlab_cluster.errors import ClusterError
from loadlab_cluster.go_builds import ensure_go_program
from loadlab_cluster.handout import machine_program
from loadlab_cluster.settings import Settings


def find_kubectl(settings: Settings) -> list[str]:
    """The words that start it; built now where the machine has none."""
    try:
        return [machine_program("kubectl", settings)]
    except ClusterError:
        return own_kubectl(settings)


def own_kubectl(settings: Settings) -> list[str]:
    """The words that start the one which is part of the binary that holds all of Kubernetes."""
    return [str(ensure_go_program("hyperkube", settings)), "kubectl"]
