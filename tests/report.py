"""What the layers of the tests came to: read from their reports, and printed as one table.

Standard library only: `tests/run.py` starts before the virtual environment exists.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from xml.etree import ElementTree


@dataclass(frozen=True)
class Layer:
    """What one layer of the tests came to; of those that passed some did so only alone."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    failures: tuple[str, ...] = ()
    """The failed tests, as pytest takes them; fewer than `failed` where a report names no file."""
    only_alone: tuple[str, ...] = ()
    skips: tuple[str, ...] = ()
    """The tests that found missing what they rest on, as pytest takes them."""
    not_judged: tuple[str, ...] = ()
    """Those that failed, and alone found missing what they rest on (a quiet node, say)."""


def count_report(name: str, report: str, seconds: float) -> Layer:
    """The numbers of a JUnit report."""
    if not report:
        return Layer(name, seconds=seconds)
    root = ElementTree.fromstring(report)
    total, failed, errors, skipped = (
        sum(int(suite.get(key, 0)) for suite in root.iter("testsuite"))
        for key in ("tests", "failures", "errors", "skipped")
    )
    bad = failed + errors
    return Layer(
        name,
        max(0, total - bad - skipped),
        bad,
        skipped,
        seconds,
        failures=find_ended(root, "failure", "error"),
        skips=find_ended(root, "skipped"),
    )


def find_ended(root: ElementTree.Element, *ends: str) -> tuple[str, ...]:
    """The node id of each test that ended so; a report of the family xunit1 has its file."""
    found = [
        node_id(case)
        for case in root.iter("testcase")
        if case.get("file") and any(case.find(end) is not None for end in ends)
    ]
    return tuple(dict.fromkeys(found))


def node_id(case: ElementTree.Element) -> str:
    """What pytest calls a test: its file, its class where it has one, and its name."""
    file = PurePosixPath(case.get("file", ""))
    module = ".".join(file.with_suffix("").parts)
    classes = case.get("classname", "").removeprefix(module).strip(".")
    parts = [str(file), *(classes.split(".") if classes else ()), case.get("name", "")]
    return "::".join(parts)


def count_go_events(name: str, lines: Sequence[str], seconds: float) -> Layer:
    """The numbers of `go test -json`; packages are no tests."""
    events = [json.loads(line) for line in lines if line.startswith("{")]
    outcomes = [event["Action"] for event in events if event.get("Test")]
    passed, failed, skipped = (outcomes.count(action) for action in ("pass", "fail", "skip"))
    return Layer(name, passed, failed, skipped, seconds)


def broken(layer: Layer) -> Layer:
    """A run that ended badly without a failed test, or without any test, is a failure too."""
    return replace(layer, name=f"{layer.name} (did not run)", failed=1)


def after_trial_alone(layer: Layer, alone: Layer) -> Layer:
    """A layer whose failed tests were run once more by themselves, each by how it ended there.

    Those that pass now, passed. Those that skip themselves were never on ground to be judged on:
    they are skipped, and named.
    """
    not_judged = tuple(test for test in layer.failures if test in alone.skips)
    recovered = tuple(
        test for test in layer.failures if test not in alone.failures and test not in not_judged
    )
    seconds = layer.seconds + alone.seconds
    if alone.passed < len(recovered):  # they were not all run
        return replace(layer, seconds=seconds)
    return replace(
        layer,
        passed=layer.passed + len(recovered),
        failed=layer.failed - len(recovered) - len(not_judged),
        skipped=layer.skipped + len(not_judged),
        seconds=seconds,
        failures=alone.failures,
        only_alone=recovered,
        not_judged=not_judged,
    )


def build_table(layers: Sequence[Layer]) -> str:
    """One line for each layer, then the tests that passed only when nothing else ran."""
    header = f"{'layer':<28}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>10}"
    rows = [
        f"{each.name:<28}{each.passed:>8}{each.failed:>8}{each.skipped:>9}{each.seconds:>10.1f}"
        for each in layers
    ]
    alone = [f"passed only alone: {test}" for each in layers for test in each.only_alone]
    unknown = [
        f"failed, and alone could not be judged: {test}"
        for each in layers
        for test in each.not_judged
    ]
    return "\n".join([header, *rows, *alone, *unknown])


def build_total(layers: Sequence[Layer]) -> str:
    """The line that CI reads: `N passed, N failed`, and how many were skipped if any."""
    passed, failed, skipped = (
        total(layers, field)
        for field in (lambda a: a.passed, lambda a: a.failed, lambda a: a.skipped)
    )
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


def total(layers: Sequence[Layer], field: Callable[[Layer], int]) -> int:
    """The sum of one field."""
    return sum(field(layer) for layer in layers)
