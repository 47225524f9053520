"""A bound is broken by the service where it is broken by more than what was the generator's own."""

from dataclasses import replace

import pytest

from loadlab.analysis.cell import CellSum, MeasuredCell
from loadlab.analysis.criteria import evaluate
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.lengthened import is_undone
from loadlab.analysis.threshold import parse_threshold
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import CriterionOutcome, ExpectationOutcome
from loadlab.validity.generator_rules import OwnDelay, own_delay
from loadlab.validity.judge import judge as judge_trial
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement, ReasonKind, suspect
from tests.unit.analysis.claims import ASYNC, MEASURED, SYNC, judge, judged

PASSED, FAILED = CriterionOutcome.PASSED, CriterionOutcome.FAILED
OPEN = CriterionOutcome.INCONCLUSIVE
BUSY = {"cpu_share": 0.95}
SLOW = {
    ReasonKind.GENERATOR_SATURATED,
    ReasonKind.GENERATOR_THROTTLED,
    ReasonKind.GENERATOR_PAUSED,
}
STOPPED = suspect(ReasonKind.GENERATOR_THROTTLED, "…")


def answered_in(ms: float, **generator: float) -> TrialMeasurement:
    """Return a trial each answer of which took so long, beside a generator that was such."""
    latency = Histogram.of([round(1000 * ms)] * 1000)
    load = replace(MEASURED.generator, **generator)
    return replace(MEASURED, latency=latency, generator=load)


def cell_of(*trials: TrialMeasurement) -> MeasuredCell:
    total = CellSum(ASYNC, len(trials), [95.0])
    for trial in trials:
        total.add(JudgedTrial(trial, Judgement()))
    return total.measured_cell()


def outcome(text: str, *trials: TrialMeasurement) -> CriterionOutcome:
    found = evaluate(parse_threshold("http_req_duration", text), cell_of(*trials))
    assert found.note.startswith("k6 was short of CPU") is (found.outcome is OPEN)
    assert len(found.note) <= 200
    return found.outcome


@pytest.mark.parametrize(
    "generator",
    [
        {"cpu_share": 0.6},
        {"cpu_share": 0.61},
        {"sched_wait_p99_ms": 5.0},
        {"sched_wait_p99_ms": 5.1},
        {"sched_wait_share": 0.05},
        {"sched_wait_share": 0.06},
        {"throttled_share": 0.01},
        {"throttled_share": 0.02},
        {"longest_pause_seconds": 0.6},
        {"longest_pause_seconds": 0.7},
    ],
)
def test_it_has_some_delay_of_its_own_exactly_where_a_reason_says_so(generator):
    """A mean of 5 and a p99 of 100 ms: k6 waited for 3 ms, and nobody was told of it."""
    trial = replace(answered_in(100.0, **generator), mean_iteration_ms=5.0)
    told = {reason.kind for reason in judge_trial(trial).reasons} & SLOW

    assert (own_delay(trial) is not None) is bool(told)


def test_waits_that_are_told_of_nowhere_undo_nothing():
    lagging = replace(answered_in(100.0, sched_wait_p99_ms=3.0), mean_iteration_ms=5.0)

    assert not {reason.kind for reason in judge_trial(lagging).reasons} & SLOW
    assert outcome("p(95)<99", *[lagging] * 5) is FAILED


@pytest.mark.parametrize(
    ("busy", "text", "expected"),
    [
        (5, "p(95)<7", OPEN),  # half of 10 ms may be k6's own
        (3, "p(95)<7", OPEN),
        (2, "p(95)<7", FAILED),  # in most replicates it was fit
        (0, "p(95)<7", FAILED),
        (5, "p(95)<4", FAILED),
        (5, "p(95)<20", PASSED),
        (5, "p(95)>7", PASSED),  # it was in the agreement of generators, as min>=18 of 20.1 ms
        (5, "min>=7", PASSED),
        (5, "min<7", FAILED),
        (5, "max==7", OPEN),
        (5, "max!=7", OPEN),
        (5, "max==4", FAILED),
    ],
)
def test_a_busy_generator_breaks_no_ceiling_by_what_may_be_its_own(busy, text, expected):
    trials = [answered_in(10.0, **(BUSY if n < busy else {})) for n in range(5)]

    assert outcome(text, *trials) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p(95)<20", FAILED),  # 30 - 9: no half of it is k6's
        ("p(95)<22", OPEN),
        ("p(95)>22", OPEN),  # those waits were measured, so that a floor is asked of the rest
        ("p(95)>20", PASSED),
        ("min>=22", PASSED),
    ],
)
def test_one_that_only_waited_has_what_it_waited(text, expected):
    assert outcome(text, *[answered_in(30.0, sched_wait_p99_ms=3.0)] * 5) is expected


@pytest.mark.parametrize(
    ("stopped", "ms", "expected"),
    [(1, 5_000.0, FAILED), (10, 5_000.0, FAILED), (10, 201.0, OPEN), (1, 201.0, FAILED)],
)
def test_a_generator_that_its_limit_stopped_has_a_period_of_the_kernels(stopped, ms, expected):
    """p(95)<100 at 5 s was Inconclusive, as k6 was throttled for 1.2 % in one of ten."""
    trials = [answered_in(ms, throttled_share=0.012 if n < stopped else 0.0) for n in range(10)]

    bound = 100 if ms > 1_000 else 102
    assert outcome(f"p(95)<{bound}", *trials) is expected


@pytest.mark.parametrize(
    ("stopped", "fields", "expected"),
    [
        (5, {"metric": "latencyMs.p95", "atMost": 100}, ExpectationOutcome.CONTRADICTED),
        (5, {"metric": "latencyMs.p95", "atMost": 4_950}, ExpectationOutcome.INCONCLUSIVE),
        (3, {"metric": "latencyMs.p95", "atMost": 4_950}, ExpectationOutcome.INCONCLUSIVE),
        (2, {"metric": "latencyMs.p95", "atMost": 4_950}, ExpectationOutcome.CONTRADICTED),
        (5, {"metric": "latencyMs.p95", "atLeast": 4_000}, ExpectationOutcome.REPRODUCED),
        (5, {"ratio": "latencyMs.p95", "atLeast": 1.9}, ExpectationOutcome.REPRODUCED),
        (5, {"ratio": "latencyMs.p95", "atLeast": 1.97}, ExpectationOutcome.INCONCLUSIVE),
        (5, {"ratio": "latencyMs.p95", "atMost": 1.9}, ExpectationOutcome.CONTRADICTED),
    ],
)
def test_so_is_a_claim(stopped, fields, expected):
    replicates = [
        Replicate(
            cell,
            n,
            judged(answered_in(ms, throttled_share=0.02), STOPPED)
            if cell is ASYNC and n <= stopped
            else judged(answered_in(ms)),
        )
        for cell, ms in ((ASYNC, 5_000.0), (SYNC, 2_500.0))
        for n in range(1, 6)
    ]

    found = judge(replicates, **fields)

    assert found.outcome is expected
    assert ("(GeneratorThrottled): raise spec.resources.k6.cpu" in found.note) is (
        expected is ExpectationOutcome.INCONCLUSIVE
    )


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("max==5", 10.0, True),
        ("max==10", 10.0, True),
        ("max==4.9", 10.0, False),
        ("max<0.5", 0.8, True),  # 3 ms of 0.8 leave nothing
        ("max<4.9", 10.0, False),
        ("max<5.1", 10.0, True),
        ("max>7", 10.0, True),
        ("max>6.9", 10.0, False),
    ],
)
def test_what_is_left_lies_between_all_and_none_of_the_delay(text, value, expected):
    rule = parse_threshold("http_req_duration", text)

    assert is_undone(rule, value, OwnDelay(share=0.5, ms=3.0)) is expected
    assert is_undone(rule, value, None) is False
