"""What is asked of the node's containerd, through its own client."""

import json
from pathlib import Path
from typing import Any

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

    def read_image(self, reference: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The manifest and the configuration of an image in the store."""
        filtered = ("images", "ls", f"name=={reference}")
        digest = next(word for word in self._ask(*filtered) if word.startswith("sha256:"))
        manifest = self._read_blob(digest)
        return manifest, self._read_blob(manifest["config"]["digest"])

    def _read_blob(self, digest: str) -> dict[str, Any]:
        blob: dict[str, Any] = json.loads(read_output([*self._prefix, "content", "get", digest]))
        return blob

    def load(self, archive: Path) -> None:
        """Put the images of a docker or OCI archive into the store."""
        self._ask("images", "import", archive)

    def remove_containers(self) -> None:
        """Forget the containers of a cluster whose processes are gone."""
        if containers := self._ask("containers", "ls", "-q"):
            succeeds([*self._prefix, "containers", "rm", *containers])

    def _ask(self, *words: Argument) -> list[str]:
        return read_output([*self._prefix, *words]).split()
