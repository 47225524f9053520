"""The line of the best cell, and what stands below it."""

import io
from typing import Any

from rich.console import Console

from loadlab.cli.experiment import Experiment
from loadlab.cli.tables import render


def below_the_table(resource: dict[str, Any]) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=160).print(render(Experiment.of(resource)))
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    return lines[next(n for n, line in enumerate(lines) if line.startswith("Best: ")) :]


def test_what_is_no_lead_is_not_told_as_one(finished: dict[str, Any]) -> None:
    """It said "ahead of e by 1 in req/s (Inconclusive)"; a stored status may still have it."""
    finished["status"]["best"]["lead"] = {
        "of": "a", "over": "e", "figure": "requestsPerSecond", "blocks": 5, "ratio": 1,
        "outcome": "Inconclusive", "why": "fewer than 3 replicates have both figures",
    }  # fmt: skip

    assert not any("ahead of" in line for line in below_the_table(finished))


def test_at_saturation_the_best_cell_has_no_percentile(finished: dict[str, Any]) -> None:
    with_a_tail = below_the_table(finished)[0]
    finished["spec"] = {"load": {"purpose": "Capacity"}}

    assert with_a_tail.partition(", p95")[0] == below_the_table(finished)[0]
    assert ", p95 " in with_a_tail


def test_at_the_rate_that_a_search_found_it_has_one(finished: dict[str, Any]) -> None:
    with_a_tail = below_the_table(finished)[0]
    finished["spec"] = {"load": {"purpose": "Capacity", "search": {}}}
    finished["status"]["capacity"] = [
        {"cell": "async/workers=2", "message": "async carries at least 420/s", "trials": 9}
    ]

    assert below_the_table(finished)[0] == with_a_tail
