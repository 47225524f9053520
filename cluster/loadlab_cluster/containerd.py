"""What is asked of the node's containerd, through its own client."""

from pathlib import Path

from loadlab_cluster.commands import Argument, read_output, succeeds
from loadlab_cluster.settings import Settings


class Containerd:
    """The node's container runtime and its image store."""

    def __init__(self, settings: Settings) -> None:
        self._prefix: list[Argument] = ["ctr", "-a", settings.socket, "-n", "k8s.io"]

    def answers(self) -> bool:
        return succeeds([*self._prefix, "version"])

    def images(self) -> set[str]:
        return set(self._ask("images", "ls", "-q"))

    def blobs(self) -> set[str]:
        """The digests of every layer and manifest that is in the store."""
        return set(self._ask("content", "ls", "-q"))

    def load(self, archive: Path) -> None:
        """Put the images of a docker or OCI archive into the store."""
        self._ask("images", "import", archive)

    def remove_containers(self) -> None:
        """Forget the containers of a cluster whose processes are gone."""
        if containers := self._ask("containers", "ls", "-q"):
            succeeds([*self._prefix, "containers", "rm", *containers])

    def _ask(self, *words: Argument) -> list[str]:
        return read_output([*self._prefix, *words]).split()
