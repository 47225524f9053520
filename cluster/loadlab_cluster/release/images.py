"""Builds the images by the machine's Docker, and keeps each as an archive with its digest."""

import json
from collections.abc import Mapping

from loadlab_cluster.commands import WORK_SECONDS, Argument, read_output, run_logged, succeeds
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.go_builds import ensure_go_program
from loadlab_cluster.release.plan import Release, image_names
from loadlab_cluster.settings import REPOSITORY, Settings
from loadlab_cluster.terminal import say, step

# Docker adds attestations to what it builds: an archive would then hold an index, and no image.
BUILD = {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}


def plan_build(release: Release, image: str, labels: Mapping[str, str]) -> list[Argument]:
    """The command that builds an image; labels say of which commit of which repository."""
    marks = [f"--label=org.opencontainers.image.{name}={value}" for name, value in labels.items()]
    build = ["docker", "build", "--pull", "--platform=linux/amd64", "--tag"]
    return [*build, release.reference(image), "--target", image, *marks, REPOSITORY]


def build_images(release: Release, settings: Settings, environment: Mapping[str, str]) -> None:
    """Build every image and keep its archive."""
    if not succeeds(["docker", "info"]):
        raise ClusterError("Docker does not answer (docker info): the images are built by it")
    release.archives.mkdir(parents=True, exist_ok=True)
    log, labels = settings.logs / "release-images.log", source_labels(release, environment)
    for image in image_names():
        reference = release.reference(image)
        with step(f"Build {reference}", first=60, again=5):
            run_logged(plan_build(release, image, labels), log, env=BUILD)
            archive = release.archive(image)
            run_logged(["docker", "save", "--output", archive, reference], log)


def source_labels(release: Release, environment: Mapping[str, str]) -> dict[str, str]:
    """What an image says of where it comes from; GitHub names the repository."""
    labels = {"version": release.version}
    if commit := environment.get("GITHUB_SHA"):
        labels["revision"] = commit
    if repository := environment.get("GITHUB_REPOSITORY"):
        server = environment.get("GITHUB_SERVER_URL", "https://github.com")
        labels["source"] = f"{server}/{repository}"
    return labels


def write_digests(release: Release, settings: Settings) -> None:
    """Write the digest that each archive's image has in any registry."""
    digests = {image: read_digest(release, settings, image) for image in image_names()}
    release.files.mkdir(parents=True, exist_ok=True)
    named = {release.repository(image): digest for image, digest in digests.items()}
    (release.files / "images.json").write_text(json.dumps(named, indent=1) + "\n")
    for repository, digest in named.items():
        say(f"  {repository}@{digest}")


def read_digest(release: Release, settings: Settings, image: str) -> str:
    """The digest of an image that is not pushed yet; its layers are compressed for it."""
    archive = release.archive(image)
    if not archive.is_file():
        raise ClusterError(f"{archive} is not there: the step `images` builds it")
    crane = ensure_go_program("crane", settings)
    return read_output([crane, "digest", f"--tarball={archive}"], seconds=WORK_SECONDS).strip()


def written_digests(release: Release) -> dict[str, str]:
    """The digest of each image, by its name, as `write_digests` wrote them."""
    file = release.files / "images.json"
    if not file.exists():
        raise ClusterError(f"{file} is not there: the step `digests` writes it")
    named: dict[str, str] = json.loads(file.read_text())
    return {image: named[release.repository(image)] for image in image_names()}
