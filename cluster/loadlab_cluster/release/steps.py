"""The steps of a release by their names, each of which can be repeated."""

import os
from collections.abc import Callable, Mapping, Sequence

from loadlab_cluster.errors import ClusterError
from loadlab_cluster.release import chart, images, push, python, sboms
from loadlab_cluster.release.plan import Release, check_versions, read_notes, read_release
from loadlab_cluster.settings import REPOSITORY, Settings
from loadlab_cluster.terminal import say

FOLDER = REPOSITORY / "build" / "release"
Step = Callable[[Release, Settings, Mapping[str, str]], None]


def check(release: Release, _settings: Settings, _environment: Mapping[str, str]) -> None:
    """Whether the tag is that of the files; what an earlier release left goes."""
    check_versions(release.version)
    python.start_anew(release)
    release.folder.mkdir(parents=True)
    notes = read_notes(release.version, (REPOSITORY / "CHANGELOG.md").read_text())
    (release.folder / "notes.md").write_text(notes)
    say(f"✓ every file says {release.version}")


# In the order in which they are done.
STEPS: dict[str, tuple[str, Step]] = {
    "check": ("the tag is the version of the files", check),
    "python": ("wheel, sdist", lambda r, s, _: python.build_distributions(r, s)),
    "images": ("an archive of each image, by Docker", images.build_images),
    "digests": ("images.json: the digest of each", lambda r, s, _: images.write_digests(r, s)),
    "chart": ("the chart and install.yaml, with them", lambda r, s, _: chart.write_chart(r, s)),
    "sboms": ("what each image is made of", lambda r, s, _: sboms.write_image_sboms(r, s)),
    "wheel-sbom": ("what the wheel brings", lambda r, s, _: sboms.write_wheel_sbom(r, s)),
    "checksums": ("SHA256SUMS of all of them", lambda r, _s, _e: python.write_checksums(r)),
    "login": ("to the registry, by REGISTRY_USER and REGISTRY_PASSWORD", push.log_in),
    "unreleased": (
        "new, or begun with this chart",
        lambda r, s, _: push.refuse_released(r, s),
    ),
    "push-images": ("to the registry", lambda r, s, _: push.push_images(r, s)),
    "push-chart": ("to the registry, last", lambda r, s, _: push.push_chart(r, s)),
}


def run_steps(
    settings: Settings, names: Sequence[str], environment: Mapping[str, str] = os.environ
) -> None:
    """Run the steps that are named, in the order given; refuse all of them where one is unknown."""
    unknown = [name for name in names if name not in STEPS]
    if unknown or not names:
        listed = "\n".join(f"  {name:<12} {meaning}" for name, (meaning, _) in STEPS.items())
        said = (
            f"no step {', '.join(unknown)}" if unknown else "name the steps: STEPS='check python'"
        )
        raise ClusterError(f"{said}; there are, in their order,\n{listed}")
    release = read_release(environment, FOLDER)
    for name in names:
        STEPS[name][1](release, settings, environment)
