"""A service that hangs breaks its ceiling, though its own hangs leave the warm-up unfinished."""

from dataclasses import replace

import pytest

from loadlab.analysis.cell import CellSum, MeasuredCell
from loadlab.analysis.criteria import evaluate
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.lengthened import is_far_above, why_longer
from loadlab.analysis.threshold import parse_threshold
from loadlab.analysis.time_outs import TimeOuts, least_by_time_outs
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import ALL_ANSWERED, Latency, Unanswered
from loadlab.measurement.values import NamedRequests, TrialMeasurement
from loadlab.model.status import CriterionOutcome, ExpectationOutcome
from loadlab.validity.generator_rules import OwnDelay
from loadlab.validity.judge import judge as judge_trial
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement, ReasonKind, suspect
from tests.unit.analysis.claims import ASYNC, MEASURED, SYNC, judge, judged

FAILED, PASSED = CriterionOutcome.FAILED, CriterionOutcome.PASSED
OPEN = CriterionOutcome.INCONCLUSIVE
CONTRADICTED, REPRODUCED = ExpectationOutcome.CONTRADICTED, ExpectationOutcome.REPRODUCED
UNKNOWN = ExpectationOutcome.INCONCLUSIVE
COUNTED, UNFINISHED = ReasonKind.WARM_UP_COUNTED, ReasonKind.WARM_UP_UNFINISHED
WAITED = Unanswered(requests=80, after_ms=10_000.0)
CUT = suspect(ReasonKind.UNANSWERED, "…")


def hanging(ms: int = 20, waited: Unanswered = WAITED, answered: int = 920) -> TrialMeasurement:
    """Of 1,000 requests 80 had no answer within 10 s, the others one after so many ms."""
    latency = Histogram.of([ms * 1000] * answered)
    return replace(MEASURED, latency=latency, without_answer=waited)


def cell_of(kind: ReasonKind, *trials: TrialMeasurement) -> MeasuredCell:
    """Five replicates: these, and hanging ones."""
    total = CellSum(ASYNC, 5, [50.0, 90.0, 95.0])
    for trial in (*trials, *[hanging()] * (5 - len(trials))):
        total.add(JudgedTrial(trial, Judgement((CUT, suspect(kind, "…")))))
    return total.measured_cell()


@pytest.mark.parametrize("kind", [COUNTED, UNFINISHED])
@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("p(95)<100", FAILED),  # it was Inconclusive, as latencies are longer than its own
        ("p(95)<10000", FAILED),
        ("p(95)<=10000", OPEN),  # it may be just that
        ("p(95)<20000", OPEN),
        ("p(95)>100", PASSED),
        ("p(95)==100", FAILED),
        ("p(95)!=100", PASSED),
        ("p(95)==10000", OPEN),
        ("max<100", FAILED),
        ("avg<799", FAILED),  # 80 of 1,000 for 10 s, though the others took no time
        ("avg<801", OPEN),  # 818.4 ms, of which 18.4 may be the warm-up's
        ("avg<900", OPEN),
        ("p(90)<100", PASSED),
        ("p(90)<10", OPEN),  # what was answered may be longer by the warm-up
        ("med<10", OPEN),
        ("min<10", OPEN),
    ],
)
def test_a_bound_is_decided_by_time_outs_alone_whatever_the_warm_up_did(kind, text, outcome):
    found = evaluate(parse_threshold("http_req_duration", text), cell_of(kind))

    assert found.outcome is outcome
    assert (outcome is OPEN) or found.note == ""


@pytest.mark.parametrize(("ms", "whose"), [(150, "WarmUpUnfinished: latencies"), (20, "the repl")])
def test_one_replicate_without_a_time_out_leaves_it_open(ms, whose):
    """Its 150 ms may be the warm-up's."""
    quick = hanging(ms, ALL_ANSWERED)

    found = evaluate(parse_threshold("http_req_duration", "p(95)<100"), cell_of(UNFINISHED, quick))

    assert found.outcome is OPEN
    assert found.note.startswith(whose)


@pytest.mark.parametrize(
    ("changes", "text", "outcome"),
    [
        ({"own_delay": OwnDelay(0.5, 0.0)}, "p(95)<4999", FAILED),
        ({"own_delay": OwnDelay(0.5, 0.0)}, "p(95)<5001", OPEN),
        ({"own_delay": OwnDelay(0.0, 300.0)}, "p(95)<9699", FAILED),
        ({"own_delay": OwnDelay(0.0, 300.0)}, "p(95)<9701", OPEN),
        ({"own_ms": 6.0}, "p(95)<9994", FAILED),
        ({"own_ms": 6.0}, "p(95)<9995", OPEN),
    ],
)
def test_what_k6_may_have_added_is_taken_off_a_time_out(changes, text, outcome):
    cell = replace(cell_of(UNFINISHED), **changes)

    assert evaluate(parse_threshold("http_req_duration", text), cell).outcome is outcome


@pytest.mark.parametrize(("left", "told"), [(0, False), (20, True)])
def test_the_same_hangs_left_twenty_of_the_warm_up_in_flight(left, told):
    """Ten users for a minute, 8 % of whose requests hung: with 20 of the warm-up it was open."""
    load = replace(MEASURED.load, duration_seconds=60.0, graceful_stop_ms=30_000.0)
    trial = replace(
        hanging(waited=Unanswered(requests=56, after_ms=10_000.0), answered=644),
        load=load,
        last_answer_epoch_seconds=66.0,
        requests=700,
        iterations=700,
        failed=56,
        mean_iteration_ms=880.0,
        status={"2xx": 644, "err": 56},
        left_of_warm_up=left,
    )
    total = CellSum(ASYNC, 5, [95.0])
    for _ in range(5):
        total.add(JudgedTrial(trial, judge_trial(trial)))
    cell = total.measured_cell()

    assert (cell.lengthened_by == UNFINISHED) is told
    assert evaluate(parse_threshold("http_req_duration", "p(95)<100"), cell).outcome is FAILED


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"metric": "latencyMs.p95", "atMost": 100}, CONTRADICTED),
        ({"metric": "latencyMs.p95", "atLeast": 100}, REPRODUCED),
        ({"metric": "latencyMs.p95", "atMost": 20_000}, UNKNOWN),
        ({"metric": "latencyMs.med", "atMost": 10}, UNKNOWN),
        ({"metric": "latencyMs.med", "atMost": 30}, REPRODUCED),
        ({"ratio": "latencyMs.p95", "atMost": 10}, CONTRADICTED),
        ({"ratio": "latencyMs.p95", "atLeast": 10}, REPRODUCED),
        ({"metric": "cpuMicrosPerRequest.service", "atMost": 100}, UNKNOWN),
        ({"metric": "cpuMicrosPerRequest.service", "atLeast": 0.5}, UNKNOWN),
    ],
)
def test_so_is_a_claim(fields, outcome):
    slow = suspect(UNFINISHED, "…")
    replicates = [
        Replicate(cell, n, judged(hanging(), CUT, slow) if cell is ASYNC else judged(MEASURED))
        for cell in (ASYNC, SYNC)
        for n in (1, 2, 3)
    ]

    assert judge(replicates, **fields).outcome is outcome


def test_a_claim_on_the_requests_of_one_name_goes_by_their_time_outs_alone():
    slow = suspect(UNFINISHED, "…")
    trial = hanging()
    named = {
        "hangs": NamedRequests(
            latency=trial.latency, requests=1000, failed=80, without_answer=WAITED
        ),
        "answers": NamedRequests(latency=trial.latency, requests=920, failed=0),
    }
    trial = replace(trial, by_request=named)
    replicates = [Replicate(ASYNC, n, judged(trial, CUT, slow)) for n in (1, 2, 3)]

    claim = {"metric": "latencyMs.p95", "atMost": 10}
    assert judge(replicates, request="hangs", **claim).outcome is CONTRADICTED
    assert judge(replicates, request="answers", **claim).outcome is UNKNOWN


@pytest.mark.parametrize(
    ("waited", "answered", "percent", "least"),
    [
        (ALL_ANSWERED, 100, 100.0, 0.0),
        (ALL_ANSWERED, 0, 100.0, 0.0),
        (Unanswered(requests=5, after_ms=100.0), 95, 95.0, 0.0),
        (Unanswered(requests=5, after_ms=100.0), 95, 95.1, 100.0),
        (Unanswered(requests=5, after_ms=100.0, cut=100), 95, 97.0, 0.0),
        (Unanswered(requests=5, after_ms=100.0, cut=100), 95, 97.6, 100.0),
        (Unanswered(requests=5, after_ms=100.0), 0, 0.1, 100.0),
    ],
)
def test_all_others_are_taken_for_shorter(waited, answered, percent, least):
    """Answers that took longer than it, too: those the warm-up may have lengthened."""
    found = TimeOuts.of(Latency(Histogram.of([900_000] * answered), waited))

    assert found.percentile_ms(percent) == least
    assert found.mean_ms == pytest.approx(
        100.0 * waited.requests / max(1, answered + waited.cut + waited.requests)
    )


@pytest.mark.parametrize(
    ("metric", "text", "least"),
    [
        ("http_req_duration", "p(95)<1", 50.0),
        ("http_req_duration", "max<1", 50.0),
        ("http_req_duration", "med<1", 0.0),
        ("http_req_duration", "min<1", 0.0),
        ("http_req_duration", "avg<1", 5.0),
        ("http_reqs", "rate<1", 0.0),
        ("http_req_failed", "rate<1", 0.0),
    ],
)
def test_the_least_of_the_replicates_counts(metric, text, least):
    rule = parse_threshold(metric, text)
    both = [TimeOuts(90.0, 50.0), TimeOuts(80.0, 60.0)]

    assert least_by_time_outs(rule, both) == pytest.approx(least)
    assert least_by_time_outs(rule, [*both, TimeOuts(100.0, 0.0)]) == 0.0
    assert least_by_time_outs(rule, []) == 0.0


@pytest.mark.parametrize(
    ("bounds", "outcome"),
    [
        ({"atMost": 9_400}, CONTRADICTED),
        ({"atMost": 9_600}, UNKNOWN),
        ({"atMost": 15_000}, UNKNOWN),
        ({"atLeast": 9_400}, REPRODUCED),
        ({"atLeast": 9_600}, UNKNOWN),
    ],
)
def test_a_claim_goes_down_to_the_shortest_time_out(bounds, outcome):
    """Seven of eight replicates waited for 10 s, and one for 9.5 s: their mean is 9.9 s."""
    short = hanging(waited=Unanswered(requests=80, after_ms=9_500.0))
    trials = [short, *[hanging()] * 7]
    replicates = [
        Replicate(ASYNC, n, judged(trial, CUT, suspect(UNFINISHED, "…")))
        for n, trial in enumerate(trials, 1)
    ]

    assert judge(replicates, metric="latencyMs.p95", **bounds).outcome is outcome


@pytest.mark.parametrize(
    ("above", "median"), [(49.9, 60.0), (50.0, 0.0), (50.5, 0.0), (100.0, 0.0)]
)
def test_a_median_is_a_time_out_where_more_than_half_are(above, median):
    found = [TimeOuts(above, 60.0)]

    assert least_by_time_outs(parse_threshold("http_req_duration", "med<1"), found) == median
    most = least_by_time_outs(parse_threshold("http_req_duration", "max<1"), found)
    assert most == (60.0 if above < 100 else 0.0)


def test_of_a_single_answer_all_was_answered():
    assert TimeOuts.of(Latency(Histogram.of([1000]), ALL_ANSWERED)).above == 100.0


def test_a_bound_of_less_than_a_millisecond_is_broken_by_no_time_out_that_there_is_not():
    cell = cell_of(COUNTED, *[hanging(20, ALL_ANSWERED, 1000)] * 5)

    assert evaluate(parse_threshold("http_req_duration", "p(95)<0.5"), cell).outcome is OPEN


@pytest.mark.parametrize(("own_ms", "is_open"), [(6.0, True), (4.0, False)])
def test_what_doing_nothing_takes_is_none_of_a_time_out(own_ms, is_open):
    cell = replace(cell_of(UNFINISHED), own_ms=own_ms)

    rule = parse_threshold("http_req_duration", "p(95)<9995")
    assert bool(why_longer(rule, cell, 10_000.0)) is is_open


@pytest.mark.parametrize(("ms", "is_far"), [(10_000.0, False), (10_001.0, True)])
@pytest.mark.parametrize("text", ["p(95)==10000", "p(95)!=10000"])
def test_a_time_that_may_be_just_the_bound_decides_nothing(text, ms, is_far):
    assert is_far_above(parse_threshold("http_req_duration", text), ms, None) is is_far
