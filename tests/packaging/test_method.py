"""docs/method.md names every bound of the judgement, and gives the values that the code has."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROW = re.compile(r"^\| `(?P<name>\w+)` \| (?P<value>[^|]+) \|", re.MULTILINE)
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?")
POWER = re.compile(r"^(?P<base>\d+)(?P<unit>m|Mi)$")  # a Kubernetes quantity such as 100m
ELSEWHERE = re.compile(r"\b(?:const )?(\w+)\s+=\s+[^=]")  # a constant of Go or JavaScript
Constant = tuple[str, object]


def constants_of(file: Path) -> Iterator[Constant]:
    """The constants of a module, and the defaults of its classes' fields."""
    tree = ast.parse(file.read_text())
    yield from assigned_in(tree.body)
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from assigned_in(node.body)


def assigned_in(body: list[ast.stmt]) -> Iterator[Constant]:
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            values = node.value.elts if isinstance(node.value, ast.Tuple) else []
            pairs = zip(node.targets[0].elts, values, strict=False)
            yield from ((ast.unparse(name), value_of(value)) for name, value in pairs)
        elif isinstance(node, ast.Assign):
            yield ast.unparse(node.targets[0]), value_of(node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield ast.unparse(node.target), value_of(node.value)


def value_of(node: ast.expr) -> object:
    """A literal or a product of numbers; of Field(default=x) the x; else None."""
    if isinstance(node, ast.Call):
        given = (k.value for k in node.keywords if k.arg == "default")
        return next((value_of(value) for value in given), None)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Pow):
        left, right = value_of(node.left), value_of(node.right)
        if isinstance(left, int | float) and isinstance(right, int | float):
            return left * right if isinstance(node.op, ast.Mult) else left**right
        return None
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def numbers_in(value: object) -> list[float]:
    """The numbers that a constant consists of; none where it is something else."""
    if isinstance(value, str) and (quantity := POWER.match(value)):
        return [float(quantity["base"])]
    if isinstance(value, int | float):
        return [float(value)]
    return [float(each) for each in value] if isinstance(value, tuple) and value else []


@pytest.fixture(scope="module")
def method(repository: Path) -> str:
    return (repository / "docs" / "method.md").read_text()


@pytest.fixture(scope="module")
def constants(repository: Path) -> dict[str, list[object]]:
    """All values that a name has anywhere in the two packages."""
    found: dict[str, list[object]] = {}
    for package in ("operator/loadlab", "services/loadlab_services"):
        for file in sorted((repository / package).rglob("*.py")):
            for name, value in constants_of(file):
                found.setdefault(name, []).append(value)
    return found


@pytest.fixture(scope="module")
def bounds(repository: Path) -> list[str]:
    files = sorted((repository / "operator" / "loadlab").rglob("bounds.py"))
    return [name for file in files for name, _ in constants_of(file)]


def test_every_bound_has_its_row(bounds, method):
    rows = {row["name"] for row in ROW.finditer(method)}

    assert len(bounds) > 30
    assert sorted(set(bounds) - rows) == []


def test_rows_give_the_values_of_the_code(constants, method):
    wrong = {
        row["name"]: row["value"]
        for row in ROW.finditer(method)
        if (known := constants.get(row["name"]))
        and (numbers := [numbers_in(value) for value in known if numbers_in(value)])
        and [float(n.replace(",", "")) for n in NUMBER.findall(row["value"])][: len(numbers[0])]
        not in numbers
    }

    assert wrong == {}


def test_rows_name_constants_that_exist(repository, constants, method):
    sources = [*repository.glob("loadgen/**/*.go"), *repository.glob("loadgen/scripts/*.js")]
    elsewhere = {name for file in sources for name in ELSEWHERE.findall(file.read_text())}

    unknown = {row["name"] for row in ROW.finditer(method)} - set(constants) - elsewhere

    assert unknown == set()
