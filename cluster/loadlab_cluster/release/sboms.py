"""What each image and the wheel is made of, as CycloneDX, by syft."""

import json
import re
import tempfile
from pathlib import Path

from loadlab_cluster.commands import Argument, run_logged
from loadlab_cluster.dev_environment import VENV
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.go_builds import ensure_go_program
from loadlab_cluster.release.plan import Release, image_names
from loadlab_cluster.settings import REPOSITORY, Settings
from loadlab_cluster.terminal import step

# Nothing of the machine but what it is pointed at, and no look for a newer one of itself.
SYFT = {"SYFT_CHECK_FOR_APP_UPDATE": "false", "SYFT_FILE_METADATA_SELECTION": "none"}
# By the Dockerfile, once all is installed.
TAKEN_AWAY = {"pip", "setuptools"}
PINS = REPOSITORY / "requirements" / "dev.txt"


def write_image_sboms(release: Release, settings: Settings) -> None:
    """Write the SBOM of each image: Debian's packages, Python's, and Go's modules."""
    for image in image_names():
        write_image_sbom(release, settings, image)


def write_image_sbom(release: Release, settings: Settings, image: str) -> None:
    """Write the SBOM of one image; refuse one that lacks what the image is known to hold."""
    archive = f"docker-archive:{release.archive(image)}"
    with step(f"Look what {release.reference(image)} is made of", first=20, again=20):
        sbom = _scan(archive, image, release, settings)
    missing = known_packages(image) - listed_packages(sbom.read_text())
    if missing:
        raise ClusterError(f"{sbom.name} lacks {', '.join(sorted(missing)[:5])}: was it all read?")


def known_packages(image: str) -> set[str]:
    """What an image holds without a doubt: the pins that are installed into it, or k6 itself."""
    pins = REPOSITORY / "requirements" / f"{image}.txt"
    if not pins.exists():
        module = (REPOSITORY / "loadgen" / "go.mod").read_text()
        found = re.findall(r"^\t(go\.k6\.io/k6\S*)", module, re.MULTILINE)
        return {f"golang/{name}" for name in found}
    named = re.findall(r"^([a-z0-9.-]+)==", pins.read_text(), re.MULTILINE)
    return {f"pypi/{_normal(name)}" for name in named if name not in TAKEN_AWAY}


def listed_packages(document: str) -> set[str]:
    """The packages that an SBOM lists, as kind/name."""
    purls = [component.get("purl", "") for component in json.loads(document).get("components", [])]
    found = (re.match(r"pkg:(\w+)/(.+?)(@|\?|$)", purl) for purl in purls)
    return {f"{each[1]}/{_normal(each[2])}" for each in found if each}


def _normal(name: str) -> str:
    """Python's packages are told in more than one spelling of a name."""
    return re.sub(r"[-_]+", "-", name).lower()


def write_wheel_sbom(release: Release, settings: Settings) -> None:
    """Write the SBOM of the wheel with what it brings, at the versions that are tested."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = f"{find_wheel(release)}[operator,cli]"
        install: list[Argument] = [
            VENV / "bin" / "uv",
            "pip",
            "install",
            "--quiet",
            "--target",
            folder,
        ]
        with step("Look what the wheel brings", first=20, again=10):
            log = settings.logs / "release-sbom.log"
            run_logged([*install, "--constraint", PINS, wheel], log)
            _scan(f"dir:{folder}", "wheel", release, settings)


def find_wheel(release: Release) -> Path:
    """The wheel of the release."""
    wheel = next(release.files.glob(f"loadlab-{release.version}-*.whl"), None)
    if wheel is None:
        raise ClusterError(f"{release.files} holds no wheel: the step `python` builds it")
    return wheel


def _scan(source: str, name: str, release: Release, settings: Settings) -> Path:
    syft = ensure_go_program("syft", settings)
    release.files.mkdir(parents=True, exist_ok=True)
    target = release.files / f"sbom-{name}.cdx.json"
    named = ["--source-name", f"loadlab-{name}", "--source-version", release.version]
    command: list[Argument] = [syft, "scan", source, *named, "--quiet"]
    run_logged(
        [*command, "--output", f"cyclonedx-json={target}"],
        settings.logs / "release-sbom.log",
        env=SYFT,
    )
    return target
