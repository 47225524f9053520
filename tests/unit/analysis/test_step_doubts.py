"""A search takes for the service's limit neither k6's own slowness nor a warm-up; and no burst
for what it carries."""

from dataclasses import replace

import pytest

from loadlab.analysis.search import Limits, Tried, next_step
from loadlab.analysis.step import step_of
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import Unanswered
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import LoadTrialStatus, StepOutcome, TrialStep, Validity
from loadlab.validity.generator_rules import own_delay
from loadlab.validity.judge import judge
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Family, Judgement, Reason, ReasonKind, suspect
from tests.unit.analysis.test_step import CRITERIA, SHORT, plan_of, slower, told
from tests.unit.validity.test_queue_behind import queued

UNDECIDED = StepOutcome.INCONCLUSIVE
LEFT_OPEN = "requests were left without an answer: raise spec.load.gracefulStop"
EARLY = "and its first seconds were slower than the rest: raise spec.load.warmup"
WARMED_UP = suspect(ReasonKind.WARM_UP_COUNTED, "in the first 4 s the median …")


@pytest.fixture
def offered(healthy: TrialMeasurement) -> TrialMeasurement:
    """1,000 requests a second for 30 s, each answered in 10 ms."""
    load = replace(healthy.load, open_model=True, rate_per_second=1000.0, virtual_users=200)
    return replace(healthy, load=load)


def beside_k6(measurement: TrialMeasurement, ms: int, **generator: float) -> TrialMeasurement:
    """The same answers after so many ms, with a generator that was such."""
    busy = replace(measurement.generator, **generator)
    return replace(slower(measurement, ms), generator=busy)


@pytest.mark.parametrize(
    ("generator", "ms"),
    [
        ({"cpu_share": 0.7}, 205),
        ({"cpu_share": 0.95}, 399),
        ({"sched_wait_p99_ms": 90.0}, 460),
        ({"sched_wait_share": 0.2}, 205),
        ({"throttled_share": 0.05}, 290),
        ({"longest_pause_seconds": 0.7}, 899),
    ],
)
def test_a_latency_that_may_be_k6s_own_leaves_the_rate_undecided(generator, ms, offered):
    """k6 at 85 % of its CPU read answers 30 ms late: "fails at 2,500/s" was said of the service."""
    found = told(beside_k6(offered, ms, **generator))

    assert found is not None
    assert (found.outcome, found.reason) == (UNDECIDED, f"p(95) < 200 is not kept, and {SHORT}")


@pytest.mark.parametrize(
    ("generator", "ms"),
    [
        ({}, 205),
        ({"cpu_share": 0.6}, 205),
        ({"cpu_share": 0.95}, 400),
        ({"sched_wait_p99_ms": 90.0}, 480),
    ],
)
def test_what_k6_cannot_have_added_is_the_services(generator, ms, offered):
    """At twice its bound a latency fails without all that k6 may have had of it."""
    found = told(beside_k6(offered, ms, **generator))

    assert found is not None
    assert (found.outcome, found.reason) == (StepOutcome.FAILED, "p(95) < 200")


@pytest.mark.parametrize(("ms", "outcome"), [(299, UNDECIDED), (302, StepOutcome.FAILED)])
def test_a_generator_that_was_stopped_by_its_limit_breaks_no_bound_by_a_period(
    ms, outcome, offered
):
    """Nobody knows which answers waited for the rest of a period of the kernel's."""
    found = told(beside_k6(offered, ms, throttled_share=0.05))

    assert found is not None
    assert found.outcome is outcome


def test_a_rate_that_k6_left_undecided_is_tried_once_more():
    """It is no rate that could not be offered: that one is not tried again."""
    tried = [Tried(400, StepOutcome.HELD)] * 2 + [Tried(420, StepOutcome.INCONCLUSIVE)]

    assert next_step(tried, Limits(1, 1000, 0.05)) == 420


def test_a_latency_that_holds_beside_a_busy_k6_holds(offered):
    assert told(beside_k6(offered, 150, cpu_share=0.95)) == TrialStep(outcome=StepOutcome.HELD)


def test_a_criterion_on_failures_is_broken_whatever_k6_had(offered):
    trial = beside_k6(offered, 205, cpu_share=0.85)
    trial = replace(trial, failed=600, status={"2xx": 29_400, "5xx": 600})

    found = told(trial)

    assert found is not None
    assert (found.outcome, found.reason) == (StepOutcome.FAILED, "rate<0.01")


def test_a_bound_that_k6_may_have_broken_hides_none_that_the_service_did(offered):
    strict = {"name": "median", "metric": "http_req_duration", "threshold": "med<50"}
    plan = plan_of([*CRITERIA, strict])
    trial = beside_k6(offered, 205, cpu_share=0.85)

    found = step_of(plan, plan.trials[0], JudgedTrial(trial, judge(trial)), LoadTrialStatus())

    assert found is not None
    assert (found.outcome, found.reason) == (StepOutcome.FAILED, "med<50")


def test_first_seconds_that_were_slower_break_no_bound(offered):
    found = told(slower(offered, 300), Judgement((WARMED_UP,)))

    assert found is not None
    assert found.outcome is UNDECIDED
    assert found.reason == f"p(95) < 200 is not kept, {EARLY}"


def test_first_seconds_that_were_slower_undo_nothing_that_holds(offered):
    held = TrialStep(outcome=StepOutcome.HELD)

    assert told(offered, Judgement((WARMED_UP,))) == held


@pytest.mark.parametrize(
    ("after_ms", "share", "outcome"),
    [(1000.0, 0.08, StepOutcome.FAILED), (1000.0, 0.04, UNDECIDED), (150.0, 0.08, UNDECIDED)],
)
def test_first_seconds_that_were_slower_are_no_matter_of_time_outs_that_break_the_bound(
    after_ms, share, outcome, offered
):
    """What so many had no answer for is the service's limit, whatever the others waited for."""
    slow, waited = slower(offered, 300), Unanswered(requests=round(share * offered.requests))
    measured = replace(slow, without_answer=replace(waited, after_ms=after_ms))

    found = told(measured, Judgement((WARMED_UP,)))

    assert found is not None
    assert found.outcome is outcome


def test_a_rate_that_a_queue_only_puts_off_fails_however_long_it_may_drain(offered):
    """A search held up to 1,480/s where 335/s are written, as the drain was waited for."""
    found = told(queued(offered, 10_050))

    assert found == TrialStep(
        outcome=StepOutcome.FAILED,
        reason="the queue grew: the worker wrote 335/s of 1000/s accepted",
        resource="Queue",
    )


def test_a_rate_that_the_workers_keep_is_held(offered):
    assert told(queued(offered, 29_000)) == TrialStep(outcome=StepOutcome.HELD)


def test_a_generator_that_was_fit_has_no_delay_that_matters(healthy):
    assert own_delay(healthy) is None


def test_what_a_generator_waited_and_stood_still_adds_up(healthy):
    stopped = replace(
        healthy,
        latency=Histogram.of([10_000] * 10),
        generator=replace(
            healthy.generator,
            sched_wait_p99_ms=20.0,
            throttled_share=0.02,
            longest_pause_seconds=0.7,
        ),
    )

    found = own_delay(stopped)

    assert found is not None
    assert found.of_ms(10.0) == pytest.approx(3 * 20 + 100 + 700)
    assert found.of_ms(9_000.0) == pytest.approx(860)
    busy = own_delay(replace(stopped, generator=replace(stopped.generator, cpu_share=0.7)))
    assert busy is not None
    assert busy.of_ms(9_000.0) == pytest.approx(4_500)


@pytest.mark.parametrize(
    ("kind", "outcome", "told_why"),
    [
        (ReasonKind.LITTLE_LAW_VIOLATED, UNDECIDED, LEFT_OPEN),
        (ReasonKind.WORK_SKIPPED, StepOutcome.FAILED, "the service did not do its work"),
    ],
)
def test_requests_that_were_cut_off_without_an_answer_are_no_failure(
    kind, outcome, told_why, offered
):
    spoiled = Judgement((Reason(kind, Validity.INVALID, "5 cut off", Family.SERVICE),))

    found = told(offered, spoiled)

    assert found is not None
    assert (found.outcome, found.reason) == (outcome, told_why)
