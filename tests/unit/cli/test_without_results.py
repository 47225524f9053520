"""An experiment that has no results says whether any are to come."""

from typing import Any

from tests.unit.cli.conftest import SINCE
from tests.unit.cli.test_tables import shown


def test_without_results_it_says_so(running: dict[str, Any]) -> None:
    assert shown(running) == "select: Running, 3/9 trials, running select-004\nNo results yet.\n"


def test_one_that_ended_without_results_has_none_to_come(running: dict[str, Any]) -> None:
    running["status"] |= {
        "phase": "Failed",
        "conditions": [
            {"type": "Finished", "status": "True", "reason": "ExperimentFailed", **SINCE}
        ],
    }

    assert "No results.\n" in shown(running)
