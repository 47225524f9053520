"""Pushes a release: the images, and then the chart, which is what makes a version released."""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from loadlab_cluster.commands import Argument, read_output, run_logged
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.go_builds import ensure_go_program
from loadlab_cluster.release.chart import CHART, chart_archive
from loadlab_cluster.release.images import read_digest, written_digests
from loadlab_cluster.release.plan import Release, image_names
from loadlab_cluster.settings import Settings
from loadlab_cluster.terminal import say, step

# Of the answer about a manifest that is not there; some registries deny what they do not have.
NOT_THERE = re.compile(r"404|MANIFEST_UNKNOWN|NAME_UNKNOWN|NOT_FOUND|DENIED|403")


def log_in(release: Release, settings: Settings, environment: Mapping[str, str]) -> None:
    """Log in for crane and Helm alike, which read Docker's config.json.

    The password comes from the environment and goes by standard input: no list of processes and no
    log shows it.
    """
    user, password = environment.get("REGISTRY_USER", ""), environment.get("REGISTRY_PASSWORD", "")
    if not user or not password:
        raise ClusterError("REGISTRY_USER and REGISTRY_PASSWORD say who logs in to the registry")
    crane = ensure_go_program("crane", settings)
    words = ["auth", "login", release.host, "--username", user, "--password-stdin"]
    read_output([crane, *words], text=password)
    say(f"✓ logged in to {release.host} as {user}")


def refuse_released(release: Release, settings: Settings) -> None:
    """Refuse a version that has another chart in the registry: people may have installed it.

    With the chart that is at hand a release was begun, and broke off: it may be gone on with.
    """
    if not (pushed := pushed_charts(release, settings)):
        return
    if not is_at_hand(release, pushed):
        raise ClusterError(
            f"{chart_reference(release)} is released already, and not with the chart of "
            f"{release.files}: a change gets a new version and a new tag"
        )
    say(f"✓ {chart_reference(release)} is in the registry, with the chart that is at hand")


def chart_reference(release: Release) -> str:
    """Where the chart is pulled from."""
    return f"{release.charts}/{CHART.name}:{release.version}"


def pushed_charts(release: Release, settings: Settings) -> set[str]:
    """The digests of what the registry has as this version's chart; empty where it has none."""
    crane = ensure_go_program("crane", settings)
    try:
        manifest = json.loads(read_output([crane, "manifest", chart_reference(release)]))
    except ClusterError as error:
        if not NOT_THERE.search(str(error)):
            raise
        return set()
    # Not the manifest's own digest: Helm writes the file's time into it, which a download changes.
    return {layer["digest"] for layer in manifest["layers"]}


def is_at_hand(release: Release, pushed: set[str]) -> bool:
    """Whether a chart of these digests is the archive that was made here."""
    archive = chart_archive(release)
    if not archive.is_file():
        return False
    return f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}" in pushed


def push_images(release: Release, settings: Settings) -> None:
    """Push each archive; what the chart names must be what is in the registry."""
    expected = written_digests(release)
    crane, log = ensure_go_program("crane", settings), settings.logs / "release-push.log"
    changed = [n for n in image_names() if read_digest(release, settings, n) != expected[n]]
    if changed:
        raise ClusterError(
            f"the archives of {', '.join(changed)} are not those whose digests the chart names: "
            "nothing was pushed; make the release anew"
        )
    for image in image_names():
        reference = release.reference(image)
        with step(f"Push {reference}", first=20, again=20):
            run_logged([crane, "push", release.archive(image), reference], log)
        there = read_output([crane, "digest", reference]).strip()
        if there != expected[image]:
            raise ClusterError(f"{reference} is {there} in the registry, not {expected[image]}")


def push_chart(release: Release, settings: Settings) -> None:
    """Push the chart as an OCI artifact, unless it is there."""
    if is_at_hand(release, pushed_charts(release, settings)):
        say(f"✓ {chart_reference(release)} is in the registry already")
        return
    helm = ensure_go_program("helm4", settings)
    command: list[Argument] = [helm, "push", chart_archive(release), f"oci://{release.charts}"]
    plain = ["--plain-http"] if release.is_plain_http else []
    with step(f"Push oci://{chart_reference(release)}", first=5, again=5):
        log = settings.logs / "release-push.log"
        run_logged([*command, *plain], log, env={"HELM_REGISTRY_CONFIG": str(docker_config())})


def docker_config(environment: Mapping[str, str] = os.environ) -> Path:
    """The file in which crane and Docker keep who is logged in."""
    folder = environment.get("DOCKER_CONFIG") or Path.home() / ".docker"
    return Path(folder) / "config.json"
