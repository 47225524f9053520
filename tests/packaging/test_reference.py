"""docs/reference is what the CRDs, the chart's values and the command say."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", FOLDER / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_file_is_that_of_its_source(reference):
    found = {file.name: file.read_text() for file in FOLDER.glob("*.md")}

    assert found == reference.documents(), "run `make reference`"


def leaves(values: dict[str, Any], path: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{path}{name}.")
        else:
            yield f"{path}{name}"


def test_every_value_of_the_chart_has_its_row(repository):
    values = yaml.safe_load((repository / "charts/loadlab/values.yaml").read_text())
    told = (FOLDER / "values.md").read_text()
    rows = {line.split("`")[1] for line in told.splitlines() if line.startswith("| `")}

    whole = {row for row in rows if f"| `{row}` | `{{" in told}  # a map that stands in one line
    missing = {name for name in leaves(values) if name not in rows and not within(name, whole)}
    assert len(rows) > 40
    assert missing == set()


def within(name: str, whole: set[str]) -> bool:
    """Whether it is a part of a map that is told in one line."""
    return any(name.startswith(f"{row}.") for row in whole)


def test_every_field_of_the_spec_has_its_row_and_a_meaning(repository):
    told = (FOLDER / "loadexperiment.md").read_text()
    rows = [line for line in told.splitlines() if line.startswith("| `")]

    assert len(rows) > 300
    assert [row for row in rows if row.endswith("|  |")] == []
    assert "| `load.request.steps[].extract[].json` | text |" in told
    assert "## Refused" in told
