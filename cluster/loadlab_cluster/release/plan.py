"""What is released, and under which names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loadlab_cluster.errors import ClusterError
from loadlab_cluster.images import project_images
from loadlab_cluster.settings import REPOSITORY

TAG = re.compile(r"v(\d+\.\d+\.\d+)")
REGISTRY = re.compile(r"[a-z0-9][a-z0-9.-]*(:\d+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+")
# Where a version stands, with the pattern that finds it.
VERSIONS = {
    "pyproject.toml": r'^version = "(.*)"$',
    "operator/loadlab/__init__.py": r'^__version__ = "(.*)"$',
    "charts/loadlab/Chart.yaml": r"^version: (.*)$",
    "charts/loadlab/Chart.yaml, appVersion": r'^appVersion: "(.*)"$',
    "CHANGELOG.md": r"^## \[(\d.*?)\]",
}
LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1)(:\d+)?")


@dataclass(frozen=True)
class Release:
    """One version, the registry that its images and its chart go to, and where it is made.

    `registry` is a host with a path, such as registry.example.com/team/loadlab. `files` are what
    people download; `archives` hold an image each.
    """

    version: str
    registry: str
    folder: Path

    @property
    def files(self) -> Path:
        return self.folder / "files"

    @property
    def archives(self) -> Path:
        return self.folder / "images"

    @property
    def host(self) -> str:
        return self.registry.partition("/")[0]

    @property
    def is_plain_http(self) -> bool:
        """Registries on this machine's loopback have no certificate."""
        return bool(LOOPBACK.fullmatch(self.host))

    @property
    def charts(self) -> str:
        """The folder of the chart; its name and version follow."""
        return f"{self.registry}/charts"

    def repository(self, image: str) -> str:
        return f"{self.registry}/{image}"

    def reference(self, image: str) -> str:
        return f"{self.repository(image)}:{self.version}"

    def archive(self, image: str) -> Path:
        return self.archives / f"{image}.tar"


def image_names() -> list[str]:
    """The images of the project's own; stores are those of their makers."""
    return [image.name for image in project_images()]


def read_release(environment: Mapping[str, str], folder: Path) -> Release:
    """The release that TAG and REGISTRY ask for; refuses what is no version or no registry."""
    tag, registry = environment.get("TAG", ""), environment.get("REGISTRY", "").lower()
    named = TAG.fullmatch(tag)
    if not named:
        raise ClusterError(f"TAG is {tag or 'empty'}: a release is made of a tag such as v0.1.0")
    if not REGISTRY.fullmatch(registry):
        raise ClusterError(
            f"REGISTRY is {registry or 'empty'}: name a host with a path, "
            "such as registry.example.com/team/loadlab"
        )
    return Release(named[1], registry, folder)


def check_versions(version: str, repository: Path = REPOSITORY) -> None:
    """Refuse a tag whose version is not the one that the files say."""
    said = {place: _version_in(repository, place, pattern) for place, pattern in VERSIONS.items()}
    other = [f"{place} says {found or 'none'}" for place, found in said.items() if found != version]
    if other:
        raise ClusterError(f"the tag is of {version}, but {', '.join(other)}")
    if read_notes("Unreleased", (repository / "CHANGELOG.md").read_text()).strip():
        raise ClusterError(
            f"CHANGELOG.md has lines under Unreleased: move them to [{version}], as its notes"
        )


def read_notes(version: str, changelog: str) -> str:
    """The section of a version in the changelog, without its heading."""
    section = re.search(
        rf"^## \[{re.escape(version)}\].*?\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    return section[1].strip() + "\n" if section else ""


def _version_in(repository: Path, place: str, pattern: str) -> str:
    text = (repository / place.partition(",")[0]).read_text()
    found = re.search(pattern, text, re.MULTILINE)
    return found[1] if found else ""
