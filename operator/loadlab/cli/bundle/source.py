"""A bundle, read as a cluster is: one experiment and its trials, and nothing that is sent."""

from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Self

from loadlab.base.text import plain
from loadlab.cli.bundle import archive, manifest
from loadlab.cli.bundle.contents import EXPERIMENT, TRIALS
from loadlab.cli.errors import CliError
from loadlab.cli.experiment import ExitCode

_MOST_JSON = 4 * 2**20  # bytes of one object; the API server takes 1.5 MB, spelled closer


class BundleSource:
    """The experiment of a bundle."""

    def __init__(self, resource: dict[str, Any], trials: list[dict[str, Any]]) -> None:
        self._resource = resource
        self._trials = trials
        self.name: str = resource["metadata"]["name"]
        self.namespace: str = resource["metadata"]["namespace"]

    @classmethod
    def open(cls, file: Path) -> Self:
        """Read a bundle.

        Raises:
            CliError: it cannot be read, is damaged, too large, or of an unknown format.
        """
        try:
            with file.open("rb") as stream:
                resource, trials = _read(stream)
        except OSError as error:
            message = f"cannot read {file}: {error.strerror or error}"
            raise CliError(message, ExitCode.NOT_FINISHED) from error
        except archive.ArchiveError as error:
            raise CliError(f"{file} is no bundle that can be read: {error}") from error
        return cls(resource, trials)

    def read(self, name: str) -> dict[str, Any]:
        """Return the experiment; it has to be called so."""
        if name != self.name:
            message = f"the bundle holds the experiment {self.name}, and not {name}"
            raise CliError(message, ExitCode.NOT_FINISHED)
        return self._resource

    def trials(self, name: str) -> list[dict[str, Any]]:
        """Return all trials."""
        return self._trials if name == self.name else []

    def failed_trials(self, name: str, most: int) -> list[dict[str, Any]]:
        """Return the first trials without a usable result."""
        without = {"Failed", "Lost", "Invalid"}
        found = (t for t in self.trials(name) if t["status"].get("phase") in without)
        return list(islice(found, most))


def _read(stream: BinaryIO) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    packed, texts = dict[str, manifest.Packed](), dict[str, bytes]()
    for name, content in archive.unpack(stream):
        if name in packed:
            raise archive.ArchiveError(f"it holds {name} twice")
        packed[name] = manifest.Packed.of(content)
        if name in {manifest.FILE, EXPERIMENT} or name.startswith(TRIALS):
            texts[name] = _bounded(name, content)
    if manifest.FILE not in texts or EXPERIMENT not in packed:
        raise archive.ArchiveError(f"it holds no {manifest.FILE} with an {EXPERIMENT}")
    manifest.Manifest.read(texts.pop(manifest.FILE)).check(packed)
    resource = _object(EXPERIMENT, texts.pop(EXPERIMENT))
    resource["metadata"]["uid"] = ""  # whose the trials are is told by what they lie in
    return resource, [_object(name, text) for name, text in sorted(texts.items())]


def _bounded(name: str, content: bytes) -> bytes:
    if len(content) > _MOST_JSON:
        raise archive.ArchiveError(f"its {name} is larger than {_MOST_JSON // 2**20} MiB")
    return content


def _object(name: str, text: bytes) -> dict[str, Any]:
    """Read an object so far that all may rely on its parts being objects."""
    found = manifest.read_json(name, text)
    parts = {part: found.get(part) or {} for part in ("metadata", "spec", "status")}
    if not all(isinstance(part, dict) for part in parts.values()):
        raise archive.ArchiveError(f"its {name} is no object of Kubernetes")
    metadata = {**parts["metadata"], "ownerReferences": []}
    texts = {each: plain(str(metadata.get(each, "")))[:253] for each in ("name", "namespace")}
    return {**found, **parts, "metadata": {**metadata, **texts}}
