"""The table of the twenty tests names tests that exist, and parts that hold them."""

from pathlib import Path

import pytest

from tests.reliability import table
from tests.reliability.run import PARTS

FOLDER = Path(__file__).parent
LONG = sorted(f"tests/reliability/{f.name}" for f in FOLDER.glob("test_*.py")
              if "mark.reliability" in f.read_text() and f.name != Path(__file__).name)  # fmt: skip


def test_there_are_twenty_tests_and_the_soak():
    assert list(table.TESTS) == list(range(1, 22))


@pytest.mark.parametrize("number", table.TESTS)
def test_short_forms_exist(number):
    for name in table.TESTS[number].short.split():
        assert (table.REPOSITORY / name).is_file(), name


def test_each_long_form_is_in_one_part():
    """The kills after each write are in two, which are one file's two halves."""
    named = [each for files in PARTS.values() for each in files]

    assert len(named) == len(set(named))
    assert sorted({each.partition("::")[0] for each in named}) == LONG


def test_what_was_measured_stands_in_the_table(monkeypatch, tmp_path):
    monkeypatch.setattr(table, "RESULTS", tmp_path / "build" / "reliability.json")
    table.record(8, "x::test_a", "10 of 10 gone", passed=True)
    table.record(5, "x::test_b", "21 s", passed=False)

    rows = table.build_table()

    assert "✓ test_a: 10 of 10 gone" in rows
    assert "✗ test_b: 21 s" in rows
    assert "short form: tests/reconcile/test_crash.py" in rows
