"""A release is pushed to a registry on loopback that asks for a password, and taken from it."""

import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from loadlab_cluster.errors import ClusterError
from loadlab_cluster.go_builds import ensure_go_program, go_binary
from loadlab_cluster.release import chart, images, push, sboms
from loadlab_cluster.release.plan import Release, image_names
from loadlab_cluster.settings import Settings, load_settings

pytestmark = pytest.mark.integration

USER, PASSWORD = "loadlab", "loadlab-test"
VERSION = "0.1.0"


@dataclass(frozen=True)
class Registry:
    """Where it listens, and the programs that speak to it."""

    host: str
    settings: Settings

    def crane(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return said([ensure_go_program("crane", self.settings), *words])

    def helm(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return said([ensure_go_program("helm4", self.settings), *words])


def said(command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    settings = load_settings()
    told = {"ADDRESS": "127.0.0.1:0", "NAME": USER, "PASSWORD": PASSWORD}
    with subprocess.Popen(
        [ensure_go_program("registry", settings)],
        env=os.environ | told,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a line for each request
        text=True,
    ) as running:
        try:
            assert running.stdout is not None
            yield Registry(running.stdout.readline().strip(), settings)
        finally:
            running.terminate()


@pytest.fixture(autouse=True)
def nobody_logged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a login writes goes to a folder of the test's own."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("HELM_CONFIG_HOME", str(tmp_path / "helm"))


@pytest.fixture
def release(registry: Registry, tmp_path: Path, request: pytest.FixtureRequest) -> Release:
    """One of each image, with a file of its name in it, for a path of the test's own."""
    made = Release(VERSION, f"{registry.host}/{request.node.name.replace('_', '-')}", tmp_path)
    made.archives.mkdir()
    for image in image_names():
        write_image(registry, made, image, {"name": image.encode()})
    return made


def write_image(
    registry: Registry, release: Release, image: str, files: dict[str, bytes | Path]
) -> None:
    """Write an image of one layer as Docker saves it."""
    layer = release.folder / "layer.tar"
    source = release.folder / "layer"
    with tarfile.open(layer, "w") as tar:
        for name, content in files.items():
            source.write_bytes(content.read_bytes() if isinstance(content, Path) else content)
            tar.add(source, name)
    target = ("-t", release.reference(image), "-o", release.archive(image))
    appended = registry.crane("append", "-f", layer, *target)
    assert appended.returncode == 0, appended.stderr


def make(release: Release, settings: Settings) -> None:
    images.write_digests(release, settings)
    chart.write_chart(release, settings)


def publish(release: Release, settings: Settings) -> None:
    told = {"REGISTRY_USER": USER, "REGISTRY_PASSWORD": PASSWORD}
    push.log_in(release, settings, told)
    push.refuse_released(release, settings)
    push.push_images(release, settings)
    push.push_chart(release, settings)


def images_of(manifests: str) -> set[str]:
    """The images that the operator's Deployment names, its own and those it starts."""
    (deployment,) = (
        each for each in yaml.safe_load_all(manifests) if each and each["kind"] == "Deployment"
    )
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    told = {v["value"] for v in container["env"] if v["name"].startswith("LOADLAB_IMAGE_")}
    return {container["image"], *told}


def test_what_is_pushed_is_what_the_chart_and_the_manifest_name(
    registry: Registry, release: Release, tmp_path: Path
) -> None:
    make(release, registry.settings)
    publish(release, registry.settings)

    login = ("--registry-config", push.docker_config())
    address = f"oci://{release.charts}/loadlab"
    where = ("--version", VERSION, "--plain-http", *login)
    options = ("--namespace=loadlab-system", "--kube-version=1.34.0")
    rendered = registry.helm("template", "loadlab", address, *where, *options)
    assert rendered.returncode == 0, rendered.stderr
    applied = (release.files / "install.yaml").read_text()

    for text in (rendered.stdout, applied):
        ours = {name for name in images_of(text) if name.startswith(release.registry)}
        assert len(ours) == len(image_names())
        for reference in ours:
            pulled = registry.crane("export", reference, "-")
            assert pulled.returncode == 0, pulled.stderr
            image = reference.removeprefix(release.registry + "/").partition("@")[0]
            assert image in pulled.stdout  # the file that the image was made with


def test_a_version_is_released_once(registry: Registry, release: Release) -> None:
    make(release, registry.settings)
    publish(release, registry.settings)

    chart.chart_archive(release).write_bytes(b"another")
    with pytest.raises(ClusterError, match="is released already, and not with the chart of"):
        push.refuse_released(release, registry.settings)
    chart.chart_archive(release).unlink()
    with pytest.raises(ClusterError, match="is released already"):
        push.refuse_released(release, registry.settings)
    push.refuse_released(replace(release, version="0.1.1"), registry.settings)


def test_a_release_that_broke_off_is_gone_on_with(registry: Registry, release: Release) -> None:
    """What comes after the chart failed, and the job, run again, downloads the same files."""
    make(release, registry.settings)
    publish(release, registry.settings)
    pushed = registry.crane("digest", push.chart_reference(release)).stdout
    os.utime(chart.chart_archive(release), (1e9, 1e9))
    publish(release, registry.settings)

    assert pushed.startswith("sha256:")
    assert registry.crane("digest", push.chart_reference(release)).stdout == pushed


def test_a_registry_that_does_not_answer_is_not_one_without_the_version(
    registry: Registry, release: Release
) -> None:
    nowhere = replace(release, registry="127.0.0.1:1/loadlab")

    with pytest.raises(ClusterError, match="refused"):
        push.refuse_released(nowhere, registry.settings)


def test_an_archive_that_was_exchanged_is_not_pushed(registry: Registry, release: Release) -> None:
    make(release, registry.settings)
    write_image(registry, release, "operator", {"name": b"another"})
    push.log_in(release, registry.settings, {"REGISTRY_USER": USER, "REGISTRY_PASSWORD": PASSWORD})

    with pytest.raises(ClusterError, match="the archives of operator are not those"):
        push.push_images(release, registry.settings)
    assert registry.crane("digest", release.reference("services")).returncode != 0


def test_nobody_pushes_without_the_password(registry: Registry, release: Release) -> None:
    make(release, registry.settings)
    wrong = {"REGISTRY_USER": USER, "REGISTRY_PASSWORD": "another"}
    push.log_in(release, registry.settings, wrong)  # it is only written down

    with pytest.raises(ClusterError, match="401 Unauthorized"):
        push.push_images(release, registry.settings)
    with pytest.raises(ClusterError, match="401"):
        push.push_chart(release, registry.settings)


@pytest.fixture
def syft() -> Path:
    """It takes minutes to build, for this test alone: `make release STEPS=sboms` has built it."""
    binary = go_binary("syft", load_settings())
    if not binary.exists():
        pytest.skip("syft is not built: PYTHONPATH=cluster python3 -m loadlab_cluster path syft")
    return binary


def test_an_sbom_lists_what_is_in_an_image(registry: Registry, release: Release, syft: Path):
    """Debian's packages by dpkg's status, Python's by their metadata, Go's by the binary."""
    status = (
        "Package: zlib1g\nStatus: install ok installed\nVersion: 1:1.2.13\nArchitecture: amd64\n"
    )
    metadata = "Metadata-Version: 2.1\nName: kopf\nVersion: 1.45.0\n"
    files: dict[str, bytes | Path] = {
        "etc/os-release": b"ID=debian\nVERSION_ID=12\n",
        "var/lib/dpkg/status": status.encode(),
        "venv/lib/python3.11/site-packages/kopf-1.45.0.dist-info/METADATA": metadata.encode(),
        "usr/bin/k6": ensure_go_program("k6", registry.settings),
    }
    write_image(registry, release, "k6", files)
    sboms.write_image_sbom(release, registry.settings, "k6")

    text = (release.files / "sbom-k6.cdx.json").read_text()
    document = json.loads(text)
    assert document["bomFormat"] == "CycloneDX"
    assert document["metadata"]["component"]["name"] == "loadlab-k6"
    expected = {"deb/debian/zlib1g", "pypi/kopf", "golang/go.k6.io/k6/v2"}
    assert expected <= sboms.listed_packages(text)


def test_an_sbom_that_lacks_what_was_installed_is_refused(
    registry: Registry, release: Release, syft: Path
):
    with pytest.raises(ClusterError, match=r"sbom-operator.cdx.json lacks pypi/"):
        sboms.write_image_sbom(release, registry.settings, "operator")
