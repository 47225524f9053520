"""Where everything lies, which versions it has, and which addresses the embedded node uses."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = REPOSITORY / "cluster"

# Of the node, its network namespace, links and cgroup, and the context in the kubeconfig.
NAME = "loadlab"
# RFC 2544 sets 198.18.0.0/15 aside for benchmarks: no network that a machine is part of uses it.
HOST_ADDRESS = "198.18.77.1"
NODE_ADDRESS = "198.18.77.2"
DOCKER_NAME = f"{NAME}-d"  # the namespace of our own Docker; a link's name has 15 letters at most
DOCKER_HOST_ADDRESS = "198.18.77.5"
DOCKER_ADDRESS = "198.18.77.6"
SERVICE_RANGE = "10.96.0.0/16"
POD_RANGE = "10.244.0.0/24"
API_ADDRESS = "10.96.0.1"  # the first address of SERVICE_RANGE, by Kubernetes' rule
DNS_ADDRESS = "10.96.0.10"
API_SERVER = f"https://{NODE_ADDRESS}:6443"


@dataclass(frozen=True)
class Settings:
    """The folders and versions of one run of this program."""

    cache: Path  # what may be reused by the next cluster: binaries, image layers
    state: Path  # what belongs to the running cluster and goes with it
    handout: Path  # what a person uses: kubeconfig and wrappers
    versions: Mapping[str, str]

    @property
    def logs(self) -> Path:
        return self.cache / "log"

    @property
    def containerd_root(self) -> Path:
        return self.cache / "containerd"

    @property
    def buildah_root(self) -> Path:
        return self.cache / "buildah"

    @property
    def socket(self) -> Path:
        return self.state / "run" / "containerd.sock"

    @property
    def build_run(self) -> Path:
        """Where buildah keeps its mounts: a folder that a restart of the machine empties."""
        return Path("/run") / NAME / "buildah"

    @property
    def kubeconfig(self) -> Path:
        return self.handout / "kubeconfig"

    @property
    def activation(self) -> Path:
        """The script that puts the wrappers into a shell."""
        return self.handout / "activate"

    @property
    def noted_cluster(self) -> Path:
        """Says which kind of cluster the other files of the hand-out are for."""
        return self.handout / "cluster"

    def program(self, name: str) -> Path:
        """A wrapper that `up` leaves for people and scripts, such as kubectl."""
        return self.handout / "bin" / name


def read_versions(path: Path = SOURCES / "versions.env") -> dict[str, str]:
    """The NAME=value lines of versions.env."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that the environment asks for."""
    home = Path(environment.get("HOME", "/root"))
    caches = Path(environment.get("XDG_CACHE_HOME") or home / ".cache")
    return Settings(
        cache=(caches / NAME).absolute(),
        state=Path(environment.get("LOADLAB_STATE") or f"/var/lib/{NAME}").absolute(),
        handout=REPOSITORY / ".state",
        versions=read_versions(),
    )
