"""The table of the twenty tests names tests that exist, and parts that hold them."""

from pathlib import Path

import pytest

from tests.measured_table import MeasuredTable
from tests.reliability.run import PARTS
from tests.reliability.table import TESTS

FOLDER = Path(__file__).parent
REPOSITORY = FOLDER.parents[1]
LONG = sorted(f"tests/reliability/{f.name}" for f in FOLDER.glob("test_*.py")
              if "mark.reliability" in f.read_text() and f.name != Path(__file__).name)  # fmt: skip


def test_there_are_twenty_tests_and_the_soak():
    assert list(TESTS) == list(range(1, 22))


@pytest.mark.parametrize("number", TESTS)
def test_short_forms_exist(number):
    for name in TESTS[number].short.split():
        assert (REPOSITORY / name).is_file(), name


def test_each_long_form_is_in_one_part():
    """The kills after each write are in two, which are one file's two halves."""
    named = [each for files in PARTS.values() for each in files]

    assert len(named) == len(set(named))
    assert sorted({each.partition("::")[0] for each in named}) == LONG


def test_what_was_measured_stands_in_the_table(tmp_path):
    table = MeasuredTable(TESTS, tmp_path / "build" / "reliability.json")
    table.record(8, "x::test_a", "10 of 10 gone", passed=True)
    table.record(5, "x::test_b", "21 s", passed=False)

    rows = table.build()

    assert "✓ test_a: 10 of 10 gone" in rows
    assert "✗ test_b: 21 s" in rows
    assert "short form: tests/reconcile/test_crash.py" in rows
