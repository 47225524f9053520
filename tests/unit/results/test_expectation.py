"""A claim is judged by the interval over blocks: both sides of a ratio met the same weather."""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.model.expectations import Expectation
from loadlab.model.status import Cell, Validity
from loadlab.results.components import ComponentUsage
from loadlab.results.expectation import Finding, Outcome, Replicate, judge_expectation
from loadlab.results.histogram import Histogram
from loadlab.results.judgement import Judgement, Reason, ReasonKind
from loadlab.results.measurement import (
    GeneratorLoad,
    LoadFacts,
    NamedRequests,
    TrialMeasurement,
)
from loadlab.results.stored import JudgedTrial

ASYNC = Cell(variant="async", workers=1)
SYNC = Cell(variant="sync", workers=1)
CELLS = (ASYNC, SYNC)
MEASURED = TrialMeasurement(
    load=LoadFacts(open_model=False, virtual_users=10, duration_seconds=30.0),
    pods=1,
    first_request_epoch_seconds=0.0,
    last_answer_epoch_seconds=30.0,
    requests=30_000,
    failed=0,
    iterations=30_000,
    dropped_iterations=0,
    mean_iteration_ms=10.0,
    latency=Histogram.of([10_000] * 100),
    status={"2xx": 30_000},
    start_skew_ms=0.0,
    first_sample_skew_ms=0.0,
    components={"service": ComponentUsage(cpu_micros_per_request=200.0, event_loop_lag_p99_ms=3.0)},
    generator=GeneratorLoad(cpu_share=0.3, throttled_share=0.0, sched_wait_p99_ms=0.5),
)


def expected(**fields: Any) -> Expectation:
    base = {"name": "wins", "ratio": "requestsPerSecond", "of": {"variant": "async"}}
    over = {} if "metric" in fields else {"over": {"variant": "sync"}}
    given_fields = {**base, **over, **fields}
    if "metric" in fields:
        del given_fields["ratio"]
    return Expectation.model_validate(given_fields)


def judged(measurement: TrialMeasurement, *reasons: Reason) -> JudgedTrial:
    return JudgedTrial(measurement, Judgement(reasons))


def at_rate(cell: Cell, block: int, rate: float, *reasons: Reason) -> Replicate:
    """Place a trial of 30 000 requests, in as long as the rate says."""
    measured = replace(MEASURED, last_answer_epoch_seconds=30_000 / rate)
    return Replicate(cell, block, judged(measured, *reasons))


def failing(block: int, failed: int, *reasons: Reason) -> Replicate:
    measured = replace(MEASURED, requests=1000, failed=failed)
    return Replicate(ASYNC, block, judged(measured, *reasons))


def two_sides(of: Iterable[float], over: Iterable[float]) -> list[Replicate]:
    return [
        at_rate(cell, block, rate)
        for cell, rates in ((ASYNC, of), (SYNC, over))
        for block, rate in enumerate(rates, start=1)
    ]


def judge(replicates: Sequence[Replicate], **fields: Any) -> Finding:
    return judge_expectation(expected(**fields), CELLS, replicates)


def interval(found: Finding) -> tuple[float, float, float]:
    assert found.estimate is not None
    assert found.estimate.low is not None
    assert found.estimate.high is not None
    return found.estimate.mean, found.estimate.low, found.estimate.high


def test_a_ratio_is_taken_within_each_block():
    """The machine halves its speed from block to block; what is compared does not change."""
    found = judge(two_sides([2000, 1000, 500], [1000, 500, 250]), atLeast=1.9)

    assert interval(found) == pytest.approx((2.0, 2.0, 2.0))
    assert found.outcome is Outcome.REPRODUCED
    assert (found.blocks, found.note) == (3, "")


def test_the_interval_is_students_over_the_logarithms_of_the_blocks():
    logs = [math.log(x) for x in (1.8, 2.0, 2.2)]
    mean = sum(logs) / 3
    spread = math.sqrt(sum((x - mean) ** 2 for x in logs) / 2)
    half = 4.302653 * spread / math.sqrt(3)  # t of 2 degrees of freedom

    found = judge(two_sides([1800, 2000, 2200], [1000] * 3), atLeast=1)

    assert interval(found) == pytest.approx(
        (math.exp(mean), math.exp(mean - half), math.exp(mean + half)), rel=1e-6
    )


# The blocks' ratios are 1.9, 2.0 and 2.1: 2.0 with an interval from 1.76 to 2.26.
@pytest.mark.parametrize(
    ("bounds", "outcome"),
    [
        ({"atLeast": 1.7}, Outcome.REPRODUCED),
        ({"atMost": 2.4}, Outcome.REPRODUCED),
        ({"atLeast": 1.7, "atMost": 2.4}, Outcome.REPRODUCED),
        ({"atLeast": 1.9}, Outcome.INCONCLUSIVE),
        ({"atMost": 2.1}, Outcome.INCONCLUSIVE),
        ({"atLeast": 1.9, "atMost": 2.1}, Outcome.INCONCLUSIVE),
        ({"atLeast": 1.9, "atMost": 9}, Outcome.INCONCLUSIVE),
        ({"atLeast": 2.4}, Outcome.CONTRADICTED),
        ({"atMost": 1.7}, Outcome.CONTRADICTED),
        ({"atLeast": 0.8, "atMost": 1.25}, Outcome.CONTRADICTED),
        ({"atLeast": 3, "atMost": 4}, Outcome.CONTRADICTED),
    ],
)
def test_outcome_depends_on_where_the_whole_interval_lies(bounds, outcome):
    found = judge(two_sides([1900, 2000, 2100], [1000] * 3), **bounds)

    assert found.outcome is outcome
    assert ("reaches across a bound" in found.note) == (outcome is Outcome.INCONCLUSIVE)


@pytest.mark.parametrize("bound", ["atLeast", "atMost"])
def test_a_bound_is_included(bound):
    found = judge([failing(1, 500), failing(2, 500)], metric="failedRate", **{bound: 0.5})

    assert interval(found) == (0.5, 0.5, 0.5)
    assert found.outcome is Outcome.REPRODUCED


rates = st.lists(st.floats(50, 5000), min_size=3, max_size=6)


@given(of=rates, order=st.randoms(use_true_random=False))
def test_the_order_of_the_trials_means_nothing(of, order):
    replicates = two_sides(of, [900.0 + 10 * i for i in range(len(of))])
    shuffled = order.sample(replicates, len(replicates))

    assert judge(shuffled, atLeast=1.5) == judge(replicates, atLeast=1.5)


@given(of=rates, factor=st.floats(0.1, 10))
def test_scaling_one_side_scales_the_ratio_and_its_interval(of, factor):
    over = [1000.0] * len(of)

    plain = interval(judge(two_sides(of, over), atLeast=1))
    scaled = interval(judge(two_sides([rate * factor for rate in of], over), atLeast=1))

    assert scaled == pytest.approx([value * factor for value in plain], rel=1e-6)


@given(of=rates)
def test_the_ratio_of_equal_sides_is_one(of):
    assert interval(judge(two_sides(of, of), atLeast=1)) == pytest.approx((1.0, 1.0, 1.0))


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Noise of a block meets both sides, noise of a trial one: 95 % of 2000 claims of 1.8."""
    chosen = random.Random(11)
    expectation = expected(atLeast=1)
    covered = 0
    for _ in range(2000):
        weather = [chosen.lognormvariate(0, 0.3) for _ in range(4)]
        of = [1800 * w * chosen.lognormvariate(0, 0.03) for w in weather]
        over = [1000 * w * chosen.lognormvariate(0, 0.03) for w in weather]
        _, low, high = interval(judge_expectation(expectation, CELLS, two_sides(of, over)))
        covered += low <= 1.8 <= high

    assert 0.935 <= covered / 2000 <= 0.965


def test_pairs_of_one_block_are_averaged_and_do_not_count_as_replicates():
    """Two numbers of workers in three blocks: n is 3, and workers 2 is divided by workers 2."""
    cells = [Cell(variant=v, workers=w) for v in ("async", "sync") for w in (1, 2)]
    speeds = {("async", 1): 2000, ("sync", 1): 1000, ("async", 2): 4000, ("sync", 2): 500}
    replicates = [
        at_rate(cell, block, speeds[cell.variant, cell.workers or 0])
        for cell in cells
        for block in (1, 2, 3)
    ]

    found = judge_expectation(expected(atLeast=1), cells, replicates)

    assert interval(found)[0] == pytest.approx(4.0)  # the geometric mean of 2 and 8
    assert found.blocks == 3


SATURATED = Reason(ReasonKind.GENERATOR_SATURATED, Validity.SUSPECT, "…")
NOTHING = Reason(ReasonKind.NO_SUCCESS, Validity.INVALID, "…")
MISCOUNTED = Reason(ReasonKind.COUNT_MISMATCH, Validity.INVALID, "…")
MOSTLY_FAILED = Reason(ReasonKind.ERROR_RATE, Validity.SUSPECT, "…")
SPOILED = Reason(ReasonKind.LITTLE_LAW_VIOLATED, Validity.INVALID, "…")


def test_a_block_with_an_invalid_side_is_left_out_and_named():
    replicates = two_sides([2000, 2000, 2000], [1000, 1000])
    replicates.append(at_rate(SYNC, 3, 1.0, SPOILED))

    found = judge(replicates, atLeast=1.5)

    assert (found.outcome, found.blocks) == (Outcome.REPRODUCED, 2)
    assert "replicate 3: Invalid (LittleLawViolated)" in found.note


def test_suspect_trials_enter_and_are_named():
    replicates = [*two_sides([2000, 2000], [1000]), at_rate(SYNC, 2, 1000, SATURATED)]

    found = judge(replicates, atLeast=1.5)

    assert (found.outcome, found.blocks) == (Outcome.REPRODUCED, 2)
    assert found.note == "rests on Suspect trials (GeneratorSaturated)"


def test_one_replicate_decides_nothing_and_shows_its_ratio():
    found = judge(two_sides([2000], [1000]), atLeast=1.5)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.estimate is not None
    assert (found.estimate.mean, found.estimate.low) == (pytest.approx(2.0), None)
    assert "one replicate gives no interval" in found.note


def test_no_trial_decides_nothing():
    found = judge([], atLeast=1.5)

    assert (found.outcome, found.estimate, found.blocks) == (Outcome.INCONCLUSIVE, None, 0)
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

    found = judge([Replicate(ASYNC, block, trial) for block in (1, 2)], atLeast=0, **fields)

    assert interval(found)[0] == pytest.approx(value, rel=0.01)


def test_a_share_of_failures_stays_between_none_and_all():
    found = judge(
        [failing(i, f) for i, f in enumerate((0, 10, 0), 1)], metric="failedRate", atMost=1
    )

    assert interval(found)[1] == 0.0
    assert found.outcome is Outcome.REPRODUCED


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
    assert found.blocks == (3 if enters else 0)


def test_where_nothing_succeeded_no_other_figure_enters():
    replicates = [failing(block, 1000, NOTHING) for block in (1, 2, 3)]

    found = judge(replicates, metric="requestsPerSecond", atLeast=0)

    assert (found.outcome, found.blocks) == (Outcome.INCONCLUSIVE, 0)
    assert "Invalid (NoSuccess)" in found.note
