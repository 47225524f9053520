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
