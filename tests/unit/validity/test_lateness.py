"""From the send or from the intended start: the same figure, or two ends of one."""

import pytest

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import Unanswered, latency_ms
from loadlab.validity.lateness import ends_apart


def apart(sent_us: int, intended_us: int, waited: Unanswered | None = None) -> list[float]:
    sent, intended = (
        latency_ms(Histogram.of([us] * 100), waited or Unanswered())
        for us in (sent_us, intended_us)
    )
    return [ends.percent for ends in ends_apart(intended, sent)]


@pytest.mark.parametrize(
    ("sent_us", "intended_us", "expected"),
    [
        (2_000, 2_900, []),  # 31 %, and 0.9 ms
        (2_000, 3_200, [90.0, 95.0, 99.0]),  # 37 %, and 1.2 ms
        (96_000, 100_000, []),  # 4 %, and 4 ms
        (94_000, 100_000, [90.0, 95.0, 99.0]),  # 6 %
    ],
)
def test_both_bounds_must_be_crossed(sent_us, intended_us, expected):
    assert apart(sent_us, intended_us) == expected


def test_among_requests_without_an_answer_there_is_nothing_to_hold_apart():
    """6 of 106 waited in vain: p95 and p99 are the same bound from either."""
    waited = Unanswered(requests=6, after_ms=500.0)

    assert apart(94_000, 100_000, waited) == [90.0]


def test_users_that_wait_for_answers_are_never_late():
    assert ends_apart(latency_ms(Histogram.of([1000])), None) == ()
