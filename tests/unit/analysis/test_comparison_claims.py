"""What is claimed at the bounds of doubt and of equivalence, figure by figure."""

import math
from dataclasses import replace
from typing import Any

import pytest

from loadlab.analysis.comparison import (
    Difference,
    claims,
    compare_cells,
    compare_in_family,
    compared_figures,
    is_clearly_worse,
)
from loadlab.analysis.estimate import Deviation, LogEstimate
from loadlab.analysis.row_figures import mean_of
from loadlab.analysis.statistics import t_quantile
from loadlab.catalogue import Cell
from loadlab.model.status import Comparison, LatencyMs, LoadOutcome, RequestRow, ResultRow
from loadlab.model.status import ComparisonOutcome as Outcome
from tests.unit.analysis.claims import rows_of, sized

OF, OVER = rows_of(
    [
        sized(Cell(variant=name), block, 1000.0, 500.0, 40.0)
        for name in ("async", "sync")
        for block in range(5)
    ]
)
MARGIN = math.log(1.05)
DEGREES = 10


def found(mean: float, error: float, figure: str = "requests_per_second") -> Difference:
    estimate = LogEstimate(mean, 11, Deviation(error, DEGREES))
    return Difference(figure, OF, OVER, (math.exp(mean),) * 11, estimate)


def alone(difference: Difference) -> Comparison:
    return compare_in_family(difference, difference.doubt, 1)


def is_worse(difference: Difference) -> bool:
    return is_clearly_worse(difference, difference.doubt)


def outcome(mean: float, error: float, figure: str = "requests_per_second") -> Outcome:
    return alone(found(mean, error, figure)).outcome


@pytest.mark.parametrize(
    ("figure", "more"),
    [
        ("requests_per_second", Outcome.IMPROVED),
        ("cpu_micros", Outcome.REGRESSED),
        ("p95_ms", Outcome.REGRESSED),
    ],
)
def test_more_is_better_of_requests_and_worse_of_cost_and_tails(figure, more):
    less = ({Outcome.IMPROVED, Outcome.REGRESSED} - {more}).pop()

    assert (outcome(0.1, 0.01, figure), outcome(-0.1, 0.01, figure)) == (more, less)


@pytest.mark.parametrize(("factor", "is_told"), [(0.999, False), (1.001, True)])
def test_a_difference_is_told_where_it_lies_beyond_its_interval(factor, is_told):
    """Half of the interval is 0.1: wide enough for no equivalence."""
    mean = factor * 0.1

    assert (outcome(mean, 0.1 / t_quantile(DEGREES)) is Outcome.IMPROVED) == is_told


@pytest.mark.parametrize(("slack", "expected"), [(1e-4, Outcome.EQUIVALENT), (-1e-4, None)])
@pytest.mark.parametrize("sign", [1, -1])
def test_cells_are_equivalent_where_nine_tenths_lie_within_the_margin(sign, slack, expected):
    within = t_quantile(DEGREES, 0.90) * 0.02

    result = outcome(sign * (MARGIN - within - slack), 0.02)

    assert result is (expected or Outcome.INCONCLUSIVE)


def test_a_difference_that_is_told_is_never_equivalent_however_small():
    assert outcome(0.01, 0.001) is Outcome.IMPROVED


@pytest.mark.parametrize(("slack", "worse"), [(1e-4, False), (-1e-4, True)])
@pytest.mark.parametrize(("figure", "sign"), [("cpu_micros", 1), ("requests_per_second", -1)])
def test_a_cell_is_clearly_worse_where_its_mean_lies_beyond_the_margin(figure, sign, slack, worse):
    mean = sign * (MARGIN - slack)

    assert is_worse(found(mean, 0.005, figure)) == worse
    assert not is_worse(found(-mean, 0.005, figure))


@pytest.mark.parametrize("error", [0.001, 0.005, 0.012])
def test_noise_makes_no_cell_clearly_worse(error):
    """3 % more CPU, which all of them show; with an error of 1.2 % it may as well be 5 %."""
    dearer = found(math.log(1.03), error, "cpu_micros")

    assert alone(dearer).outcome is Outcome.REGRESSED
    assert not is_worse(dearer)


def test_what_has_no_estimate_is_not_clearly_worse():
    assert not is_worse(replace(found(-0.5, 0.01), estimate=None))


def test_a_claim_has_its_ratio_interval_and_doubt():
    claim = alone(found(0.1, 0.02))
    half = t_quantile(DEGREES) * 0.02

    assert (claim.ratio, claim.low, claim.high) == pytest.approx(
        (math.exp(0.1), math.exp(0.1 - half), math.exp(0.1 + half))
    )
    assert claim.p == pytest.approx(found(0.1, 0.02).doubt)
    assert (claim.of, claim.over, claim.blocks) == ("async", "sync", 11)
    assert (claim.why, claim.blocks_needed) == (None, None)


@pytest.mark.parametrize("family", [1, 2, 5])
def test_what_is_detectable_is_so_beside_the_whole_family(family):
    (claim, *_) = claims([found(0.1, 0.02)] * family)
    reach = t_quantile(DEGREES, 1 - 0.05 / family) + t_quantile(DEGREES, 0.8)

    assert claim.detectable == pytest.approx(math.expm1(reach * 0.02))


def test_doubts_are_adjusted_over_those_that_have_one():
    """Alone its p is 0.03: of two, 0.06; a figure without a block counts for nothing."""
    one = found(t_quantile(DEGREES, 0.97) * 0.1, 0.1)
    none = replace(one, estimate=None, ratios=())

    first, empty, second = claims([one, none, one])

    assert [first.p, second.p] == pytest.approx([0.06, 0.06])
    assert empty.p is None
    assert (alone(one).outcome, first.outcome) == (Outcome.IMPROVED, Outcome.INCONCLUSIVE)
    assert empty.why == "no replicate has both figures"


@pytest.mark.parametrize(
    ("mean", "error"), [(0.03, 0.03), (0.001, 0.03)], ids=["a difference", "equivalence"]
)
def test_the_blocks_needed_show_the_difference_or_that_there_is_none(mean, error):
    """One block has sqrt(11) times the error of the mean of 11."""
    claim = alone(found(mean, error))
    power = t_quantile(DEGREES, 0.8)
    apart = ((t_quantile(DEGREES, 0.95) + power) * error * math.sqrt(11) / mean) ** 2
    equal = LogEstimate(mean, 11, Deviation(error, DEGREES)).blocks_to_equal(MARGIN, 0.9)

    assert claim.outcome is Outcome.INCONCLUSIVE
    assert equal is not None
    assert claim.blocks_needed == min(math.ceil(apart), equal)


def test_more_blocks_than_are_named_are_not_told():
    claim = alone(found(0.024, 0.4))

    assert (claim.outcome, claim.blocks_needed) == (Outcome.INCONCLUSIVE, None)


def test_a_reason_against_any_claim_is_told_and_the_family_goes_without_it():
    spoiled = replace(found(0.5, 0.01), why="measured with other images")

    told, alone = claims([spoiled, found(0.1, 0.02)])

    assert (told.outcome, told.why, told.p) == (Outcome.INCONCLUSIVE, spoiled.why, None)
    assert told.ratio == pytest.approx(math.exp(0.5))
    assert alone.p == pytest.approx(found(0.1, 0.02).doubt)


@pytest.mark.parametrize("side", ["of", "over"])
def test_either_side_that_did_not_carry_its_load_leaves_no_claim(side):
    overloaded = OF.model_copy(update={"load": LoadOutcome.OVERLOADED})

    changed: dict[str, Any] = {side: overloaded}
    claim = alone(replace(found(0.5, 0.01), **changed))

    assert claim.outcome is Outcome.INCONCLUSIVE
    assert claim.why == "one of the two did not carry its load, so the rates differ"


def with_ping(row: ResultRow, bound: float | None, p95: float = 7.0) -> ResultRow:
    figures = {"avg": 1.0, "min": 1.0, "med": 1.0, "p90": 1.0, "p99": 9.0, "max": 9.0}
    latency = LatencyMs(p95=p95, lower_bound_above=bound, **figures)
    other = RequestRow(name="other", requests=9, failed_rate=0.0)
    ping = RequestRow(name="ping", requests=9, failed_rate=0.0, latency_ms=latency)
    return row.model_copy(update={"by_request": (other, ping)})


def claim_of_ping(of: float | None, over: float | None, mean: float) -> Comparison:
    changed = replace(found(mean, 0.01, "ping.p95_ms"), of=with_ping(OF, of))
    return alone(replace(changed, over=with_ping(OVER, over)))


@pytest.mark.parametrize(
    ("of", "over", "slower", "faster"),
    [
        (None, None, Outcome.REGRESSED, Outcome.IMPROVED),
        (90.0, None, Outcome.REGRESSED, Outcome.INCONCLUSIVE),
        (None, 90.0, Outcome.INCONCLUSIVE, Outcome.IMPROVED),
        (90.0, 99.0, Outcome.REGRESSED, Outcome.INCONCLUSIVE),
    ],
)
def test_the_tail_of_one_kind_of_request_carries_claims_as_far_as_it_is_known(
    of, over, slower, faster
):
    assert (claim_of_ping(of, over, 0.5).outcome, claim_of_ping(of, over, -0.5).outcome) == (
        slower,
        faster,
    )
    assert claim_of_ping(of, over, 0.5).figure == "ping.p95Ms"


def test_a_row_without_the_figure_carries_no_claim():
    unknown = OF.model_copy(update={"requests_per_second": None})

    assert alone(replace(found(0.5, 0.01), over=unknown)).outcome is Outcome.INCONCLUSIVE
    absent = replace(found(0.5, 0.01, "ping.p95_ms"), of=with_ping(OF, None))
    assert alone(absent).outcome is Outcome.INCONCLUSIVE


def test_a_figure_of_a_row_is_read_by_its_name():
    row = with_ping(OF, None)

    assert mean_of(row, "requests_per_second") == pytest.approx(1000.0)
    assert (mean_of(row, "ping.p95_ms"), mean_of(row, "other.p95_ms")) == (7.0, None)
    assert mean_of(OF, "ping.p95_ms") is None
    assert mean_of(OF.model_copy(update={"cpu_micros": None}), "cpu_micros") is None


def test_cells_without_a_replicate_are_told_as_not_compared_in_any_figure():
    told = compare_cells([OVER, OF], [])

    assert [claim.figure for claim in told] == ["requestsPerSecond", "cpuMicros", "p95Ms"]
    assert {claim.why for claim in told} == {"no replicate has both figures"}
    assert {(claim.ratio, claim.blocks) for claim in told} == {(None, 0)}


def test_at_an_offered_rate_cost_and_tails_are_compared():
    offered = [
        replace(each, trial=replace(each.trial, open_model=True))
        for name in ("async", "sync")
        for each in [sized(Cell(variant=name), block, 1.0, 1.0, 1.0) for block in range(3)]
    ]

    assert [claim.figure for claim in compare_cells([OVER, OF], offered)] == ["cpuMicros", "p95Ms"]


def test_blocks_that_both_cells_have_are_compared():
    """The third block is the first cell's alone, the fourth the other's."""
    rates = {"sync": {1: 100.0, 2: 200.0, 3: 1.0}, "async": {1: 200.0, 2: 400.0, 4: 9000.0}}
    replicates = [
        sized(Cell(variant=name), block, rate, 500.0, 40.0)
        for name, blocks in rates.items()
        for block, rate in blocks.items()
    ]

    rate = compare_cells([OVER, OF], replicates)[0]

    assert rate.blocks == 2
    assert rate.ratio == pytest.approx(2.0)


def test_tails_are_compared_unless_they_are_not_asked_for():
    rate, cost, tail = "requests_per_second", "cpu_micros", "p95_ms"

    assert compared_figures([]) == (rate, cost, tail)
    assert compared_figures([], latency=False) == (rate, cost)
