"""`make image`: a folder of the user's own, from its recipe to the node."""

import subprocess
from pathlib import Path

import pytest

from loadlab_cluster.build import embedded_builder
from loadlab_cluster.cli import main
from loadlab_cluster.containerd import embedded_containerd
from loadlab_cluster.current import CurrentCluster
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.images import BASE, PYTHON
from loadlab_cluster.machine_docker import plan_own_image
from loadlab_cluster.own_image import OwnImage, read_own_image, with_stand_ins
from loadlab_cluster.settings import Settings, load_settings

APP = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def read() -> dict[str, int]:
    return {"answer": 42}
"""
RECIPE = """\
FROM python:3.11-slim
RUN pip install --no-cache-dir fastapi uvicorn
COPY app.py /app/app.py
WORKDIR /app
USER 10001
CMD ["uvicorn", "app:app", "--host", "0.0.0.0"]
"""
ASK = "import app; print(app.read())"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "Dockerfile").write_text(RECIPE)
    return folder


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("shop", "localhost/shop:dev"),
        ("shop:v2", "localhost/shop:v2"),
        ("localhost/shop:v2", "localhost/shop:v2"),
    ],
)
def test_the_name_says_how_experiments_call_the_image(
    folder: Path, name: str, reference: str
) -> None:
    assert read_own_image([str(folder), name]).reference == reference


@pytest.mark.parametrize("name", ["Shop", "loadlab/services", "shop:", "-shop", "a--b", "a b"])
def test_a_name_that_cannot_be_or_is_one_of_ours_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(ClusterError, match="is no name for an image"):
        read_own_image([str(folder), name])


def test_without_arguments_it_teaches_its_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["image", "", ""]) == 1

    assert "make image DIR=../shop NAME=shop  " in capsys.readouterr().err


def test_a_folder_without_a_recipe_is_told_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="holds no Dockerfile and no Containerfile"):
        read_own_image([str(tmp_path), "shop"])


def test_a_containerfile_is_a_recipe_too(folder: Path) -> None:
    (folder / "Dockerfile").rename(folder / "Containerfile")

    assert read_own_image([str(folder), "shop"]).recipe == folder / "Containerfile"


@pytest.mark.parametrize(
    ("given", "built"),
    [
        ("FROM python:3.11-slim", f"FROM {PYTHON}"),
        ("from docker.io/library/python:3.11 as app", f"from {PYTHON} as app"),
        ("FROM --platform=linux/amd64 debian:bookworm", f"FROM --platform=linux/amd64 {BASE}"),
        ("FROM scratch", "FROM scratch"),
        ("ARG B=python:3.11\nFROM ${B}", f"ARG B=python:3.11\nFROM {PYTHON}"),
        ("FROM ${B:-python:3.11}", f"FROM {PYTHON}"),
        (
            "FROM python:3.11 AS build\nFROM build\nCOPY --from=Build /a /a\nCOPY --from=0 /b /b",
            f"FROM {PYTHON} AS build\nFROM build\nCOPY --from=Build /a /a\nCOPY --from=0 /b /b",
        ),
        ("FROM scratch\nCOPY --from=debian:12 / /", f"FROM scratch\nCOPY --from={BASE} / /"),
    ],
)
def test_official_images_have_stand_ins(given: str, built: str) -> None:
    assert with_stand_ins(given, where="Dockerfile") == built + "\n"


@pytest.mark.parametrize(
    "recipe", ["FROM node:22", "FROM $UNKNOWN", "FROM scratch\nCOPY --from=node:22 / /"]
)
def test_an_image_without_a_stand_in_is_refused_with_those_there_are(recipe: str) -> None:
    with pytest.raises(ClusterError, match=r"(?s)Dockerfile stands on .*python:3\.11-slim.*kind"):
        with_stand_ins(recipe, where="Dockerfile")


def test_kind_builds_it_with_docker_as_it_is(folder: Path) -> None:
    assert plan_own_image(read_own_image([str(folder), "shop"])) == (
        *("docker", "build", "--tag", "localhost/shop:dev"),
        *("--file", str(folder / "Dockerfile"), str(folder)),
    )


def test_the_current_context_gets_the_remedy(folder: Path, settings: Settings) -> None:
    own = read_own_image([str(folder), "shop"])

    with pytest.raises(ClusterError, match="docker push"):
        CurrentCluster(settings).image(own)


def test_a_foreign_base_is_refused_before_anything_is_installed(
    folder: Path, settings: Settings
) -> None:
    (folder / "Dockerfile").write_text("FROM node:22\n")
    own = OwnImage(folder, folder / "Dockerfile", "shop:dev")

    with pytest.raises(ClusterError, match="stands on node:22"):
        embedded_builder(settings).build_own(own)


@pytest.mark.e2e
def test_a_fastapi_folder_becomes_an_image_of_the_node(folder: Path) -> None:
    own = read_own_image([str(folder), "own-image-test"])
    settings = load_settings()
    if not embedded_containerd(settings).answers():
        pytest.skip("the embedded node does not run")
    embedded_builder(settings).build_own(own)

    runtime = ["ctr", "-a", str(settings.socket), "-n", "k8s.io"]
    command = [*runtime, "run", "--rm", own.reference, "own-image-test"]  # as its USER
    done = subprocess.run(
        [*command, "python", "-c", ASK], capture_output=True, text=True, timeout=60, check=False
    )
    subprocess.run([*runtime, "images", "rm", own.reference], capture_output=True, check=True)
    assert (done.returncode, done.stdout) == (0, "{'answer': 42}\n"), done.stderr
