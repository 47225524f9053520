"""Thresholds at their bounds, and which cell is the worst by each relation."""

import math
from dataclasses import replace

import pytest

from loadlab.analysis.cell import MeasuredCell
from loadlab.analysis.cell_outcome import CellOutcome
from loadlab.analysis.criteria import evaluate, judge_criterion
from loadlab.analysis.percentile_ends import Leeway
from loadlab.analysis.threshold import ThresholdError, parse_threshold
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import latency_ms
from loadlab.model.status import CriterionOutcome as Outcome
from loadlab.model.status import Figure, LoadOutcome
from tests.unit.analysis.test_criteria import CELL


def with_row(**update: object) -> MeasuredCell:
    return replace(CELL, row=CELL.row.model_copy(update=update))


@pytest.mark.parametrize("text", ["p(100)<1", "p(0.5)<1", "p(1)<1"])
def test_percentiles_reach_from_above_0_to_100(text: str) -> None:
    assert str(parse_threshold("http_req_duration", text)) == text


@pytest.mark.parametrize("text", ["p(100.5)<1", "p(0)<1", "p(0.0)<1"])
def test_other_percentiles_are_refused(text: str) -> None:
    with pytest.raises(ThresholdError, match="above 0 and at most at 100"):
        parse_threshold("http_req_duration", text)


@pytest.mark.parametrize(
    ("relation", "kept"),
    [
        ("<", (True, False, False)),
        ("<=", (True, True, False)),
        (">", (False, False, True)),
        (">=", (False, True, True)),
        ("==", (False, True, False)),
        ("!=", (True, False, True)),
    ],
)
def test_a_bound_is_kept_below_at_or_above_it(relation: str, kept: tuple[bool, ...]) -> None:
    threshold = parse_threshold("http_reqs", f"rate{relation}5")

    assert tuple(map(threshold.holds, (4.0, 5.0, 6.0))) == kept


@pytest.mark.parametrize(
    ("relation", "worst"),
    [("<", 9.0), ("<=", 9.0), (">", 1.0), (">=", 1.0), ("==", 1.0), ("!=", 6.0)],
)
def test_the_worst_cell_is_closest_to_or_furthest_beyond_the_bound(
    relation: str, worst: float
) -> None:
    threshold = parse_threshold("http_reqs", f"rate{relation}5.5")
    found = {f"{value}": CellOutcome(Outcome.FAILED, value) for value in (6.0, 9.0, 1.0)}

    assert judge_criterion("rate", threshold, found).cell == str(worst)


def test_a_cell_without_a_value_is_the_worst_and_of_equals_the_first_is_named() -> None:
    threshold = parse_threshold("http_reqs", "rate<5")
    found = {name: CellOutcome(Outcome.PASSED, 1.0) for name in ("c", "a", "b")}

    assert judge_criterion("rate", threshold, found).cell == "a"
    assert judge_criterion("r", threshold, {**found, "d": CellOutcome(Outcome.PASSED)}).cell == "d"


@pytest.mark.parametrize(
    ("metric", "text", "outcome"),
    [
        ("http_req_duration", "p(95)<1000", Outcome.FAILED),
        ("http_req_duration", "p(95)>0", Outcome.FAILED),
        ("http_req_failed", "rate<0.5", Outcome.FAILED),
        ("http_req_failed", "rate<=1", Outcome.PASSED),
        ("http_reqs", "rate>89", Outcome.PASSED),
    ],
)
def test_where_every_request_failed_no_bound_on_failures_or_latency_is_kept(
    metric: str, text: str, outcome: Outcome
) -> None:
    failing = with_row(failed_rate=1.0)

    assert evaluate(parse_threshold(metric, text), failing).outcome is outcome


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("p(95)<9999", Outcome.FAILED),
        ("p(95)>1.5", Outcome.PASSED),
        ("p(95)>3", Outcome.INCONCLUSIVE),
        ("max==1", Outcome.FAILED),
        ("max!=1", Outcome.PASSED),
        ("max==3", Outcome.INCONCLUSIVE),
        ("max!=3", Outcome.INCONCLUSIVE),
    ],
)
def test_an_overloaded_service_decides_what_a_latency_of_2_ms_or_more_decides(
    text: str, outcome: Outcome
) -> None:
    overloaded = with_row(load=LoadOutcome.OVERLOADED)

    assert evaluate(parse_threshold("http_req_duration", text), overloaded).outcome is outcome


def test_a_lower_bound_at_the_bound_of_an_equality_decides_nothing() -> None:
    rate = Figure(mean=100.0).as_lower_bound("Slow")
    cell = with_row(requests_per_second=rate)

    for text in ("rate==100", "rate!=100"):
        assert evaluate(parse_threshold("http_reqs", text), cell).outcome is Outcome.INCONCLUSIVE


def test_load_that_was_not_carried_says_nothing_against_its_rate() -> None:
    overloaded = with_row(load=LoadOutcome.OVERLOADED)

    assert evaluate(parse_threshold("http_reqs", "rate<200"), overloaded).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("rate<=0", Outcome.FAILED),
        ("rate<=0.02", Outcome.INCONCLUSIVE),
        ("rate<0.04", Outcome.PASSED),
    ],
)
def test_a_share_that_is_to_be_none_is_decided_by_what_was_counted(
    text: str, outcome: Outcome
) -> None:
    cell = with_row(failed_rate=0.01, failed_low=0.005, failed_high=0.03)

    assert evaluate(parse_threshold("http_req_failed", text), cell).outcome is outcome


@pytest.mark.parametrize("ends", [{"failed_low": 0.005}, {"failed_high": 0.03}])
def test_half_an_interval_undoes_no_decision(ends: dict[str, float]) -> None:
    cell = with_row(failed_rate=0.01, **ends)

    found = evaluate(parse_threshold("http_req_failed", "rate<0.02"), cell)

    assert found.outcome is Outcome.PASSED


def test_counts_are_those_of_one_replicate() -> None:
    threshold = parse_threshold("dropped_iterations", "count==2")

    assert evaluate(threshold, CELL).value == 2.0  # 4 in two replicates


def test_late_requests_say_nothing_of_other_metrics() -> None:
    sent = latency_ms(Histogram.of([100]))
    cell = with_row(latency_from_send_ms=sent)

    assert evaluate(parse_threshold("http_reqs", "rate>50"), cell).outcome is Outcome.PASSED
    assert evaluate(parse_threshold("http_req_failed", "rate<0.5"), cell).outcome is Outcome.PASSED


RATE = Figure(mean=1000.0, low=700.0, high=1430.0)


@pytest.mark.parametrize(
    ("text", "sound", "bound"),
    [
        ("rate>950", Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE),
        ("rate>690", Outcome.PASSED, Outcome.PASSED),
        ("rate<950", Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE),
        ("rate<690", Outcome.FAILED, Outcome.FAILED),
    ],
)
def test_a_bound_decides_no_more_than_the_figure_itself_would(
    text: str, sound: Outcome, bound: Outcome
) -> None:
    """1,000 [700, 1,430] passed rate>950 where k6 was the limit, and was open where it was not."""
    threshold = parse_threshold("http_reqs", text)
    limited = evaluate(threshold, with_row(requests_per_second=RATE.as_lower_bound("k6")))

    assert evaluate(threshold, with_row(requests_per_second=RATE)).outcome is sound
    assert limited.outcome is bound
    assert ("from 700 to 1430" in limited.note) is (bound is Outcome.INCONCLUSIVE)


def test_three_bounds_decide_by_the_least_of_them_where_their_interval_is_too_wide() -> None:
    """Of 10, 10 and 20,000 ms the interval begins at 0.002 ms: each of them is above 9."""
    latency = CELL.row.latency_ms
    assert latency is not None
    apart = Figure(mean=126.0, low=0.002, high=8e6, least=10.0, most=20_000.0)
    cut = replace(
        with_row(latency_ms=latency.model_copy(update={"lower_bound_above": 98.0})),
        percentiles_ms={99.0: apart},
    )

    assert evaluate(parse_threshold("http_req_duration", "p(99)<9"), cut).outcome is Outcome.FAILED
    undecided = evaluate(parse_threshold("http_req_duration", "p(99)<11"), cut)
    assert undecided.outcome is Outcome.INCONCLUSIVE
    narrow = replace(cut, percentiles_ms={99.0: Figure(mean=12.0, low=8.0, high=18.0)})
    assert evaluate(parse_threshold("http_req_duration", "p(99)<9"), narrow).outcome is (
        Outcome.INCONCLUSIVE
    )


def test_one_replicate_of_three_with_time_outs_fails_no_ceiling() -> None:
    """p99 of 10, 10 and 20,000 ms: the mean of 126 says nothing that the replicates do."""
    latency = CELL.row.latency_ms
    assert latency is not None
    cut = replace(
        with_row(latency_ms=latency.model_copy(update={"lower_bound_above": 98.0})),
        percentiles_ms={99.0: Figure(mean=126.0, least=10.0, most=20_000.0)},
    )

    assert evaluate(parse_threshold("http_req_duration", "p(99)<100"), cut).outcome is (
        Outcome.INCONCLUSIVE
    )
    assert evaluate(parse_threshold("http_req_duration", "p(99)<9"), cut).outcome is Outcome.FAILED


UNSOUND = Figure(mean=100.0).as_unsound("QueueBehind")


@pytest.mark.parametrize(
    ("metric", "text", "outcome"),
    [
        ("http_reqs", "rate>50", Outcome.INCONCLUSIVE),
        ("http_req_duration", "max<5", Outcome.PASSED),
        ("http_req_failed", "rate<0.5", Outcome.PASSED),
    ],
)
def test_a_rate_that_is_none_leaves_open_what_is_asked_of_it_alone(
    metric: str, text: str, outcome: Outcome
) -> None:
    found = evaluate(parse_threshold(metric, text), with_row(requests_per_second=UNSOUND))

    assert found.outcome is outcome
    assert found.note.startswith("it is no rate that the cell keeps") is (
        outcome is Outcome.INCONCLUSIVE
    )


@pytest.mark.parametrize(
    ("text", "reach"), [("p(95)<3", "from 2.001 to 8"), ("p(95)<1.5", ""), ("p(95)<9", "")]
)
def test_what_was_sent_late_has_no_more_of_k6s_own_than_from_when_it_was_sent(
    text: str, reach: str
) -> None:
    """4 ms from the send, of which 2 may be k6's; 8 ms from when it was to be sent."""
    late = latency_ms(Histogram.of([8000]))
    cell = replace(
        with_row(latency_ms=late, latency_from_send_ms=latency_ms(Histogram.of([4000]))),
        percentiles_ms={95.0: Figure(mean=8.0)},
        own_ms=2.0,
    )

    assert reach in evaluate(parse_threshold("http_req_duration", text), cell).note


def test_what_few_requests_leave_of_a_percentile_is_no_matter_of_a_mean() -> None:
    cell = replace(CELL, leeways={1.0: Leeway(0.0, math.inf)})

    assert evaluate(parse_threshold("http_req_duration", "avg<2"), cell).outcome is Outcome.PASSED
