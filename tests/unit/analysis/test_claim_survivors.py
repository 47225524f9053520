"""No claim is decided by the replicates that are left, where the worst ones are left out for it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from loadlab.analysis.expectation import Replicate, judge_expectation
from loadlab.catalogue import Cell
from loadlab.measurement.usage import ComponentUsage
from loadlab.model.status import ExpectationOutcome as Outcome
from loadlab.model.status import LatencyMs, Validity
from loadlab.validity.judgement import Family, Judgement, Reason, ReasonKind, invalid
from tests.unit.analysis.claims import (
    ASYNC,
    MEASURED,
    SYNC,
    at_rate,
    expected,
    interval,
    judge,
    judged,
    sized,
    two_sides,
)

NOTHING = Reason(ReasonKind.NO_SUCCESS, Validity.INVALID, "…", Family.SERVICE)
BEHIND = Reason(ReasonKind.QUEUE_BEHIND, Validity.SUSPECT, "…")
FOREIGN = invalid(ReasonKind.FOREIGN_CPU, "others")


def p95(cell: Cell, block: int, value: float, *, bound: bool = False) -> Replicate:
    found = sized(cell, block, 100, 500, value)
    latency = found.trial.latency_ms
    assert isinstance(latency, LatencyMs)
    if not bound:
        return found
    return replace(found, trial=replace(found.trial, latency_ms=latency.as_lower_bounds()))


def sides(of: Sequence[float], bounds: Sequence[float], over: Sequence[float]) -> list[Replicate]:
    """Place blocks of p95s; those of `bounds` come after the others, as lower bounds."""
    known = [p95(ASYNC, n, value) for n, value in enumerate(of, 1)]
    known += [p95(ASYNC, n, v, bound=True) for n, v in enumerate(bounds, len(of) + 1)]
    return known + [p95(SYNC, n, value) for n, value in enumerate(over, 1)]


OF, OVER = (12, 12.3, 12.2), (10.1, 10.2, 10.3, 10.4, 10.5)


@pytest.mark.parametrize(
    ("bound", "outcome"),
    [
        ({"atMost": 1.5}, Outcome.INCONCLUSIVE),  # it was Reproduced, 1.193 [1.165, 1.222]
        ({"atLeast": 2}, Outcome.INCONCLUSIVE),  # it was Contradicted; the truth is about 4.5
        ({"atLeast": 1.1}, Outcome.REPRODUCED),
        ({"atMost": 1.1}, Outcome.CONTRADICTED),
    ],
)
def test_a_latency_that_is_only_known_to_be_long_opens_its_side(bound, outcome):
    found = judge(sides(OF, (300, 400), OVER), ratio="latencyMs.p95", **bound)

    assert found.outcome is outcome
    assert found.replicates == 3
    if outcome is Outcome.INCONCLUSIVE:
        assert found.note.startswith(
            "latencyMs.p95 of async/workers=1 is not known in replicate 4, but more than in the "
            "others; a replicate is left out: "
        )


@pytest.mark.parametrize(
    ("bound", "outcome"),
    [
        ({"atMost": 1.5}, Outcome.REPRODUCED),
        ({"atLeast": 0.8}, Outcome.INCONCLUSIVE),
        ({"atLeast": 2}, Outcome.CONTRADICTED),
    ],
)
def test_where_it_is_the_divisor_the_ratio_may_be_smaller(bound, outcome):
    swapped = {"of": {"variant": "sync"}, "over": {"variant": "async"}}

    found = judge(sides(OF, (300, 400), OVER), ratio="latencyMs.p95", **swapped, **bound)

    assert found.outcome is outcome


def test_of_a_figure_alone_too():
    replicates = sides(OF, (300, 400), ())

    assert judge(replicates, metric="latencyMs.p95", atMost=50).outcome is Outcome.INCONCLUSIVE
    assert judge(replicates, metric="latencyMs.p95", atLeast=11).outcome is Outcome.REPRODUCED


@pytest.mark.parametrize("figure", ["latencyMs.p95", "requestsPerSecond"])
def test_what_others_spoiled_is_left_out_by_chance(figure):
    spoiled = judged(MEASURED, FOREIGN)
    replicates = [*sides(OF, (), OVER), Replicate(ASYNC, 4, spoiled)]

    for bound in ({"atMost": 1.5}, {"atLeast": 0.9}):
        found = judge(replicates, ratio=figure, **bound)

        assert found.outcome is Outcome.REPRODUCED


@pytest.mark.parametrize("figure", ["eventLoopLagMs.p99", "cpuMicrosPerRequest.service"])
@pytest.mark.parametrize("reasons", [(), (BEHIND,)])
def test_what_was_not_measured_is_left_out_by_chance(figure, reasons):
    """Nobody knows why, and nothing says that it was more, or less."""
    known = [with_lag(cell, n, 3.0) for cell in (ASYNC, SYNC) for n in (1, 2, 3, 4)]
    unmeasured = replace(known[3].trial, components={}, judgement=Judgement(reasons))
    known[3] = replace(known[3], trial=unmeasured)

    for bound in ({"atMost": 1.1}, {"atLeast": 0.9}):
        assert judge(known, ratio=figure, **bound).outcome is Outcome.REPRODUCED


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"metric": "requestsPerSecond", "atLeast": 900}, Outcome.INCONCLUSIVE),
        ({"metric": "requestsPerSecond", "atMost": 1100}, Outcome.REPRODUCED),
        ({"metric": "latencyMs.p95", "atMost": 50}, Outcome.INCONCLUSIVE),
        ({"metric": "latencyMs.p95", "atLeast": 5}, Outcome.REPRODUCED),
        ({"metric": "cpuMicrosPerRequest.service", "atMost": 300}, Outcome.REPRODUCED),
        ({"metric": "cpuMicrosPerRequest.service", "atLeast": 100}, Outcome.REPRODUCED),
    ],
)
def test_a_replicate_in_which_the_service_answered_nothing_was_no_faster(fields, outcome):
    replicates = [*two_sides([1000] * 3, ()), at_rate(ASYNC, 4, 1000, NOTHING)]

    assert judge(replicates, **fields).outcome is outcome


def test_a_cost_that_was_put_off_is_more_than_is_known():
    known = [sized(ASYNC, n, 100, 500, 10) for n in (1, 2, 3, 4)]
    known[3] = replace(known[3], trial=replace(known[3].trial, leaves_out_costs=True))
    cost = {"metric": "cpuMicrosPerRequest.service"}

    assert judge(known, **cost, atMost=600).outcome is Outcome.INCONCLUSIVE
    assert judge(known, **cost, atLeast=400).outcome is Outcome.REPRODUCED


def with_lag(cell: Cell, block: int, lag_ms: float) -> Replicate:
    found = sized(cell, block, 100, 500, 10)
    usage = {"service": ComponentUsage(event_loop_lag_p99_ms=lag_ms, cpu_micros_per_request=500.0)}
    return replace(found, trial=replace(found.trial, components=usage))


def test_a_figure_of_0_has_no_ratio_and_is_less():
    lags = [with_lag(ASYNC, n, 0.0 if n == 4 else 3.0) for n in (1, 2, 3, 4)]
    lags += [with_lag(SYNC, n, 3.0) for n in (1, 2, 3, 4)]

    assert judge(lags, ratio="eventLoopLagMs.p99", atLeast=0.9).outcome is Outcome.INCONCLUSIVE
    assert judge(lags, ratio="eventLoopLagMs.p99", atMost=1.1).outcome is Outcome.REPRODUCED


def failures(of: Sequence[int], over: Sequence[int]) -> list[Replicate]:
    """Place blocks of 10,000 requests of which so many failed."""
    return [
        Replicate(cell, n, judged(replace(MEASURED, requests=10_000, failed=failed)))
        for cell, counts in ((ASYNC, of), (SYNC, over))
        for n, failed in enumerate(counts, 1)
    ]


def test_blocks_without_a_failure_are_not_left_out_of_a_ratio_of_failures():
    """It was 1.97 [1.79, 2.17] of three blocks; over all requests it is 3.28."""
    found = judge(failures([400] * 5, [0, 0, 200, 200, 210]), ratio="failedRate", atMost=2.5)

    assert (found.outcome, found.replicates) == (Outcome.INCONCLUSIVE, 5)


def test_a_few_counts_tell_no_ratio():
    found = judge(failures([1, 0, 1, 0, 1], [0, 1, 1, 1, 0]), ratio="failedRate", atMost=3)

    assert (found.outcome, found.replicates) == (Outcome.INCONCLUSIVE, 5)


def test_ratios_of_counts_are_what_they_were_where_all_have_some():
    found = judge(failures([400] * 3, [200] * 3), ratio="failedRate", atLeast=1.5)

    assert interval(found)[0] == pytest.approx(2)
    assert found.outcome is Outcome.REPRODUCED


def test_where_one_side_never_fails_there_is_no_ratio():
    found = judge(failures([400] * 3, [0] * 3), ratio="failedRate", atLeast=2)

    assert (found.outcome, found.replicates, found.ratio) == (Outcome.INCONCLUSIVE, 0, None)
    assert found.note.endswith("0, which has no ratio")


def test_a_ratio_of_latencies_below_1_ms_is_one():
    found = judge(sides((0.5, 0.5, 0.5), (), (0.25, 0.25, 0.25)), ratio="latencyMs.p95", atLeast=1)

    assert found.outcome is Outcome.REPRODUCED
    assert found.ratio == pytest.approx(2)


def test_a_cell_that_never_fails_leaves_its_side_without_a_ratio():
    cells = tuple(Cell(variant=name, workers=n) for name in ("async", "sync") for n in (1, 2))
    failed = dict(zip(cells, (400, 0, 200, 200), strict=True))
    known = [
        Replicate(cell, n, judged(replace(MEASURED, requests=10_000, failed=failed[cell])))
        for cell in cells
        for n in (1, 2, 3)
    ]

    found = judge_expectation(expected(ratio="failedRate", atMost=1), cells, known)

    assert (found.outcome, found.replicates, found.ratio) == (Outcome.INCONCLUSIVE, 0, None)
