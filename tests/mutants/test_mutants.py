"""A mutant has one change, and takes effect wherever the module was imported before."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.mutants.__main__ import FOLDERS
from tests.mutants.changes import mutants_of
from tests.mutants.held import MODULES
from tests.mutants.session import test_files as files_of
from tests.mutants.transplant import put_in_place

SOURCE = """
from dataclasses import dataclass
from functools import cache

LIMIT = 3

@cache
def doubled(value):
    return 2 * value

def is_below(value: int = 1, *, limit=LIMIT) -> bool:
    return value < limit

@dataclass(frozen=True, slots=True)
class Span:
    low: float
    high: float = 9.0

    @property
    def width(self):
        return self.high - self.low
"""


@pytest.fixture
def module(tmp_path: Path) -> Iterator[ModuleType]:
    loaded = ModuleType("loadlab.mutated")
    loaded.__file__ = str(tmp_path / "mutated.py")
    sys.modules[loaded.__name__] = loaded
    exec(compile(SOURCE, "mutated", "exec"), loaded.__dict__)
    yield loaded
    del sys.modules[loaded.__name__]


def changes(source: str) -> list[str]:
    return [mutant.key for mutant in mutants_of(source)]


def test_every_operator_number_and_condition_is_changed_once() -> None:
    source = 'def f(a):\n    if a and not a.b:\n        return f"{a + 1}", min(a, 2) <= -1\n'

    assert changes(source) == [
        "f: if a and (not a.b) -> if not (a and (not a.b))",
        "f: a and (not a.b) -> a or not a.b",
        "f: a and (not a.b) -> a and (not not a.b)",
        "f: min(a, 2) <= -1 -> min(a, 2) < -1",
        "f: min(a, 2) <= -1 -> min(a, 2) > -1",
        "f: min(a, 2) -> max(a, 2)",
        "f: min(a, 2) -> min(a, 3)",
        "f: min(a, 2) <= -1 -> min(a, 2) <= +1",
        "f: -1 -> -2",
    ]


def test_changes_that_read_alike_are_told_apart() -> None:
    assert changes("A = [b + c, b + c]\n") == [": b + c -> b - c", ": b + c -> b - c (2)"]


def test_functions_properties_values_and_defaults_change_where_they_are(module) -> None:
    doubled, is_below, span = module.doubled, module.is_below, module.Span
    assert (doubled(4), is_below(3), span(1.0).width) == (8, False, 8.0)
    changed = SOURCE.replace("LIMIT = 3", "LIMIT = 4").replace("2 * value", "3 * value")
    changed = changed.replace("self.high - self.low", "self.high + self.low").replace("9.0", "5.0")

    put_in_place(module, ast.parse(changed))

    assert (doubled(4), is_below(3), span(1.0).width, module.LIMIT) == (12, True, 6.0, 4)


@pytest.mark.parametrize("name", MODULES)
def test_each_module_that_is_held_has_tests(name: str) -> None:
    tests = [Path(folder, file) for folder in FOLDERS for file in files_of(name)]

    assert any(test.exists() for test in tests)
