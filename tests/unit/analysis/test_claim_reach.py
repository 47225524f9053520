"""What few requests leave open is a factor of a percentile; what replicates differ by is none."""

import math
from dataclasses import replace

import pytest

from loadlab.analysis.cell import CellSum
from loadlab.analysis.cell_outcome import CellOutcome
from loadlab.analysis.criteria import evaluate
from loadlab.analysis.expectation import Replicate, judge_expectation
from loadlab.analysis.percentile_ends import (
    Leeway,
    PercentileEnds,
    leeway_of,
    requests_needed_in_each,
)
from loadlab.analysis.threshold import parse_threshold
from loadlab.analysis.trial_figures import TrialFigures
from loadlab.catalogue import Cell
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import Latency, Unanswered
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import CriterionOutcome, ExpectationOutcome
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement
from tests.unit.analysis.claims import ASYNC, MEASURED, SYNC, expected, judge, judged

OF, OVER = (10.0, 12.0, 14.0, 16.0, 20.0), (5.0, 6.0, 7.0, 8.0, 10.0)


def answered(fast: int, slow: int = 0, *, ms: float = 2.0, timed_out: int = 0) -> TrialMeasurement:
    """Return a trial of requests that took so long, of some that took 2 s, and of time-outs."""
    return replace(
        MEASURED,
        latency=Histogram.of([round(1000 * ms)] * fast + [2_000_000] * slow),
        requests=fast + slow + timed_out,
        without_answer=Unanswered(requests=timed_out, after_ms=20_000.0 if timed_out else 0.0),
    )


def placed(cell: Cell, *trials: TrialMeasurement) -> list[Replicate]:
    return [Replicate(cell, n, judged(trial)) for n, trial in enumerate(trials, 1)]


def criterion(text: str, *trials: TrialMeasurement) -> CellOutcome:
    rule = parse_threshold("http_req_duration", text)
    cell = CellSum(ASYNC, len(trials), [rule.percent or 0.0])
    for trial in trials:
        cell.add(JudgedTrial(trial, Judgement()))
    return evaluate(rule, cell.measured_cell())


def test_blocks_that_differ_leave_the_ratio_that_all_of_them_have():
    """It is 2 in every block: atLeast 1.5 was Inconclusive, 1.43 by "so few requests"."""
    sides = [
        *placed(ASYNC, *(answered(4_800, ms=ms) for ms in OF)),
        *placed(SYNC, *(answered(4_800, ms=ms) for ms in OVER)),
    ]

    found = judge(sides, ratio="latencyMs.p95", atLeast=1.95)

    assert (found.outcome, found.note) == (ExpectationOutcome.REPRODUCED, "")


def test_one_of_twenty_that_is_slower_is_in_the_interval_alone():
    trials = [answered(4_800, ms=30.0 if n == 7 else 10.0) for n in range(20)]

    assert criterion("p(95)<20", *trials).outcome is CriterionOutcome.PASSED


def test_requests_without_an_answer_beside_a_percentile_are_no_want_of_requests():
    """4.9 % of time-outs: the p95 is known, and the p95.1 takes 20 s or more."""
    trials = [answered(951, timed_out=49)] * 5

    claimed = judge(placed(ASYNC, *trials), metric="latencyMs.p95", atMost=100)
    held = criterion("p(95)<100", *trials)

    assert claimed.outcome is ExpectationOutcome.INCONCLUSIVE
    assert claimed.note == (
        "latencyMs.p95 of async/workers=1 lies so near requests without an answer that it may be "
        "one of them; raise spec.load.request.timeout, or measure longer"
    )
    assert held.note == (
        "requests without an answer lie so near the percentile that it may reach from 2 to any "
        "length, across the bound: a longer spec.load.request.timeout, or more requests, narrow "
        "that"
    )
    assert len(held.note) <= 200


@pytest.mark.parametrize("few", [1, 60])
def test_a_replicate_of_too_few_is_left_to_the_others(few):
    """One of five had 60 requests: "takes 72 of all together", of 40,060."""
    trials = [answered(few), *[answered(10_000)] * 4]

    claimed = judge(placed(ASYNC, *trials), metric="latencyMs.p99", atMost=100)

    assert (claimed.outcome, claimed.note) == (ExpectationOutcome.REPRODUCED, "")
    assert criterion("p(99)<100", *trials).outcome is CriterionOutcome.PASSED


@pytest.mark.parametrize(
    ("counts", "is_open"),
    [
        ([60, 92, 92, 92, 92], False),  # each of four
        ([60, 92, 92, 92, 91], True),  # three of 123 there are not, nor one of 368
        ([60, 60, 60, 60, 368], False),
        ([60, 60, 60, 60, 367], True),
        ([74] * 5, False),
        ([73] * 5, True),
        ([73] * 20, True),  # no seldomer than each of five
        ([74] * 20, False),
    ],
)
def test_the_fewer_are_left_the_more_each_takes(counts, is_open):
    ends = [PercentileEnds.of_latency(Latency(Histogram.of([2_000] * n)), 99.0) for n in counts]

    leeway = leeway_of(ends)

    assert leeway is not None
    assert math.isinf(leeway.most) is is_open
    assert not leeway.is_unanswered


def test_the_widest_factors_count_around_the_figure():
    fast, slow = (
        PercentileEnds.of_latency(Latency(answered(200 - n, n).latency), 99.0) for n in (1, 3)
    )

    leeway = leeway_of([fast, slow])

    assert leeway is not None
    assert (leeway.least, leeway.most) == pytest.approx((0.001, 1_000), rel=0.01)
    assert Leeway(0.5, 3.0).around(10.0) == (5.0, 30.0)


@pytest.mark.parametrize(("count", "enough_from"), [(72, 0), (71, 1), (1, 5)])
@pytest.mark.parametrize("percent", [5.0, 95.0])
def test_a_low_percentile_takes_as_many_for_its_lower_end(percent, count, enough_from):
    ends = PercentileEnds.of_latency(Latency(Histogram.of([2_000] * count)), percent)

    assert ends.enough_from == enough_from


def test_so_many_are_needed_in_each():
    assert [requests_needed_in_each(99.0, k) for k in (1, 2, 3, 4, 5, 20)] == [
        368, 184, 123, 92, 74, 74,
    ]  # fmt: skip


def groups_of_two(fast: TrialMeasurement, few: TrialMeasurement, **fields: object):
    """Hold a claim about two pairs of cells, of which one has few requests."""
    cells = [Cell(variant=name, workers=n) for name in ("async", "sync") for n in (1, 2)]
    replicates = [
        replicate
        for cell in cells
        for replicate in placed(cell, *[few if cell == cells[0] else fast] * 3)
    ]
    return judge_expectation(expected(**fields), cells, replicates)


def test_one_of_two_pairs_moves_their_mean_by_the_root_of_what_it_moves_itself():
    """Two of 150 take 2 s: the p99 is 2 ms or 2,000, and the mean of two ratios 1 or 31.6."""
    few = answered(149, 1)
    fields = {"ratio": "latencyMs.p99"}

    latency = TrialFigures.of(JudgedTrial(few, Judgement())).latency_ms
    assert latency is not None
    assert latency.p99 < 3
    within = groups_of_two(answered(4_800), few, **fields, atMost=35)
    assert within.outcome is ExpectationOutcome.REPRODUCED
    beyond = groups_of_two(answered(4_800), few, **fields, atMost=30)
    assert beyond.outcome is ExpectationOutcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("at_most", "outcome"),
    [(500, ExpectationOutcome.INCONCLUSIVE), (1_100, ExpectationOutcome.REPRODUCED)],
)
def test_both_sides_may_be_off_at_once(at_most, outcome):
    """One p99 was 2 ms and may be 2,000, the other was 2,000 and may be 2."""
    sides = [*placed(ASYNC, *[answered(149, 1)] * 3), *placed(SYNC, *[answered(148, 2)] * 3)]

    found = judge(sides, ratio="latencyMs.p99", atMost=at_most)

    assert found.ratio == pytest.approx(0.001, rel=0.01)
    assert found.outcome is outcome


@pytest.mark.parametrize(("pairs", "others"), [(6, 4), (3, 1)])
def test_two_cells_are_named_and_the_others_counted(pairs, others):
    workers = range(1, pairs + 1)
    cells = [Cell(variant=name, workers=n) for name in ("async", "sync") for n in workers]
    replicates = [r for cell in cells for r in placed(cell, *[answered(60)] * 5)]

    found = judge_expectation(expected(ratio="latencyMs.p99", atMost=2), cells, replicates)

    assert found.outcome is ExpectationOutcome.INCONCLUSIVE
    assert found.note.endswith(f"; so with {others} more")
    assert found.note.count("too few requests") == 2
    assert len(found.note) < 500
