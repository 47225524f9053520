"""What both sides are held to: the schemas, and every environment and trial that can be planned."""

import json
import os
from pathlib import Path

import pytest

from tests.manifests import Json

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _environment_of_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's environment is taken for a container's."""
    for name in list(os.environ):
        if name not in {"PATH", "HOME", "PYTHONPATH"} and not name.startswith("PYTEST"):
            monkeypatch.delenv(name)


@pytest.fixture
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def schemas() -> dict[str, Json]:
    """The schemas by their file's name."""
    folder = REPOSITORY / "docs" / "contracts"
    return {file.name: json.loads(file.read_text()) for file in folder.glob("*.schema.json")}
