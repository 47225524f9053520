"""A cluster in Docker by kind: the same kubelet settings, the same images by `kind load`."""

from collections.abc import Mapping
from pathlib import Path

from loadlab_cluster.commands import read_output, run_logged, succeeds
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.handout import Access, machine_program, remove_handout, write_handout
from loadlab_cluster.images import (
    PREFIX,
    STORES,
    official_store,
    project_images,
    sample_images,
)
from loadlab_cluster.own_image import OwnImage
from loadlab_cluster.settings import NAME, REPOSITORY, SOURCES, Settings
from loadlab_cluster.terminal import say, step

Command = tuple[str, ...]


def plan_up(versions: Mapping[str, str], kubeconfig: Path) -> list[Command]:
    """The commands that create the cluster."""
    node = f"kindest/node:v{versions['KUBERNETES']}"
    config = ("--config", str(SOURCES / "kind.yaml"), "--kubeconfig", str(kubeconfig))
    return [("kind", "create", "cluster", "--name", NAME, "--image", node, *config, "--wait", "2m")]


def plan_down(kubeconfig: Path) -> list[Command]:
    """The commands that remove the cluster."""
    return [("kind", "delete", "cluster", "--name", NAME, "--kubeconfig", str(kubeconfig))]


def plan_images(versions: Mapping[str, str]) -> list[Command]:
    """Build the project's images, take the official stores, load all of them into the node."""
    build = ("docker", "build", str(REPOSITORY), "--target")
    images = project_images()
    plan: list[Command] = [(*build, each.name, "--tag", each.reference) for each in images]
    samples = sample_images()
    plan += [("docker", "build", str(each.context), "--tag", each.reference) for each in samples]
    references = [image.reference for image in (*images, *samples)]
    for store in STORES:
        official = official_store(store, versions)
        reference = f"{PREFIX}/{store}:{versions[store.upper()]}"
        plan += [("docker", "pull", official), ("docker", "tag", official, reference)]
        references.append(reference)
    return [*plan, ("kind", "load", "docker-image", "--name", NAME, *references)]


def plan_own_image(own: OwnImage) -> list[Command]:
    """Build a folder of the user's own and load it into the node."""
    build = ("docker", "build", str(own.folder), "--file", str(own.recipe))
    load = ("kind", "load", "docker-image", "--name", NAME, own.reference)
    return [(*build, "--tag", own.reference), load]


class KindCluster:
    """Runs the plans above."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def up(self) -> None:
        kubectl = machine_program("kubectl", self._settings)
        if self.is_ready():
            say(f"✓ the kind cluster {NAME} is up")
        else:
            self._settings.handout.mkdir(exist_ok=True)
            plan = plan_up(self._settings.versions, self._settings.kubeconfig)
            self._run("Create the kind cluster", plan, first=90, again=40)
        write_handout(self._settings, Access(f"the kind cluster {NAME}", f'"{kubectl}"'))

    def down(self) -> None:
        self._run("Delete the kind cluster", plan_down(self._settings.kubeconfig), first=5, again=5)
        remove_handout(self._settings)

    def images(self) -> None:
        plan = plan_images(self._settings.versions)
        self._run("Build the images and load them into kind", plan, first=240, again=30)

    def image(self, own: OwnImage) -> None:
        title = f"Build {own.reference} and load it into kind"
        self._run(title, plan_own_image(own), first=60, again=10)
        say(own.use())

    def load(self, archive: str) -> None:
        plan: list[Command] = [("kind", "load", "image-archive", "--name", NAME, archive)]
        self._run(f"Load {archive} into kind", plan, first=10, again=10)

    def is_ready(self) -> bool:
        config = self._settings.kubeconfig
        ask = ["kubectl", f"--kubeconfig={config}", "get", "--raw", "/readyz"]
        return config.exists() and succeeds(ask)

    def describe(self) -> list[str]:
        if not succeeds(["kind", "version"]):
            return ["kind is not installed: https://kind.sigs.k8s.io, or CLUSTER=embedded as root"]
        return ["clusters of kind: " + " ".join(read_output(["kind", "get", "clusters"]).split())]

    def _run(self, title: str, plan: list[Command], *, first: float, again: float) -> None:
        if not succeeds(["kind", "version"]):
            raise ClusterError(*self.describe())
        with step(title, first=first, again=again):
            for command in plan:
                run_logged(command, self._settings.logs / "kind.log")
