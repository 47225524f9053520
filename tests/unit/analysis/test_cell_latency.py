"""The latency from the send: told where it is another one, and never above the reported."""

from loadlab.analysis.cell_latency import lower_ends
from loadlab.model.status import LatencyMs


def latency(ms: float, *, longest: float | None = None, shortest: float | None = None) -> LatencyMs:
    figures = dict.fromkeys(("avg", "med", "p90", "p95", "p99"), ms)
    return LatencyMs(min=shortest or ms, max=longest or ms, **figures)


def test_it_is_the_mean_of_the_replicates_from_the_send() -> None:
    found = lower_ends(
        latency(20.0), [(latency(16.0), latency(4.0)), (latency(25.0), latency(9.0))]
    )

    assert found is not None
    assert round(found.p95, 9) == 6.0  # the geometric mean of 4 and 9
    assert (found.min, found.max) == (4.0, 9.0)


def test_a_replicate_that_does_not_tell_it_has_the_reported_one() -> None:
    found = lower_ends(latency(20.0), [(latency(16.0), latency(4.0)), (latency(25.0), None)])

    assert found is not None
    assert round(found.p95, 9) == 10.0


def test_a_replicate_without_any_answer_is_left_out() -> None:
    found = lower_ends(latency(20.0), [(latency(16.0), latency(4.0)), (None, None)])

    assert found is not None
    assert round(found.p95, 9) == 4.0


def test_where_no_replicate_tells_it_there_is_none() -> None:
    assert lower_ends(latency(20.0), [(latency(20.0), None)]) is None
    assert lower_ends(None, [(latency(20.0), latency(4.0))]) is None


def test_where_it_is_the_same_there_is_none() -> None:
    assert lower_ends(latency(20.0), [(latency(20.0), latency(19.5))]) is None


def test_no_figure_lies_above_the_reported_one() -> None:
    """It is stored coarser: the longest of all came out a little longer than it was."""
    found = lower_ends(
        latency(20.0, longest=30.0), [(latency(20.0, longest=30.0), latency(4.0, longest=30.4))]
    )

    assert found is not None
    assert (found.max, round(found.p95, 9)) == (30.0, 4.0)
