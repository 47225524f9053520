"""A criterion passes by what is known, and never because its replicates are few or noisy."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from loadlab.analysis.cell import CellSum
from loadlab.analysis.cell_outcome import CellOutcome
from loadlab.analysis.criteria import evaluate
from loadlab.analysis.percentile_ends import requests_needed
from loadlab.analysis.statistics import estimate_to_decide_by, log_estimate
from loadlab.analysis.threshold import parse_threshold
from loadlab.analysis.too_little import too_few_requests
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import Unanswered
from loadlab.model.status import CriterionOutcome as Outcome
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement
from tests.unit.analysis.claims import ASYNC, MEASURED


def judged(
    *p95s: float,
    text: str = "p(95)<450",
    metric: str = "http_req_duration",
    planned: int | None = None,
    requests: int = 1000,
    cut: Unanswered | None = None,
) -> CellOutcome:
    """Hold a cell against a threshold, of replicates whose latencies (ms) are all the same."""
    rule = parse_threshold(metric, text)
    planned = planned or len(p95s)
    cell = CellSum(ASYNC, planned, [rule.percent] if rule.percent else [], wants_more=planned > 1)
    for p95 in p95s:
        latency = Histogram.of([round(p95 * 1000)] * requests)
        trial = replace(
            MEASURED,
            latency=latency,
            requests=requests + (cut.requests if cut else 0),
            last_answer_epoch_seconds=requests / p95,
            without_answer=cut or MEASURED.without_answer,
        )
        cell.add(JudgedTrial(trial, Judgement()))
    return evaluate(rule, cell.measured_cell())


@pytest.mark.parametrize(
    ("p95s", "outcome"),
    [
        ((300, 330, 420), Outcome.INCONCLUSIVE),  # [225, 533]
        ((200, 260, 420), Outcome.INCONCLUSIVE),  # [110, 711]: it had passed, as it is noisier
        ((100, 100, 440), Outcome.INCONCLUSIVE),
        ((1, 2, 4), Outcome.PASSED),  # as far apart, and nowhere near the bound
        ((4000, 9000, 20000), Outcome.FAILED),
        ((500, 2000, 9000), Outcome.INCONCLUSIVE),
        ((400, 410), Outcome.PASSED),  # of two there is no interval: both decide
        ((400, 460), Outcome.INCONCLUSIVE),
    ],
)
def test_noise_never_makes_a_criterion_pass(p95s: Sequence[float], outcome: Outcome) -> None:
    assert judged(*p95s).outcome is outcome


def test_the_note_says_how_far_the_truth_may_lie() -> None:
    """ln 200, 260 and 420: mean 279.5, standard error 0.2168, Student's t 4.303."""
    assert judged(200, 260, 420).note.startswith("the replicates reach from 109.8 to 711.8, across")


def test_noise_of_a_rate_does_neither() -> None:
    """The rates are 200, 260 and 420 a second."""
    found = judged(200, 260, 420, metric="http_reqs", text="rate>180")

    assert found.outcome is Outcome.INCONCLUSIVE
    assert judged(200, 260, 420, metric="http_reqs", text="rate>80").outcome is Outcome.PASSED


def test_what_is_decided_by_is_what_is_told_where_that_has_an_interval() -> None:
    for values in ((300.0, 330.0, 420.0), (200.0, 400.0), (5.0,), ()):
        assert estimate_to_decide_by(values) == log_estimate(values)
    small = estimate_to_decide_by((0.1, 0.5, 2.0))
    assert small is not None
    assert small.low is not None
    assert small.low > 0
    wide = estimate_to_decide_by((0.0, 1.0, 1.0))
    assert wide is not None
    assert (wide.least, wide.most) == (0.0, 1.0)
    assert (wide.low, wide.high) == pytest.approx((-0.76755, 2.10088), abs=1e-4)


@pytest.mark.parametrize("text", ["p(95)<450", "avg<450", "med>1"])
def test_one_replicate_of_five_decides_nothing(text: str) -> None:
    found = judged(449, text=text, planned=5)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.value == pytest.approx(449, rel=1e-3)
    assert found.note.startswith("1 of 5 replicates alone could be used")
    assert judged(449, text=text, planned=1).outcome is Outcome.PASSED
    assert judged(440, 444, text=text, planned=5).outcome is Outcome.PASSED


def test_a_bound_that_one_replicate_breaks_stays_broken() -> None:
    """Of 100 of 1,100 requests it is known that they take longer than 20 s."""
    cut = Unanswered(requests=100, after_ms=20_000.0)

    assert judged(100, planned=5, cut=cut).outcome is Outcome.FAILED


def test_a_share_of_failures_has_the_interval_of_its_counts() -> None:
    found = judged(10, metric="http_req_failed", text="rate<0.1", planned=5)

    assert found.outcome is Outcome.PASSED


@pytest.mark.parametrize(("percent", "needed"), [(95.0, 72), (99.0, 368), (99.9, 3688)])
def test_so_many_requests_have_one_above_a_percentile(percent: float, needed: int) -> None:
    assert requests_needed(percent) == needed
    assert (percent / 100) ** needed <= 0.025 < (percent / 100) ** (needed - 1)


@pytest.mark.parametrize(
    ("replicates", "outcome"), [(1, Outcome.INCONCLUSIVE), (4, Outcome.PASSED)]
)
def test_a_percentile_of_too_few_requests_is_not_known(replicates: int, outcome: Outcome) -> None:
    """Each replicate has 1,000, in which nothing slow may have come by chance."""
    found = judged(*([10] * replicates), text="p(99.9)<500")

    assert found.outcome is outcome
    assert bool(found.note) is (outcome is Outcome.INCONCLUSIVE)
    assert judged(*([10] * replicates), text="p(99.9)<5").outcome in {outcome, Outcome.FAILED}
    assert judged(*([10] * replicates), text="p(100)<500").outcome is Outcome.PASSED


def test_exactly_as_many_as_it_takes_are_enough() -> None:
    p99, mean = (parse_threshold("http_req_duration", text) for text in ("p(99)<100", "avg<100"))

    assert too_few_requests(p99, 368, Outcome.PASSED) == ""
    assert too_few_requests(p99, 367, Outcome.PASSED) != ""
    assert too_few_requests(mean, 1, Outcome.PASSED) == ""
    assert too_few_requests(p99, None, Outcome.PASSED) == ""


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("p(99)<100", Outcome.FAILED),
        ("p(99)<500", Outcome.FAILED),
        ("p(99)<501", Outcome.INCONCLUSIVE),
        ("p(99)>100", Outcome.PASSED),
        ("p(99)>600", Outcome.INCONCLUSIVE),
        ("p(99)==100", Outcome.INCONCLUSIVE),
        ("p(99)!=100", Outcome.INCONCLUSIVE),
    ],
)
def test_what_lacks_of_few_requests_is_the_upper_end_alone(text: str, outcome: Outcome) -> None:
    """200 requests of 500 ms each: p(99)<100 was undecided, though the p99 is 500 ms or more."""
    found = judged(*([500] * 5), text=text, requests=40)

    assert found.outcome is outcome
    assert found.note.startswith("too few requests") is (outcome is Outcome.INCONCLUSIVE)


def test_one_of_two_hundred_that_is_slow_breaks_no_p99_yet() -> None:
    """The second longest of 40 is fast: that one is slow may be chance."""
    assert judged(10, 10, 10, 10, 500, text="p(99)<100", requests=1).outcome is Outcome.INCONCLUSIVE


def test_a_search_can_break_a_bound_on_a_percentile_that_it_has_too_few_requests_to_keep() -> None:
    assert judged(10, text="p(99.9)<5").outcome is Outcome.FAILED
    assert judged(10, text="p(99.9)<50").outcome is Outcome.INCONCLUSIVE


def test_the_note_says_how_many_it_takes_and_fits_a_status() -> None:
    note = judged(10, text="p(99.9)<500").note

    assert note == (
        "too few requests: the longest of 1,000 may be shorter than p(99.9), which takes 3,688; "
        "measure longer or with more load"
    )
    assert len(note) <= 200


@pytest.mark.parametrize("rate", [20.0, 50.0, 100.0, 150.0, 500.0, 1000.0])
@pytest.mark.parametrize("replicates", [3, 5, 10])
@pytest.mark.parametrize("text", ["rate>={}", "rate<={}", "rate=={}"])
def test_a_rate_that_is_the_bound_in_all_replicates_keeps_it(rate, replicates, text):
    """An open load that is carried whole reads what was offered, to the last digit."""
    threshold = text.format(f"{rate:g}")
    total = CellSum(ASYNC, replicates)
    load = replace(MEASURED.load, duration_seconds=30.0)
    each = replace(
        MEASURED, load=load, requests=round(30 * rate), failed=0, last_answer_epoch_seconds=30.0
    )
    assert each.requests_per_second == rate
    for _ in range(replicates):
        total.add(JudgedTrial(each, Judgement()))

    found = evaluate(parse_threshold("http_reqs", threshold), total.measured_cell())

    assert found.outcome is Outcome.PASSED
