"""A slow generator makes the throughput of a closed loop a lower bound, and so does a warm-up that
goes on, or is counted; nothing else does."""

import pytest

from loadlab.model.status import Figure, Standing, Validity
from loadlab.validity import bounds
from loadlab.validity.generator_rules import OwnDelay
from loadlab.validity.judgement import Judgement, Reason, ReasonKind
from loadlab.validity.lateness import Ends
from loadlab.validity.standing import (
    is_delay_known,
    is_longer_by,
    lengthened_by,
    mixes_failures,
    stand_busy,
    stand_cost,
    stand_disturbed,
    stand_latency,
    stand_samples,
    stand_sent,
    stand_throughput,
    weighing,
)

RATE = Figure(mean=1518.0, low=1400.0, high=1650.0)
SLOW = [
    ReasonKind.GENERATOR_SATURATED,
    ReasonKind.GENERATOR_THROTTLED,
    ReasonKind.GENERATOR_PAUSED,
    ReasonKind.WARM_UP_COUNTED,
    ReasonKind.WARM_UP_UNFINISHED,
]
BEHIND = ReasonKind.QUEUE_BEHIND


def reasons(*kinds: ReasonKind) -> list[Reason]:
    return [Reason(kind, Validity.SUSPECT, "…") for kind in kinds]


@pytest.mark.parametrize("kind", SLOW)
def test_a_slow_generator_makes_it_a_lower_bound_and_is_named(kind):
    given = reasons(ReasonKind.COUNT_MISMATCH, kind)

    found = stand_throughput(RATE, given, open_model=False)

    assert (found.standing, found.why) == (Standing.BOUND, kind)
    assert (found.mean, found.low, found.high) == (RATE.mean, RATE.low, RATE.high)


@pytest.mark.parametrize("kind", [k for k in ReasonKind if k not in {*SLOW, BEHIND}])
def test_no_other_reason_does(kind):
    assert stand_throughput(RATE, reasons(kind), open_model=False) == RATE


def test_what_was_accepted_and_not_written_is_no_rate_nor_a_bound_of_one():
    """However slow the generator was, what the workers keep may be less."""
    found = stand_throughput(RATE, reasons(*SLOW, BEHIND), open_model=False)

    assert (found.standing, found.why) == (Standing.UNSOUND, BEHIND)


def test_an_open_loop_keeps_its_rate_however_slow_the_generator_or_the_queue():
    assert stand_throughput(RATE, reasons(*SLOW, BEHIND), open_model=True) == RATE


def test_a_latency_that_grew_is_unsound_unless_it_is_known_as_a_bound():
    grew, dropped = ReasonKind.GROWING, ReasonKind.DROPPED_ITERATIONS

    assert stand_latency(RATE, reasons(grew)).standing is Standing.UNSOUND
    assert stand_latency(RATE, reasons(grew)).why == "Growing"
    assert stand_latency(RATE, reasons(grew, dropped)).standing is Standing.BOUND


@pytest.mark.parametrize(
    "kind",
    [ReasonKind.DROPPED_ITERATIONS, ReasonKind.RATE_NOT_REACHED, ReasonKind.UNANSWERED],
)
def test_a_cut_tail_makes_a_latency_a_lower_bound_and_is_named(kind):
    found = stand_latency(RATE, reasons(ReasonKind.COUNT_MISMATCH, kind))

    assert (found.standing, found.why) == (Standing.BOUND, kind)


def test_a_latency_without_a_reason_is_that_of_requests_without_an_answer():
    found = stand_latency(RATE, [])

    assert (found.standing, found.why) == (Standing.BOUND, ReasonKind.UNANSWERED)


@pytest.mark.parametrize(
    ("apart", "standing"),
    [([90.0, 95.0, 99.0], Standing.UNSOUND), ([90.0, 99.0], Standing.SOUND), ([], Standing.SOUND)],
)
def test_a_p95_that_was_sent_late_is_unsound_whatever_the_other_percentiles_are(apart, standing):
    found = stand_sent(RATE, [Ends(percent, 1.0, 9.0) for percent in apart])

    assert found.standing is standing
    assert found.why == (ReasonKind.SENT_LATE if standing is Standing.UNSOUND else None)


WARM_UPS = [ReasonKind.WARM_UP_COUNTED, ReasonKind.WARM_UP_UNFINISHED]
DISTURBED = [ReasonKind.GENERATOR_THROTTLED, *WARM_UPS]


@pytest.mark.parametrize("kind", list(ReasonKind))
def test_answers_that_waited_for_others_make_a_p95_unsound(kind):
    found = stand_disturbed(RATE, reasons(ReasonKind.COUNT_MISMATCH, kind))

    expected = (Standing.UNSOUND, kind) if kind in DISTURBED else (RATE.standing, RATE.why)
    assert (found.standing, found.why) == expected


def test_of_two_reasons_that_is_told_of_which_nobody_knows_how_much_it_was():
    throttled = ReasonKind.GENERATOR_THROTTLED

    for warm_up in WARM_UPS:
        assert lengthened_by(reasons(throttled, warm_up)) is warm_up
    assert lengthened_by(reasons(ReasonKind.GROWING, throttled)) is throttled
    assert lengthened_by(reasons(ReasonKind.GENERATOR_SATURATED)) is None  # it may have waited only


@pytest.mark.parametrize("kind", list(ReasonKind))
def test_what_makes_a_latency_longer_and_by_how_much_is_known(kind):
    known = {ReasonKind.GENERATOR_SATURATED, ReasonKind.GENERATOR_THROTTLED}

    assert is_longer_by(kind) is (kind in {*known, *WARM_UPS, ReasonKind.SENT_LATE})
    assert is_delay_known(kind) is (kind in known)


@pytest.mark.parametrize(
    ("own", "why"),
    [(None, None), (OwnDelay(0.0, 9.0), None), (OwnDelay(0.5, 9.0), "GeneratorSaturated")],
)
def test_a_busy_generator_makes_a_p95_unsound_and_one_that_waited_does_not(own, why):
    found = stand_busy(RATE, own)

    assert (found.standing, found.why) == (Standing.UNSOUND if why else Standing.SOUND, why)


def test_failures_among_the_latencies_are_found_beside_other_reasons():
    assert mixes_failures(reasons(ReasonKind.GROWING, ReasonKind.FAILURES_IN_LATENCY))
    assert not mixes_failures(reasons(ReasonKind.GROWING))


@pytest.mark.parametrize("kind", list(ReasonKind))
def test_the_work_of_a_warm_up_makes_cpu_per_request_unsound(kind):
    found = stand_cost(RATE, reasons(kind))

    expected = (Standing.UNSOUND, kind) if kind in WARM_UPS else (RATE.standing, RATE.why)
    assert (found.standing, found.why) == expected


@pytest.mark.parametrize(
    ("replicates", "counted", "weighs"),
    [(5, 5, True), (5, 3, True), (5, 2, False), (5, 1, False), (4, 2, True), (1, 1, True)],
)
def test_a_warm_up_weighs_where_most_replicates_have_it(replicates, counted, weighs):
    """One steady window in 20 is taken for one: 3 of 5 are in 12 of 10,000 cells."""
    (warm,) = reasons(ReasonKind.WARM_UP_COUNTED)
    used = [Judgement((warm,))] * counted + [Judgement()] * (replicates - counted)

    other = reasons(ReasonKind.GENERATOR_PAUSED)
    assert weighing([warm, *other], used) == [*([warm] if weighs else []), *other]


def test_a_limit_that_stopped_the_generator_weighs_where_it_is_asked_for():
    throttled, warm = reasons(ReasonKind.GENERATOR_THROTTLED, ReasonKind.WARM_UP_COUNTED)
    used = [Judgement((throttled, warm)), Judgement(), Judgement()]

    assert weighing([throttled, warm], used) == [throttled]  # a rate is at least what it was
    assert weighing([throttled, warm], used, {throttled.kind}) == [warm]


def test_a_p95_with_few_samples_above_it_is_unsound():
    enough = 20 * bounds.SAMPLES_ABOVE

    assert stand_samples(RATE, enough) == RATE
    thin = stand_samples(RATE, enough - 1)
    assert (thin.standing, thin.why) == (Standing.UNSOUND, "TooFewSamples")
