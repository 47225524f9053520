"""The headings of the cells' table, and what it leaves out."""

from typing import Any

import pytest

from loadlab.cli.cells_table import cost_unit
from loadlab.cli.experiment import Experiment
from tests.unit.cli.test_tables import shown


@pytest.mark.parametrize(
    ("failed", "units", "heading"),
    [
        ((0, 0), (None, None), "CPU µs/req"),
        ((0, 0.02), (None, None), "CPU µs/good"),
        ((0, 0), ("WrittenRow", "WrittenRow"), "CPU µs/row"),
        ((0.02, 0), (None, "WrittenRow"), "CPU µs/good or row written"),
    ],
)
def test_the_heading_says_what_cpu_is_divided_by(
    finished: dict[str, Any],
    failed: tuple[float, ...],
    units: tuple[str | None, ...],
    heading: str,
) -> None:
    rows = finished["status"]["results"] = finished["status"]["results"][:2]
    for row, share, unit in zip(rows, failed, units, strict=True):
        row |= {"failedRate": share, "cpuPer": unit}
    results = Experiment.of(finished).status.results

    assert f"CPU µs/{cost_unit(results)}".replace("\n", " ") == heading


def line_of(finished: dict[str, Any], variant: str) -> list[str]:
    lines = (line.split() for line in shown(finished).splitlines())
    return next(line for line in lines if line[:1] == [variant])


def test_components_are_left_out_where_what_all_of_them_cost_is(finished: dict[str, Any]) -> None:
    """411 µs of the service stood beside "in all -": where it is alone that is the same figure."""
    sync, *_ = finished["status"]["results"]
    sync["cpuMicros"] = {"mean": 476, "standing": "Unsound", "why": "FailuresInCost"}

    line = line_of(finished, "sync")

    assert "411" not in line
    assert "65" not in line
    assert "190" in line  # that of k6 is another one
    assert "Left out CPU µs of sync/workers=2/virtualUsers=64: FailuresInCost" in shown(finished)


def test_latencies_that_failed_answers_are_among_are_left_out(finished: dict[str, Any]) -> None:
    _, other, _ = finished["status"]["results"]
    assert "41.2" in line_of(finished, "async")
    other["p95Ms"] = {"mean": 41.25, "standing": "Unsound", "why": "FailuresInLatency"}

    assert "41.2" not in line_of(finished, "async")
    text = shown(finished)
    assert "1.25" not in text  # p95 of its requests by name
    where = "latency of async/workers=2/virtualUsers=64"
    assert f"Left out {where}: FailuresInLatency" in text
