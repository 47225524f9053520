"""requirements/*.txt: pinned from pyproject.toml, and from nowhere that a file would name."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from loadlab_cluster.requirements import FIXED, HEADER, SELECTIONS, plan_requirements
from loadlab_cluster.settings import REPOSITORY

Declared = dict[str, list[Requirement]]
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)", re.MULTILINE)


@pytest.fixture(scope="module")
def declared() -> Declared:
    """What pyproject.toml asks of each file."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    always, extras = project["project"]["dependencies"], project["project"]["optional-dependencies"]
    every_extra = [each for extra in extras.values() for each in extra]
    wanted = {name: always + extras[name] for name in ("operator", "services", "generators")}
    wanted["dev"] = always + every_extra + project["dependency-groups"]["dev"]
    read = {name: [Requirement(each) for each in texts] for name, texts in wanted.items()}
    # An extra that takes in another one names the project itself.
    return {name: [it for it in asked if it.name != "loadlab"] for name, asked in read.items()}


def pins(name: str) -> dict[str, str]:
    text = (REPOSITORY / "requirements" / f"{name}.txt").read_text()
    return {found["name"]: found["version"] for found in PIN.finditer(text)}


@pytest.mark.parametrize("name", SELECTIONS)
def test_every_pin_is_what_pyproject_allows(declared: Declared, name: str) -> None:
    pinned = pins(name)

    wrong = {
        str(each): pinned.get(canonicalize_name(each.name))
        for each in declared[name]
        if not each.specifier.contains(pinned.get(canonicalize_name(each.name), "0"))
    }

    assert wrong == {}, "run `make requirements`"


@pytest.mark.parametrize("name", SELECTIONS)
def test_nothing_is_pinned_that_pyproject_asks_for_no_more(declared: Declared, name: str) -> None:
    text = (REPOSITORY / "requirements" / f"{name}.txt").read_text()
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    direct = {
        found["name"] for each in blocks if "pyproject.toml" in each if (found := PIN.search(each))
    }

    assert direct == {canonicalize_name(each.name) for each in declared[name]}


@pytest.mark.parametrize("name", SELECTIONS)
def test_a_file_names_no_registry_and_has_a_hash_for_each_pin(name: str) -> None:
    text = (REPOSITORY / "requirements" / f"{name}.txt").read_text()
    blocks = [each for each in re.split(r"\n(?=[a-z0-9])", text) if PIN.search(each)]

    assert text.startswith(HEADER)
    assert "://" not in text
    assert "--index" not in text
    assert all("--hash=sha256:" in each for each in blocks)


def test_the_images_get_no_development_tool(tmp_path: Path) -> None:
    for name in ("operator", "services"):
        command = plan_requirements(name, tmp_path / "x.txt", ["--upgrade"])

        assert "dev" not in command
        assert {"--upgrade", *FIXED} <= set(command)
