"""tests/report.py: what is counted from a report is what CI believes, and what is run again."""

import subprocess
import sys
from pathlib import Path

from tests.report import Layer, after_trial_alone, build_table, build_total, count_report

TESTS = """
import pytest

@pytest.mark.parametrize("what", ["a quota", "b"])
def test_of_a_module(what): assert what == "b"

class TestGroup:
    def test_of_a_class(self): raise OSError

@pytest.fixture
def broken(): raise OSError

def test_without_its_fixture(broken): pass

def test_without_its_premise(): pytest.skip("the node is busy")
"""


def test_failed_tests_are_named_so_that_pytest_finds_them_again(tmp_path: Path) -> None:
    file = tmp_path / "tests" / "deep" / "test_some.py"
    file.parent.mkdir(parents=True)
    file.write_text(TESTS)

    first = run_pytest(tmp_path, "tests")
    again = run_pytest(tmp_path, *first.failures)

    assert first.failures == (
        "tests/deep/test_some.py::test_of_a_module[a quota]",
        "tests/deep/test_some.py::TestGroup::test_of_a_class",
        "tests/deep/test_some.py::test_without_its_fixture",
    )
    assert (first.passed, first.failed, first.skipped) == (1, 3, 1)
    assert first.skips == ("tests/deep/test_some.py::test_without_its_premise",)
    assert (again.passed, again.failures) == (0, first.failures)


def test_what_passes_alone_has_passed_and_is_named() -> None:
    first = Layer("end to end", 7, 2, 0, 60.0, ("a", "b"))

    layer = after_trial_alone(first, Layer("alone", 1, 1, 0, 5.0, ("b",)))

    assert layer == Layer("end to end", 8, 1, 0, 65.0, ("b",), ("a",))
    assert "passed only alone: a" in build_table([layer])
    assert build_total([layer]) == "8 passed, 1 failed"


def test_what_skips_itself_alone_condemns_nobody_else_and_is_named() -> None:
    first = Layer("end to end", 14, 3, 0, 60.0, ("a", "b", "c"))

    layer = after_trial_alone(first, Layer("alone", 2, 0, 1, 5.0, skips=("c",)))

    assert (layer.passed, layer.failed, layer.skipped) == (16, 0, 1)
    assert (layer.only_alone, layer.not_judged) == (("a", "b"), ("c",))
    assert "failed, and alone could not be judged: c" in build_table([layer])


def test_what_was_not_run_again_stays_failed() -> None:
    first = Layer("end to end", 7, 2, 0, 60.0, ("a", "b"))

    assert after_trial_alone(first, Layer("alone", failed=1)).failed == 2


def run_pytest(folder: Path, *options: str) -> Layer:
    """Run pytest as tests/run.py does."""
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode"]
    report_options = [f"--junitxml={report}", "-o", "junit_family=xunit1"]
    subprocess.run(
        [*command, "importlib", *report_options, *options],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    return count_report("some", report.read_text(), 1.0)
