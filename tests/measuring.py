"""What a long test measured is printed, and kept with the test's outcome."""

from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from tests.measured_table import MeasuredTable

Measured = Callable[[int, str], None]
PASSED = pytest.StashKey[bool]()


def measuring(request: pytest.FixtureRequest, table: MeasuredTable) -> Iterator[Measured]:
    """Yield what a test calls with its number and what it measured; the body of a fixture."""
    said: dict[int, str] = {}

    def say(number: int, text: str) -> None:
        said[number] = text
        print(f"test {number}: {text}")

    yield say
    for number, text in said.items():
        passed = request.node.stash.get(PASSED, False)
        table.record(number, request.node.nodeid, text, passed=passed)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Keep whether a test's call passed; a conftest imports it."""
    report = yield
    if report.when == "call":
        item.stash[PASSED] = report.passed
    return report
