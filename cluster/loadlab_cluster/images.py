"""Which images there are, what each is made of, and which of them must be built again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loadlab_cluster.go_builds import hash_files
from loadlab_cluster.settings import REPOSITORY, SOURCES

PREFIX = "localhost/loadlab"
BASE = f"{PREFIX}/base:dev"
PYTHON = f"{PREFIX}/python:dev"
K6_BINARY = f"{PREFIX}/k6-binary:dev"
STORES = ("postgres", "redis", "rabbitmq")


@dataclass(frozen=True)
class Image:
    """One image: its name, its recipe, and the files that decide what is in it.

    `program` is what the recipe's last layer copies to `place`: it changes most, all the rest
    (`inputs`) seldom.
    """

    name: str
    tag: str
    dockerfile: Path
    context: Path
    inputs: tuple[Path, ...]
    program: Path | None = None
    place: str = ""
    target: str | None = None
    first_seconds: float = 20

    @property
    def reference(self) -> str:
        return f"{PREFIX}/{self.name}:{self.tag}"


def project_images() -> tuple[Image, ...]:
    """The images of the project's own Dockerfile, the same on every kind of cluster."""
    return tuple(
        Image(
            name,
            "dev",
            REPOSITORY / "Dockerfile",
            REPOSITORY,
            tuple(REPOSITORY / path for path in ("Dockerfile", ".dockerignore", *inputs)),
            program=REPOSITORY / program,
            place=place,
            target=name,
            first_seconds=seconds,
        )
        for name, inputs, program, place, seconds in (
            ("operator", ("requirements/operator.txt",), "operator/loadlab", "app/loadlab", 25),
            (
                *("services", ("requirements/services.txt",)),
                *("services/loadlab_services", "app/loadlab_services", 25),
            ),
            ("k6", (), "loadgen/scripts", "scripts", 5),
            (
                *("generators", ("requirements/generators.txt",)),
                *("services/loadlab_services/generators", "app/loadlab_services/generators", 15),
            ),
        )
    )


def official_store(store: str, versions: Mapping[str, str]) -> str:
    """The store's image in a registry; RabbitMQ's is not built for Debian."""
    suite = "" if store == "rabbitmq" else f"-{versions['DEBIAN']}"
    return f"{store}:{versions[store.upper()]}{suite}"


def standin_images(versions: Mapping[str, str]) -> tuple[Image, ...]:
    """The stores for a machine without a registry."""
    return tuple(
        Image(name, versions[name.upper()], folder / "Dockerfile", folder, (folder,))
        for name in STORES
        for folder in (SOURCES / "images" / name,)
    )


def sample_images() -> tuple[Image, ...]:
    """The service of manifests/samples/own-service.yaml, which is none of the project's own."""
    folder = REPOSITORY / "manifests" / "samples" / "own-service"
    return (
        Image(
            "own-service",
            "dev",
            folder / "Dockerfile",
            folder,
            (folder / "Dockerfile", folder / "requirements.txt"),
            program=folder / "app.py",
            place="app/app.py",
            target="own-service",
        ),
    )


def base_image() -> Image:
    """The image below all the others on a machine without a registry."""
    folder = SOURCES / "images" / "base"
    inputs = (folder, SOURCES / "versions.env")
    return Image("base", "dev", folder / "Dockerfile", folder, inputs, first_seconds=40)


def python_image() -> Image:
    """The base image with `pip` where the official Python image has it."""
    folder = SOURCES / "images" / "python"
    return Image("python", "dev", folder / "Dockerfile", folder, (folder,))


def ground_key(image: Image, *below: str) -> str:
    """A hash of all that an image stands on: its recipe and packages, and the images below it."""
    files = (file for path in image.inputs for file in _files(path))
    return "-".join((hash_files(files), *below))


def program_key(image: Image) -> str:
    """A hash of the program that the image's last layer holds."""
    return hash_files(_files(image.program)) if image.program else ""


def operator_key() -> str:
    """A hash of all that the operator's image is made of, with the image below it."""
    operator = next(image for image in project_images() if image.name == "operator")
    return f"{ground_key(operator, ground_key(base_image()))}-{program_key(operator)}"


def _files(path: Path) -> list[Path]:
    return sorted(path.rglob("*")) if path.is_dir() else [path]


class KeyFile:
    """Remembers, beside the images themselves, the key that each of them was built from."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, str]:
        keys: dict[str, str] = json.loads(self._path.read_text()) if self._path.exists() else {}
        return keys

    def write(self, reference: str, key: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(".part")
        unfinished.write_text(json.dumps({**self.read(), reference: key}, indent=1))
        unfinished.rename(self._path)
