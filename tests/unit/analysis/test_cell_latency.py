"""The latency from the send: told where it is another one, and never above the reported."""

from dataclasses import replace

from loadlab.analysis.cell_latency import lower_ends, request_rows
from loadlab.measurement.requests_by_name import NamedCount
from loadlab.model.status import LatencyMs
from tests.unit.analysis.claims import MEASURED, judged


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


def test_requests_by_name_have_the_mean_of_the_replicates_that_answered_them() -> None:
    whole, sent = {"ping": latency(16.0)}, {"ping": latency(4.0)}
    first = replace(judged(MEASURED), latency_by_request=whole, from_send_by_request=sent)
    second = replace(judged(MEASURED), latency_by_request={"ping": latency(25.0)})
    counts = {"read": NamedCount(requests=9), "ping": NamedCount(requests=10, failed=1, answers=9)}

    ping, read = request_rows(counts, [first, second, judged(MEASURED)])

    assert (ping.name, ping.requests, ping.failed_rate) == ("ping", 10, 0.1)
    assert ping.latency_ms is not None
    assert round(ping.latency_ms.p95, 9) == 20.0
    assert ping.latency_from_send_ms is not None
    assert round(ping.latency_from_send_ms.p95, 9) == 10.0
    assert (read.name, read.latency_ms, read.latency_from_send_ms) == ("read", None, None)
