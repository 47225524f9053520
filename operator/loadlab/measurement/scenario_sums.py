"""What the generators counted, added up over all of their pods."""

from collections.abc import Sequence
from typing import Any

from loadlab.measurement.documents import CEILING_SCENARIO, K6Document
from loadlab.measurement.documents.generator import Scenario

_SUMMED = (
    *("requests", "failed", "iterations", "dropped_iterations", "interrupted_iterations"),
    *("redirects_followed", "connections"),
)


def sums_of(scenarios: Sequence[Scenario]) -> dict[str, Any]:
    """Add up what each generator counted, by the names of the measurement's fields."""
    return {name: sum(getattr(one, name) for one in scenarios) for name in _SUMMED}


def ceiling_of(documents: Sequence[K6Document]) -> float | None:
    """Return what k6 made of a closed loop against nothing; None where there was no such loop."""
    loops = [d.scenarios[CEILING_SCENARIO] for d in documents if CEILING_SCENARIO in d.scenarios]
    requests = sum(loop.requests - loop.failed for loop in loops)
    if not requests:
        return None
    began, ended = min(s.first_start_us for s in loops), max(s.last_sample_us for s in loops)
    return requests * 1e6 / (ended - began) if ended > began else None


def iterations_seconds(scenarios: Sequence[Scenario]) -> float:
    """Return from when until when there were iterations; 0 where a generator does not tell."""
    told = [s for s in scenarios if s.iterations]
    if not told or not all(s.last_iteration_us for s in told):
        return 0.0
    last, first = max(s.last_iteration_us for s in told), min(s.first_iteration_us for s in told)
    return max(0, last - first) / 1e6
