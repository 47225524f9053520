"""k6's threshold spelling, held against cells; missing data never passes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.analysis.cell import CellSum, MeasuredCell
from loadlab.analysis.criteria import evaluate, judge_criterion
from loadlab.analysis.threshold import AGGREGATIONS, Threshold, ThresholdError, parse_threshold
from loadlab.catalogue import Cell
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import Latency, Unanswered, latency_ms
from loadlab.model.status import (
    CriterionOutcome,
    CriterionResult,
    Figure,
    ReplicateCounts,
    ResultRow,
    Validity,
)

Outcome = CriterionOutcome
A = Cell(variant="a")
LATENCY = Histogram.of([1000] * 90 + [2000] * 10)


def percentiles(latency: Latency) -> dict[float, Figure]:
    return {percent: Figure(mean=latency.percentile_ms(percent)) for percent in (90.0, 95.0, 99.0)}


CELL = MeasuredCell(
    row=ResultRow(
        cell=A,
        replicates=ReplicateCounts(planned=2, valid=2),
        requests=2000,
        failed_rate=0.01,
        requests_per_second=Figure(mean=100.0, low=90.0, high=110.0),
        latency_ms=latency_ms(LATENCY),
        validity=Validity.VALID,
    ),
    percentiles_ms=percentiles(Latency(LATENCY)),
    dropped_iterations=4,
)
EMPTY = CellSum(A, planned=1).measured_cell()
VOID = replace(CELL, row=CELL.row.model_copy(update={"validity": Validity.INVALID}))

thresholds = st.one_of(
    st.builds(
        Threshold,
        st.just("http_req_duration"),
        st.just("p"),
        st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
        st.integers(0, 10**6).map(lambda n: n / 4),
        st.integers(1, 1000).map(lambda n: n / 10),
    ),
    *(
        st.builds(
            Threshold, st.just(metric), st.just(name), st.just("<="), st.integers(0, 9).map(float)
        )
        for metric, names in AGGREGATIONS.items()
        for name in names
        if name != "p(N)"
    ),
)


@given(thresholds)
def test_a_threshold_is_read_as_it_is_spelled(threshold: Threshold) -> None:
    assert parse_threshold(threshold.metric, str(threshold)) == threshold


@pytest.mark.parametrize(
    ("metric", "text", "says"),
    [
        ("http_req_waiting", "avg<1", "http_req_duration: avg, min, med, max, p(N); http_req_f"),
        ("http_req_duration", "p95<500", "p(95)<500"),
        ("http_req_duration", "avg<-1", "form"),
        ("http_req_duration", "rate<1", "http_req_duration has no rate"),
        ("http_req_failed", "p(95)<1", "http_req_failed has no p"),
        ("http_req_duration", "p(101)<1", "at most at 100"),
        ("http_req_duration", "p(0)<1", "above 0"),
        ("http_reqs", "value>1", "http_reqs: count, rate"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_what_can(
    metric: str, text: str, says: str
) -> None:
    with pytest.raises(ThresholdError) as refused:
        parse_threshold(metric, text)

    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("metric", "text", "outcome", "value"),
    [
        ("http_req_duration", "p(90)<1.5", Outcome.PASSED, 1.0),
        ("http_req_duration", "p(95) < 1.5", Outcome.FAILED, 2.0),
        ("http_req_duration", "avg<=1.2", Outcome.PASSED, 1.1),
        ("http_req_duration", "med<1", Outcome.FAILED, 1.0),
        ("http_req_duration", "min>=1", Outcome.PASSED, 1.0),
        ("http_req_duration", "max<2", Outcome.FAILED, 2.0),
        ("http_req_failed", "rate<0.01", Outcome.FAILED, 0.01),
        ("http_req_failed", "rate<=0.01", Outcome.PASSED, 0.01),
        ("http_reqs", "rate>89.5", Outcome.PASSED, 100.0),
        ("http_reqs", "count==1000", Outcome.PASSED, 1000.0),
        ("dropped_iterations", "count!=2", Outcome.FAILED, 2.0),
    ],
)
def test_a_cell_passes_or_fails_by_its_own_figure(
    metric: str, text: str, outcome: Outcome, value: float
) -> None:
    found = evaluate(parse_threshold(metric, text), CELL)

    assert found.outcome is outcome
    assert found.value == pytest.approx(value, abs=2e-3)


@pytest.mark.parametrize("metric", AGGREGATIONS)
@pytest.mark.parametrize("cell", [EMPTY, VOID], ids=["no data", "invalid"])
def test_without_usable_data_nothing_passes(metric: str, cell: MeasuredCell) -> None:
    name = AGGREGATIONS[metric][0]

    assert evaluate(parse_threshold(metric, f"{name}>=0"), cell).outcome is Outcome.INCONCLUSIVE


TAIL = parse_threshold("http_req_duration", "max<5")


def slower(maximum_us: int) -> MeasuredCell:
    latency = Histogram.of([maximum_us])
    row = CELL.row.model_copy(update={"latency_ms": latency_ms(latency)})
    return replace(CELL, row=row)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("p(95)<3.9", Outcome.FAILED),
        ("p(95)<6", Outcome.INCONCLUSIVE),
        ("p(95)<9", Outcome.PASSED),
        ("max>6", Outcome.INCONCLUSIVE),
    ],
)
def test_what_was_sent_late_is_decided_where_both_ends_decide_it(
    text: str, outcome: Outcome
) -> None:
    """Latency of 4 ms from the send, and 8 ms from when the requests were planned."""
    late = slower(8000)
    sent = latency_ms(Histogram.of([4000]))
    row = late.row.model_copy(update={"latency_from_send_ms": sent})
    cell = replace(late, row=row, percentiles_ms=percentiles(Latency(Histogram.of([8000]))))

    found = evaluate(parse_threshold("http_req_duration", text), cell)

    assert found.outcome is outcome
    assert found.value == pytest.approx(8, rel=1e-3)
    if outcome is Outcome.INCONCLUSIVE:
        assert "sent late, and their latency reaches from 4" in found.note


WIDE = Figure(mean=100.0, low=90.0, high=110.0)
PAIR = Figure(mean=100.0, least=90.0, most=110.0)


@pytest.mark.parametrize("rate", [WIDE, PAIR], ids=["interval", "two replicates"])
@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("rate>89", Outcome.PASSED),
        ("rate>95", Outcome.INCONCLUSIVE),
        ("rate>105", Outcome.INCONCLUSIVE),
        ("rate>110", Outcome.FAILED),
        ("rate<=110", Outcome.PASSED),
        ("rate<90", Outcome.FAILED),
        ("rate!=95", Outcome.PASSED),
    ],
)
def test_a_bound_that_the_replicates_reach_across_is_not_decided(
    rate: Figure, text: str, outcome: Outcome
) -> None:
    cell = replace(CELL, row=CELL.row.model_copy(update={"requests_per_second": rate}))

    found = evaluate(parse_threshold("http_reqs", text), cell)

    assert found.outcome is outcome
    assert ("from 90 to 110" in found.note) is (outcome is Outcome.INCONCLUSIVE)


def test_a_tail_is_held_by_its_interval_and_the_note_says_what_would_decide_it() -> None:
    cell = replace(CELL, percentiles_ms={99.5: Figure(mean=2.0, low=1.5, high=2.6)})

    found = over_cells("tail", parse_threshold("http_req_duration", "p(99.5)<2.5"), {"a": cell})

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "more replicates" in found.note


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("rate<0.002", Outcome.PASSED),
        ("rate<0.001", Outcome.INCONCLUSIVE),
        ("rate<=0", Outcome.PASSED),
        ("rate==0", Outcome.PASSED),
        ("rate>0.002", Outcome.FAILED),
        ("rate>0", Outcome.INCONCLUSIVE),
    ],
)
def test_no_failure_among_two_thousand_is_no_proof_that_none_in_a_thousand_fails(
    text: str, outcome: Outcome
) -> None:
    """Their interval reaches from 0 to 0.00184 (1 - 0.025 ^ (1 / 2000))."""
    update = {"failed_rate": 0.0, "failed_low": 0.0, "failed_high": 0.00184}
    cell = replace(CELL, row=CELL.row.model_copy(update=update))

    assert evaluate(parse_threshold("http_req_failed", text), cell).outcome is outcome


@pytest.mark.parametrize(
    ("text", "outcome", "words"),
    [
        ("p(99)<100", Outcome.FAILED, "> 20000"),
        ("p(99)<30000", Outcome.INCONCLUSIVE, "> 20000"),
        ("p(99)>100", Outcome.PASSED, "> 20000"),
        ("p(90)<100", Outcome.PASSED, "20.015"),
        ("avg<100", Outcome.FAILED, "> 1019.01"),
        ("max<=20000", Outcome.INCONCLUSIVE, "> 20000"),
    ],
)
def test_of_a_lower_bound_only_what_it_decides_is_decided(
    text: str, outcome: Outcome, words: str
) -> None:
    """5 % time-outs of 20 s."""
    answers, timed_out = Histogram.of([20_000] * 950), Unanswered(requests=50, after_ms=20_000.0)
    row = CELL.row.model_copy(update={"latency_ms": latency_ms(answers, timed_out)})
    cell = replace(CELL, row=row, percentiles_ms=percentiles(Latency(answers, timed_out)))

    found = evaluate(parse_threshold("http_req_duration", text), cell)

    assert (found.outcome, found.words) == (outcome, words)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("rate>99.5", Outcome.PASSED),
        ("rate>200", Outcome.INCONCLUSIVE),
        ("rate<50", Outcome.FAILED),
        ("rate<200", Outcome.INCONCLUSIVE),
    ],
)
def test_a_rate_that_the_generator_limited_decides_what_it_can(text: str, outcome: Outcome) -> None:
    rate = Figure(mean=100.0).as_lower_bound("GeneratorSaturated")
    cell = replace(CELL, row=CELL.row.model_copy(update={"requests_per_second": rate}))

    assert evaluate(parse_threshold("http_reqs", text), cell).outcome is outcome


def over_cells(name: str, threshold: Threshold, cells: dict[str, MeasuredCell]) -> CriterionResult:
    found = {title: evaluate(threshold, cell) for title, cell in cells.items()}
    return judge_criterion(name, threshold, found)


def test_a_criterion_passes_only_when_every_cell_does_and_names_the_worst() -> None:
    found = over_cells("tail", TAIL, {"a": slower(2000), "b": slower(4000), "c": slower(3000)})

    assert (found.outcome, found.cell) == (Outcome.PASSED, "b")
    assert float(found.value) == pytest.approx(4.0, abs=4e-3)


def test_one_failed_cell_fails_the_criterion_even_beside_a_missing_one() -> None:
    found = over_cells("tail", TAIL, {"a": slower(2000), "b": slower(9000), "c": EMPTY})

    assert (found.outcome, found.cell) == (Outcome.FAILED, "b")


def test_a_missing_cell_keeps_a_criterion_from_passing() -> None:
    found = over_cells("tail", TAIL, {"a": slower(2000), "c": EMPTY})

    assert (found.outcome, found.cell, found.value) == (Outcome.INCONCLUSIVE, "c", "")


def test_a_floor_names_the_lowest_cell() -> None:
    floor = parse_threshold("http_req_duration", "max>1")

    assert over_cells("f", floor, {"a": slower(2000), "b": slower(1500)}).cell == "b"


def test_no_cells_decide_nothing() -> None:
    assert judge_criterion("tail", TAIL, {}).outcome is Outcome.INCONCLUSIVE
