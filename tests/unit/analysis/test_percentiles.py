"""A row's latency: each replicate has one vote, and the ends are the ends of all."""

import pytest

from loadlab.analysis.percentiles import mean_latency
from loadlab.model.status import LatencyMs


def latency(factor: float, bound: float | None = None) -> LatencyMs:
    figures = {"avg": 2.0, "med": 3.0, "p90": 5.0, "p95": 7.0, "p99": 11.0}
    ends = {"min": factor, "max": 100 * factor, "lower_bound_above": bound}
    return LatencyMs(**ends, **{name: factor * ms for name, ms in figures.items()})


def test_figures_are_geometric_means_and_the_ends_those_of_all() -> None:
    found = mean_latency([latency(1.0), latency(4.0)])

    assert found is not None
    assert found.model_dump(exclude_none=True) == pytest.approx(
        {"min": 1, "max": 400, "avg": 4, "med": 6, "p90": 10, "p95": 14, "p99": 22}
    )


def test_a_replicate_with_a_lower_bound_makes_it_one_from_the_lowest_on() -> None:
    bounded = [latency(1.0), latency(1.0, bound=99.0), latency(1.0, bound=95.0)]

    found = mean_latency(bounded)

    assert found is not None
    assert found.lower_bound_above == 95.0


def test_without_a_replicate_there_is_no_latency() -> None:
    assert mean_latency([]) is None
