"""Which trials enter a claim, with which figure, and what it says of the others."""

from dataclasses import replace

import pytest

from loadlab.analysis.expectation import Replicate
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.values import (
    NamedRequests,
)
from loadlab.model.status import ExpectationOutcome as Outcome
from loadlab.model.status import Validity
from loadlab.validity.judgement import Reason, ReasonKind
from tests.unit.analysis.claims import (
    ASYNC,
    CELLS,
    MEASURED,
    SYNC,
    at_rate,
    failing,
    interval,
    judge,
    judged,
    two_sides,
)

SATURATED = Reason(ReasonKind.GENERATOR_SATURATED, Validity.SUSPECT, "…")
NOTHING = Reason(ReasonKind.NO_SUCCESS, Validity.INVALID, "…")
MISCOUNTED = Reason(ReasonKind.COUNT_MISMATCH, Validity.INVALID, "…")
MOSTLY_FAILED = Reason(ReasonKind.ERROR_RATE, Validity.SUSPECT, "…")
SPOILED = Reason(ReasonKind.LITTLE_LAW_VIOLATED, Validity.INVALID, "…")


def test_a_block_with_an_invalid_side_is_left_out_and_named():
    replicates = two_sides([2000] * 4, [1000] * 3)
    replicates.append(at_rate(SYNC, 4, 1.0, SPOILED))

    found = judge(replicates, atLeast=1.5)

    assert (found.outcome, found.replicates) == (Outcome.REPRODUCED, 3)
    assert "replicate 4: Invalid (LittleLawViolated)" in found.note


def test_suspect_trials_enter_and_are_named():
    replicates = [*two_sides([2000] * 3, [1000] * 2), at_rate(SYNC, 3, 1000, SATURATED)]

    found = judge(replicates, atLeast=1.5)

    assert (found.outcome, found.replicates) == (Outcome.REPRODUCED, 3)
    assert found.note == "rests on Suspect trials (GeneratorSaturated)"


def test_one_replicate_decides_nothing_and_shows_its_ratio():
    found = judge(two_sides([2000], [1000]), atLeast=1.5)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.ratio == pytest.approx(2.0)
    assert found.low is None
    assert "one replicate gives no interval" in found.note


def test_two_replicates_decide_nothing_and_are_named():
    found = judge(two_sides([2000, 2100], [1000, 1000]), atLeast=1.5)

    assert (found.outcome, found.low, found.high) == (Outcome.INCONCLUSIVE, None, None)
    assert found.note == "2 replicates give no interval (2 to 2.1); raise spec.replicates"


def test_an_interval_wider_than_three_to_one_is_not_told():
    found = judge(two_sides([2000, 4000, 9000], [1000] * 3), atLeast=1)

    assert (found.outcome, found.low, found.high) == (Outcome.INCONCLUSIVE, None, None)
    assert found.note == (
        "3 replicates lie too far apart for an interval (2 to 9); raise spec.replicates"
    )


def test_no_trial_decides_nothing():
    found = judge([], atLeast=1.5)

    assert (found.outcome, found.ratio, found.replicates) == (Outcome.INCONCLUSIVE, None, 0)
    assert found.note.endswith("requestsPerSecond of async/workers=1, replicate 1: no result")


@pytest.mark.parametrize(
    ("measured", "fields", "why"),
    [
        ({"components": {}}, {"metric": "eventLoopLagMs.p99"}, "not measured"),
        ({"components": {}}, {"metric": "cpuMicrosPerRequest.service"}, "not measured"),
        ({"latency": Histogram.of([])}, {"metric": "latencyMs.p95"}, "not measured"),
        ({}, {"metric": "latencyMs.p99", "request": "ping"}, "no request ping"),
        ({}, {"ratio": "failedRate"}, "0, which has no ratio"),
    ],
    ids=["lag", "cpu", "latency", "request", "zero"],
)
def test_a_missing_figure_decides_nothing_and_says_so(measured, fields, why):
    trial = judged(replace(MEASURED, **measured))
    replicates = [Replicate(cell, block, trial) for cell in CELLS for block in (1, 2)]

    found = judge(replicates, atMost=1, **fields)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.note.endswith(why)


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"metric": "requestsPerSecond"}, 1000),
        ({"metric": "latencyMs.med"}, 10),
        ({"metric": "latencyMs.p95"}, 10),
        ({"metric": "latencyMs.p99", "request": "ping"}, 2),
        ({"metric": "cpuMicrosPerRequest.service"}, 200),
        ({"metric": "eventLoopLagMs.p99"}, 3),
        ({"metric": "failedRate"}, 0),
    ],
)
def test_every_figure_is_that_of_the_measurement(fields, value):
    ping = NamedRequests(requests=50, failed=0, latency=Histogram.of([2_000] * 50))
    trial = judged(replace(MEASURED, by_request={"ping": ping}))

    found = judge([Replicate(ASYNC, block, trial) for block in (1, 2, 3)], atLeast=0, **fields)

    assert interval(found)[0] == pytest.approx(value, rel=0.01)


def test_a_share_of_failures_stays_between_none_and_all():
    found = judge(
        [failing(i, f) for i, f in enumerate((0, 10, 0), 1)], metric="failedRate", atMost=1
    )

    assert interval(found)[1] == 0.0
    assert found.outcome is Outcome.REPRODUCED


@pytest.mark.parametrize(
    ("at_most", "outcome"), [(0.0005, Outcome.INCONCLUSIVE), (0.002, Outcome.REPRODUCED)]
)
def test_no_failure_in_three_thousand_requests_may_still_be_one_in_a_thousand(at_most, outcome):
    found = judge([failing(n, 0) for n in (1, 2, 3)], metric="failedRate", atMost=at_most)

    # Clopper and Pearson: 1 - 0.025 ^ (1 / 3000).
    assert interval(found) == pytest.approx((0, 0, 0.001229), abs=1e-6)
    assert found.outcome is outcome


def test_a_ratio_of_shares_is_known_no_better_than_their_counts():
    """Three replicates of each side agree to the request, 5 and 10 of 100 000."""
    many = replace(MEASURED, requests=100_000)
    trials = {cell: judged(replace(many, failed=n)) for cell, n in ((ASYNC, 10), (SYNC, 5))}
    replicates = [Replicate(cell, n, trials[cell]) for cell in trials for n in (1, 2, 3)]

    found = judge(replicates, ratio="failedRate", atLeast=1)

    # Katz et al. 1978: exp(1.96 * sqrt(1 / 30 + 1 / 15)) is 1.858.
    assert interval(found) == pytest.approx((2, 2 / 1.858, 2 * 1.858), rel=1e-3)


@pytest.mark.parametrize(
    ("reasons", "enters"),
    [
        ([], True),
        ([NOTHING], True),
        ([NOTHING, MISCOUNTED], True),
        ([MOSTLY_FAILED, MISCOUNTED], True),
        ([MISCOUNTED], False),
        ([NOTHING, SPOILED], False),
        ([SPOILED], False),
    ],
)
def test_failures_are_known_even_where_nothing_succeeded(reasons, enters):
    """Invalid for the failures' sake: the share of failures is sound, nothing else is."""
    replicates = [failing(block, 1000, *reasons) for block in (1, 2, 3)]

    found = judge(replicates, metric="failedRate", atLeast=0.5)

    assert found.outcome is (Outcome.REPRODUCED if enters else Outcome.INCONCLUSIVE)
    assert found.replicates == (3 if enters else 0)


def test_where_nothing_succeeded_no_other_figure_enters():
    replicates = [failing(block, 1000, NOTHING) for block in (1, 2, 3)]

    found = judge(replicates, metric="requestsPerSecond", atLeast=0)

    assert (found.outcome, found.replicates) == (Outcome.INCONCLUSIVE, 0)
    assert "Invalid (NoSuccess)" in found.note
