"""A claim on latencies of which less is known than a number: bounds, late sends, wide intervals."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from loadlab.analysis.expectation import Replicate
from loadlab.catalogue import Cell
from loadlab.model.status import ExpectationOutcome as Outcome
from tests.unit.analysis.claims import ASYNC, SYNC, judge, sized, two_sides


def latency(
    cell: Cell, block: int, ms: float, *, is_bound: bool = False, sent: float = 1.0
) -> Replicate:
    found = sized(cell, block, 100, 500, ms)
    whole = found.trial.latency_ms
    assert whole is not None
    from_send = whole.model_copy(update={"p95": ms * sent})
    known = whole.as_lower_bounds() if is_bound else whole
    return replace(found, trial=replace(found.trial, latency_ms=known, from_send_ms=from_send))


def blocked(of: Sequence[float], over: Sequence[float], sent: float = 1.0) -> list[Replicate]:
    """Latencies that grew all through the window, over some that were sent late."""
    return [latency(ASYNC, n, ms, is_bound=True) for n, ms in enumerate(of, 1)] + [
        latency(SYNC, n, ms, sent=sent) for n, ms in enumerate(over, 1)
    ]


GREW, STEADY = (3158, 3546, 2900, 3300), (22.7, 20.1, 24.0, 21.5)


@pytest.mark.parametrize(
    ("bounds", "outcome"),
    [
        ({"atLeast": 2}, Outcome.REPRODUCED),  # it was "only a lower bound is known"
        ({"atLeast": 200}, Outcome.INCONCLUSIVE),
        ({"atMost": 200}, Outcome.INCONCLUSIVE),
        ({"atMost": 50}, Outcome.CONTRADICTED),
    ],
)
def test_where_nothing_but_bounds_is_known_they_decide_what_they_can(bounds, outcome):
    found = judge(blocked(GREW, STEADY), ratio="latencyMs.p95", **bounds)

    assert (found.outcome, found.replicates) == (outcome, 4)
    if outcome is Outcome.INCONCLUSIVE:
        assert found.note.startswith(
            "only a lower bound of latencyMs.p95 is known of async/workers=1, as requests were "
        )


@pytest.mark.parametrize(
    ("bounds", "outcome"),
    [
        ({"atMost": 0.5}, Outcome.REPRODUCED),
        ({"atLeast": 0.001}, Outcome.INCONCLUSIVE),
        ({"atLeast": 0.5}, Outcome.CONTRADICTED),
    ],
)
def test_where_others_are_divided_by_them_the_ratio_may_be_smaller(bounds, outcome):
    swapped = {"of": {"variant": "sync"}, "over": {"variant": "async"}}

    assert judge(blocked(GREW, STEADY), ratio="latencyMs.p95", **bounds, **swapped).outcome is (
        outcome
    )


@pytest.mark.parametrize("sent", [1.0, 0.5, 0.0])
def test_a_ratio_of_a_hundred_is_two_whenever_its_divisor_was_sent(sent):
    assert judge(blocked(GREW, STEADY, sent), ratio="latencyMs.p95", atLeast=2).outcome is (
        Outcome.REPRODUCED
    )


@pytest.mark.parametrize(
    ("sent", "outcome"), [(1.0, "Reproduced"), (0.8, "Reproduced"), (0.6, "Inconclusive")]
)
def test_a_divisor_from_the_send_may_be_so_much_less(sent, outcome):
    of = [latency(ASYNC, n, ms) for n, ms in enumerate((20.0, 20.2, 19.8), 1)]
    over = [latency(SYNC, n, ms, sent=sent) for n, ms in enumerate((20.1, 19.9, 20.0), 1)]

    found = judge([*of, *over], ratio="latencyMs.p95", atMost=1.4)

    assert found.outcome == outcome
    if outcome == "Inconclusive":
        assert found.note.startswith(
            "latencyMs.p95 of sync/workers=1 is more than the service's own (SentLate)"
        )


@pytest.mark.parametrize(
    ("bounds", "outcome"),
    [
        ({"atLeast": 0.1}, Outcome.REPRODUCED),
        ({"atLeast": 2}, Outcome.INCONCLUSIVE),
        ({"atMost": 0.1}, Outcome.CONTRADICTED),
        ({"atMost": 20}, Outcome.INCONCLUSIVE),
        ({"atMost": 30}, Outcome.REPRODUCED),
    ],
)
def test_an_interval_too_wide_to_be_told_decides_what_lies_beyond_it(bounds, outcome):
    """2, 4 and 9: the mean is 4.2, and lies between 0.6 and 27."""
    found = judge(two_sides([2000, 4000, 9000], [1000] * 3), **bounds)

    assert (found.outcome, found.low, found.high) == (outcome, None, None)
    if outcome is Outcome.INCONCLUSIVE:
        assert found.note.startswith("3 replicates lie too far apart for an interval (2 to 9); ")
    else:
        assert found.note == (
            "3 replicates lie far apart (2 to 9), and all on one side of the bound"
        )


def test_two_replicates_decide_nothing_however_alike():
    found = judge(two_sides([2000, 2001], [1000] * 2), atLeast=0.1)

    assert (found.outcome, found.low, found.high) == (Outcome.INCONCLUSIVE, None, None)
    assert found.note.startswith("2 replicates give no interval (2 to 2")


@pytest.mark.parametrize(
    ("bounds", "outcome"),
    [({"atMost": 30}, Outcome.REPRODUCED), ({"atLeast": 10}, Outcome.INCONCLUSIVE)],
)
def test_blocks_in_which_one_side_alone_has_more_than_a_bound_are_not_enough(bounds, outcome):
    of = [latency(ASYNC, n, ms) for n, ms in enumerate((400.0, 404.0, 398.0), 1)]
    over = [latency(SYNC, n, ms, is_bound=n == 3) for n, ms in enumerate((20.0, 20.2, 19.9), 1)]

    found = judge([*of, *over], ratio="latencyMs.p95", **bounds)

    assert (found.outcome, found.replicates) == (outcome, 3)
