"""Images: when they are built again, and what their last layer holds."""

import hashlib
import io
import json
import marshal
import tarfile
from pathlib import Path

import pytest
import yaml

from loadlab_cluster import go_builds, images
from loadlab_cluster.images import KeyFile, project_images, sample_images, standin_images
from loadlab_cluster.oci import write_delta_archive, write_single_file_image
from loadlab_cluster.pip_settings import parse_pip_settings
from loadlab_cluster.program_layer import build_program_layer, exchange_last_layer
from loadlab_cluster.settings import SOURCES, read_versions


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "pkg"
    (folder / "inner").mkdir(parents=True)
    (folder / "__init__.py").write_text("x = 1\n")
    (folder / "inner" / "data.json").write_text("{}")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "stale.pyc").write_bytes(b"stale")
    return folder


def names_in(layer: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        return archive.getnames()


def test_the_chart_values_name_the_images_that_are_built() -> None:
    values = yaml.safe_load((SOURCES / "values.yaml").read_text())["images"]
    built = {*project_images(), *standin_images(read_versions())}

    assert {f"{each['repository']}:{each['tag']}" for each in values.values()} == {
        image.reference for image in built
    }


def test_the_image_of_the_sample_is_the_one_that_is_built() -> None:
    (image,) = sample_images()
    sample = image.context.parent / "own-service.yaml"
    variants = yaml.safe_load(sample.read_text())["spec"]["variants"]

    assert {variant["image"] for variant in variants} == {image.reference}


@pytest.mark.parametrize(
    "image", [*project_images(), *sample_images()], ids=lambda image: image.name
)
def test_the_dockerfile_copies_the_program_last_and_there(image) -> None:
    recipe = image.dockerfile.read_text()
    stage = recipe.split(f" AS {image.name}\n", 1)[1].split("\nFROM ", 1)[0]
    last = stage.strip().splitlines()[-1]

    assert last.startswith("COPY ")
    assert f"/{image.place}".startswith(last.split()[-1])


def test_a_layer_holds_the_files_and_their_bytecode_but_no_stale_one(program: Path) -> None:
    assert names_in(build_program_layer(program, "app/pkg")) == [
        "app/pkg/__init__.py",
        "app/pkg/__pycache__/__init__.cpython-311.pyc",
        "app/pkg/inner/data.json",
    ]


def test_the_same_program_gives_the_same_layer(program: Path) -> None:
    assert build_program_layer(program, "app/pkg") == build_program_layer(program, "app/pkg")


def test_tracebacks_name_the_path_in_the_container(program: Path) -> None:
    layer = build_program_layer(program, "app/pkg")
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        member = archive.extractfile("app/pkg/__pycache__/__init__.cpython-311.pyc")
        assert member
        code = marshal.loads(member.read()[16:])

    assert code.co_filename == "/app/pkg/__init__.py"


def test_exchanging_the_last_layer_leaves_all_the_others() -> None:
    config = {"config": {"User": "1"}, "rootfs": {"diff_ids": ["sha256:a", "sha256:b"]}}
    manifest = {
        "config": {"mediaType": "c", "digest": "sha256:c", "size": 1},
        "layers": [{"digest": "sha256:a"}, {"digest": "sha256:b"}],
    }
    new_manifest, new_config = exchange_last_layer(manifest, config, b"layer")
    digest = "sha256:" + hashlib.sha256(b"layer").hexdigest()

    assert json.loads(new_config) == {
        "config": {"User": "1"},
        "rootfs": {"diff_ids": ["sha256:a", digest]},
    }
    parsed = json.loads(new_manifest)
    assert [layer["digest"] for layer in parsed["layers"]] == ["sha256:a", digest]
    assert parsed["config"]["digest"] == "sha256:" + hashlib.sha256(new_config).hexdigest()


def test_a_delta_leaves_out_what_the_node_has(tmp_path: Path) -> None:
    manifest = {"config": {"digest": "sha256:cfg"}, "layers": [{"digest": "sha256:old"}]}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "cfg").write_text("config")
    write_delta_archive(tmp_path, "name:tag", {"sha256:old"}, tmp_path / "out.tar")

    names = names_in((tmp_path / "out.tar").read_bytes())
    assert "blobs/sha256/cfg" in names
    assert "blobs/sha256/old" not in names


def test_an_image_of_one_program_starts_it(tmp_path: Path) -> None:
    (tmp_path / "pause-0123").write_bytes(b"program")
    write_single_file_image(tmp_path / "pause-0123", "name:tag", tmp_path / "out.tar")

    with tarfile.open(tmp_path / "out.tar") as archive:
        blobs = [archive.extractfile(member) for member in archive if "blobs" in member.name]
        configs = [blob.read() for blob in blobs if blob]
    assert any(b'"Entrypoint": ["/pause"]' in each for each in configs)


def test_keys_are_remembered_for_each_image(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "folder" / "keys.json")
    keys.write("a", "1")
    keys.write("b", "2")

    assert keys.read() == {"a": "1", "b": "2"}


def test_pip_settings_of_the_environment_come_before_those_of_files() -> None:
    listing = "global.index-url='https://one.example'\n:env:.index-url='https://two.example'\n"

    assert parse_pip_settings(listing) == {"index-url": "https://two.example"}


def test_folders_of_this_machine_are_not_handed_to_a_build() -> None:
    assert parse_pip_settings(":env:.find-links='/somewhere'\n") == {}


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that decide the operator's image, in a repository of the test's own."""
    for name in (
        "Dockerfile",
        ".dockerignore",
        "requirements/operator.txt",
        "requirements/services.txt",
        "operator/loadlab/__init__.py",
        "services/loadlab_services/__init__.py",
        "cluster/images/base/Dockerfile",
        "cluster/versions.env",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("as it was\n")
    monkeypatch.setattr(images, "REPOSITORY", tmp_path)
    monkeypatch.setattr(images, "SOURCES", tmp_path / "cluster")
    monkeypatch.setattr(go_builds, "REPOSITORY", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "changed",
    [
        *("operator/loadlab/__init__.py", "operator/loadlab/new.py"),
        *("requirements/operator.txt", "Dockerfile", ".dockerignore"),
        *("cluster/images/base/Dockerfile", "cluster/versions.env"),
    ],
)
def test_the_operator_is_restarted_when_anything_in_its_image_changes(
    sources: Path, changed: str
) -> None:
    before = images.operator_key()
    (sources / changed).write_text("changed\n")

    assert images.operator_key() != before


@pytest.mark.parametrize(
    "changed",
    [
        *("services/loadlab_services/__init__.py", "requirements/services.txt"),
        "operator/loadlab/__pycache__/x.pyc",
    ],
)
def test_the_operator_goes_on_when_only_others_change(sources: Path, changed: str) -> None:
    before = images.operator_key()
    (sources / changed).parent.mkdir(exist_ok=True)
    (sources / changed).write_text("changed\n")

    assert images.operator_key() == before
