"""A row's figures by name: what they are, and how far they may be trusted."""

import pytest

from loadlab.analysis.row_figures import mean_of, standing_of, why_no_rate
from loadlab.catalogue import Cell
from loadlab.model.status import LatencyMs, RequestRow, ResultRow, Standing
from tests.unit.analysis.claims import rows_of, sized


def latency(p95: float, bound: float | None = None) -> LatencyMs:
    figures = dict.fromkeys(("avg", "min", "med", "p90", "p99", "max"), p95)
    return LatencyMs(**figures, p95=p95, lower_bound_above=bound)


def row(found: LatencyMs | None, sent: LatencyMs | None = None) -> ResultRow:
    (plain,) = rows_of([sized(Cell(variant="a"), block, 1000, 500, 40) for block in range(3)])
    named = [
        RequestRow(
            name=name, requests=100, failed_rate=0, latency_ms=it, latency_from_send_ms=other
        )
        for name, it, other in (("other", latency(1.0), None), ("ping", found, sent))
    ]
    return plain.model_copy(update={"by_request": tuple(named)})


@pytest.mark.parametrize(
    ("found", "standing"),
    [
        (row(latency(20)), Standing.SOUND),
        (row(latency(20, bound=90.0)), Standing.BOUND),
        (row(latency(20, bound=96.0)), Standing.SOUND),
        (row(None), Standing.UNSOUND),
        # 6.8 of 15.2 ms were the generator's: the row's own p95 is Unsound then.
        (row(latency(15.2), latency(8.4)), Standing.UNSOUND),
        (row(latency(15.2), latency(14.9)), Standing.SOUND),
    ],
)
def test_a_request_beside_the_load_is_trusted_as_far_as_the_load_itself(found, standing):
    assert standing_of(found, "ping.p95_ms") is standing


def test_figures_are_found_by_name():
    found = row(latency(20))

    assert (mean_of(found, "ping.p95_ms"), mean_of(found, "other.p95_ms")) == (20, 1)
    assert mean_of(row(None), "ping.p95_ms") is None
    assert mean_of(found, "pong.p95_ms") is None
    assert standing_of(found, "pong.p95_ms") is Standing.UNSOUND
    assert mean_of(found, "cpu_micros") == pytest.approx(500)
    assert standing_of(found, "cpu_micros") is Standing.SOUND
    bare = found.model_copy(update={"cpu_micros": None})
    assert mean_of(bare, "cpu_micros") is None
    assert standing_of(bare, "cpu_micros") is Standing.UNSOUND


def test_a_rate_that_is_unsound_is_none_and_one_that_is_absent_is_no_wrong_one():
    found = row(latency(20))
    rate = found.requests_per_second
    assert rate is not None
    behind = found.model_copy(update={"requests_per_second": rate.as_unsound("QueueBehind")})

    assert why_no_rate(behind).endswith("see the reason QueueBehind of its row")
    assert why_no_rate(found) == ""
    assert why_no_rate(found.model_copy(update={"requests_per_second": None})) == ""
