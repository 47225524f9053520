"""A workload is complete, or one of these fails: they walk the catalogues, and list nothing."""

from collections.abc import Iterator
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
import yaml

import loadlab.catalogue
from loadlab.catalogue import WORKLOADS
from loadlab_services import workloads
from loadlab_services.workloads import find_workload

OFFERED = [module.name for module in iter_modules(workloads.__path__) if module.ispkg]
DESCRIBED = [module.name for module in iter_modules(loadlab.catalogue.__path__)]
# Of the union of both sides: what only one of them has is missing on the other.
NAMES = sorted({*WORKLOADS, *OFFERED})
BUILT_IN = [name for name in NAMES if name not in WORKLOADS or WORKLOADS[name].variants]
each_workload = pytest.mark.parametrize("name", NAMES)
each_built_in = pytest.mark.parametrize("name", BUILT_IN)


def specs_in(folder: Path, pattern: str) -> Iterator[dict[str, Any]]:
    """The specs of the experiments in a folder's files."""
    for file in sorted(folder.glob(pattern)):
        yield from (body["spec"] for body in yaml.safe_load_all(file.read_text()))


def variants_in(spec: dict[str, Any]) -> set[str]:
    return {variant["name"] for variant in spec["variants"]}


def row_of(name: str, page: str) -> list[str]:
    """The cells of a workload's row in the table of docs/workloads.md."""
    rows = [line.strip("| ").split(" | ") for line in page.splitlines()]
    (found,) = (row for row in rows if row[0] == f"`{name}`" and len(row) == 3)
    return found


@each_workload
def test_the_operator_describes_it_in_a_module_of_its_own(name):
    assert name in DESCRIBED
    assert name in WORKLOADS


@each_workload
def test_the_services_serve_it_from_a_folder_of_its_own(name):
    assert name in OFFERED


@each_workload
def test_both_sides_have_the_same_variants(name):
    assert set(find_workload(name).variants) == set(WORKLOADS[name].variants)


@each_workload
def test_both_sides_know_which_variants_log_each_request(name):
    printing = {n for n, variant in find_workload(name).variants.items() if variant.access_log}

    assert printing == {n for n, facts in WORKLOADS[name].variants.items() if facts.log_lines}


@each_workload
def test_the_page_of_workloads_has_a_row_that_names_every_variant(name, repository):
    _, asked, variants = row_of(name, (repository / "docs" / "workloads.md").read_text())

    assert asked
    assert [v for v in WORKLOADS[name].variants if f"`{v}`" not in variants] == []


@each_workload
def test_a_sample_begins_with_it(name, repository):
    folder = repository / "manifests" / "samples"
    found = [*specs_in(folder, "*.yaml"), *specs_in(folder / "published", "*.yaml")]

    assert [spec for spec in found if spec["workload"] == name]


@each_built_in
def test_the_catalogues_sample_has_every_variant(name, repository):
    (spec,) = specs_in(repository / "manifests" / "samples" / "catalogue", f"{name}.yaml")

    assert spec["workload"] == name
    assert variants_in(spec) == set(WORKLOADS[name].variants)


@each_built_in
def test_one_of_its_plans_is_golden(name, repository):
    golden = repository / "tests" / "golden"
    specs = {f.name: yaml.safe_load(f.read_text()) for f in (golden / "specs").glob("*.yaml")}
    of_it = [file for file, spec in specs.items() if spec["workload"] == name]

    assert of_it
    assert [file for file in of_it if not (golden / file).exists()] == []
