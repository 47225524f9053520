"""What is asked of a node's containerd, through its own client."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from loadlab_cluster.commands import WORK_SECONDS, Argument, read_output, run_with_input, succeeds
from loadlab_cluster.settings import Settings

Blob = dict[str, Any]


class Store(Protocol):
    """Where the images of a cluster's nodes are."""

    def answers(self) -> bool: ...
    def images(self) -> set[str]: ...
    def blobs(self) -> set[str]: ...
    def read_image(self, reference: str) -> tuple[Blob, Blob]: ...
    def load(self, archive: Path) -> None: ...


def embedded_containerd(settings: Settings) -> "Containerd":
    """The one of the embedded node."""
    return Containerd(["ctr", "-a", settings.socket, "-n", "k8s.io"])


class Containerd:
    """A node's container runtime and its image store."""

    def __init__(self, client: Sequence[Argument]) -> None:
        self._prefix = list(client)

    def answers(self) -> bool:
        return succeeds([*self._prefix, "version"])

    def images(self) -> set[str]:
        return set(self._ask("images", "ls", "-q"))

    def blobs(self) -> set[str]:
        """The digests of every layer and manifest that is in the store."""
        return set(self._ask("content", "ls", "-q"))

    def read_image(self, reference: str) -> tuple[Blob, Blob]:
        """The manifest and the configuration of an image in the store."""
        filtered = ("images", "ls", f"name=={reference}")
        digest = next(word for word in self._ask(*filtered) if word.startswith("sha256:"))
        manifest = self._read_blob(digest)
        return manifest, self._read_blob(manifest["config"]["digest"])

    def _read_blob(self, digest: str) -> Blob:
        blob: Blob = json.loads(read_output([*self._prefix, "content", "get", digest]))
        return blob

    def load(self, archive: Path) -> None:
        """Put the images of a docker or OCI archive into the store."""
        run_with_input([*self._prefix, "images", "import", "-"], archive)

    def remove_containers(self) -> None:
        """Forget the containers of a cluster whose processes are gone."""
        if containers := self._ask("containers", "ls", "-q"):
            succeeds([*self._prefix, "containers", "rm", *containers], seconds=WORK_SECONDS)

    def _ask(self, *words: Argument) -> list[str]:
        return read_output([*self._prefix, *words]).split()


class EveryNode:
    """The stores of several nodes, which are to hold the same images."""

    def __init__(self, nodes: Sequence[Containerd]) -> None:
        self._nodes = nodes

    def answers(self) -> bool:
        return bool(self._nodes) and all(node.answers() for node in self._nodes)

    def images(self) -> set[str]:
        """The images that every node has."""
        return set.intersection(*(node.images() for node in self._nodes))

    def blobs(self) -> set[str]:
        """The blobs that every node has."""
        return set.intersection(*(node.blobs() for node in self._nodes))

    def read_image(self, reference: str) -> tuple[Blob, Blob]:
        return self._nodes[0].read_image(reference)

    def load(self, archive: Path) -> None:
        for node in self._nodes:
            node.load(archive)
