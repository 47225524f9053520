"""The machine's own Docker under kind: official images, built and pulled by it."""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from loadlab_cluster.commands import WORK_SECONDS, read_output, run_logged, succeeds
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.go_builds import ensure_go_program
from loadlab_cluster.handout import machine_program
from loadlab_cluster.images import PREFIX, STORES, official_store, project_images, sample_images
from loadlab_cluster.kind_config import LABEL, NODE, kind_config
from loadlab_cluster.kubectl import find_kubectl
from loadlab_cluster.own_image import OwnImage
from loadlab_cluster.settings import NAME, REPOSITORY, SOURCES, Settings
from loadlab_cluster.terminal import say, step

Command = tuple[str, ...]
OFFICIAL = SOURCES / "images" / "official"
CONTAINERS = Path("/var/lib/docker/containers")  # root alone may look into it
DOCKER_SECONDS = 20.0  # for it to say that it is there; while Docker Desktop starts it says nothing
# Docker adds attestations to what it builds; kind's nodes import images, and nothing beside them.
BUILD = {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}


def plan_builds(versions: Mapping[str, str]) -> dict[str, Command]:
    """The command that builds each image that an experiment may name, by its reference.

    A store is built from its official image alone: of a pulled one, a Docker that keeps images in
    containerd's store would save the index of every platform, and kind could not import it.
    """
    build = ("docker", "build", "--tag")
    plan: dict[str, Command] = {
        each.reference: (*build, each.reference, "--target", each.name, str(REPOSITORY))
        for each in project_images()
    }
    for sample in sample_images():
        plan[sample.reference] = (*build, sample.reference, str(sample.context))
    for store in STORES:
        reference = f"{PREFIX}/{store}:{versions[store.upper()]}"
        official = ("--pull", "--build-arg", f"IMAGE={official_store(store, versions)}")
        plan[reference] = (*build, reference, *official, str(OFFICIAL))
    return plan


def plan_load(kind: Sequence[str], references: Sequence[str], archive: Path) -> list[Command]:
    """By an archive: `kind load docker-image` fails where Docker has containerd's store."""
    save = ("docker", "save", "--output", str(archive), *references)
    return [save, (*kind, "load", "image-archive", "--name", NAME, str(archive))]


def plan_own_image(own: OwnImage) -> Command:
    """Build a folder of the user's own."""
    recipe = ("--file", str(own.recipe), str(own.folder))
    return ("docker", "build", "--tag", own.reference, *recipe)


def image_ids() -> set[str]:
    """Of every image of LoadLab that this machine's Docker has; the user's own have other names."""
    listed = ["docker", "image", "ls", "--no-trunc", "--quiet", f"{PREFIX}/*"]
    return set(read_output(listed).split())


def forget_images() -> None:
    """Remove them; what they were built on and the build cache may be others' too, and stay."""
    if not shutil.which("docker"):
        return
    if not succeeds(["docker", "info"], seconds=DOCKER_SECONDS):
        say("Docker does not answer (docker info): the images of LoadLab that it has stay there")
    elif ids := image_ids():
        with step(f"Remove {len(ids)} images of LoadLab from Docker", first=5, again=5):
            read_output(["docker", "image", "rm", "--force", *sorted(ids)], seconds=WORK_SECONDS)


class MachineDocker:
    """The Docker that answers on this machine; it is never stopped."""

    direct_address = "127.0.0.1"  # where kind has the API server listen

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def programs(self) -> Mapping[str, str]:
        """Docker is there or not: it is not ours to install."""
        return {}

    def ensure(self) -> None:
        """Nothing is started here: only whether it answers is asked."""
        if not self.answers():
            raise ClusterError(
                "Docker does not answer (docker info): start it, join the group `docker`, "
                "or use CLUSTER=embedded as root"
            )

    def answers(self) -> bool:
        return succeeds(["docker", "info"], seconds=DOCKER_SECONDS)

    def silence(self) -> str:
        """What a Docker that does not answer holds comes back with it: it cannot be called gone."""
        return (
            "Docker does not answer (docker info), so nobody knows what is left of the kind "
            f"cluster {NAME}: start Docker or join the group `docker`, then repeat; where that "
            f"Docker is gone for good: rm -r {self._settings.handout}"
        )

    def keeps_nodes(self) -> bool:
        """Whether it has nodes of ours, asked of its files: so of one that is stopped, too."""
        labelled = f'"{LABEL}":"{NAME}"'
        files = CONTAINERS.glob("*/config.v2.json")
        return any(labelled in file.read_text(errors="replace") for file in files)

    def docker(self) -> list[str]:
        return ["docker"]

    def kind(self) -> list[str]:
        """The machine's kind, or our own from its Go module."""
        try:
            return [machine_program("kind", self._settings)]
        except ClusterError:
            return [str(ensure_go_program("kind", self._settings))]

    def kubectl(self) -> list[str]:
        return find_kubectl(self._settings)

    def ensure_node_image(self) -> str:
        """The official one by its digest: Docker pulls it when the node is created."""
        return os.environ.get(NODE) or self._settings.versions["KIND_NODE"]

    def config(self) -> Path:
        path = self._settings.cache / "kind" / "kind.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(kind_config())
        return path

    def images(self) -> None:
        """Build every image and load all of them into the nodes."""
        plan = plan_builds(self._settings.versions)
        log, former = self._settings.logs / "kind.log", image_ids()
        with step("Build the images with Docker", first=240, again=20):
            for command in plan.values():
                run_logged(command, log, env=BUILD)
        self._load(list(plan), title=f"Load {len(plan)} images into kind")
        if replaced := former - image_ids():  # no tag is left on them, and nothing names them
            succeeds(["docker", "image", "rm", *sorted(replaced)], seconds=WORK_SECONDS)

    def image(self, own: OwnImage) -> None:
        with step(f"Build {own.reference} with Docker", first=60, again=10):
            run_logged(plan_own_image(own), self._settings.logs / "kind.log", env=BUILD)
        self._load([own.reference], title=f"Load {own.reference} into kind")

    def leftovers(self) -> list[str]:
        """Docker was there before, and stays."""
        return []

    def remove(self) -> None:
        """Docker is the machine's."""

    def _load(self, references: list[str], *, title: str) -> None:
        kind, cache = self.kind(), self._settings.cache
        cache.mkdir(parents=True, exist_ok=True)
        # One of its own: another checkout may load images at the same time.
        with step(title, first=20, again=20), tempfile.TemporaryDirectory(dir=cache) as folder:
            for command in plan_load(kind, references, Path(folder) / "images.tar"):
                run_logged(command, self._settings.logs / "kind.log")
