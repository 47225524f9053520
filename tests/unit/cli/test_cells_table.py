"""The headings of the cells' table."""

from typing import Any

import pytest

from loadlab.cli.cells_table import cost_unit
from loadlab.cli.experiment import Experiment


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
