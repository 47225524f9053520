"""From the send or from the intended start: the same figure, or two ends of one."""

from dataclasses import replace

import pytest

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import Unanswered, latency_ms
from loadlab.measurement.sending import Sending
from loadlab.measurement.values import NamedRequests
from loadlab.model.status import Validity
from loadlab.validity.judgement import Family, ReasonKind
from loadlab.validity.lateness import Ends, ends_apart, sent_late, side_dropped, was_late_itself


def apart(sent_us: int, intended_us: int, waited: Unanswered | None = None) -> list[float]:
    sent, intended = (
        latency_ms(Histogram.of([us] * 100), waited or Unanswered())
        for us in (sent_us, intended_us)
    )
    return [ends.percent for ends in ends_apart(intended, sent)]


@pytest.mark.parametrize(
    ("sent_us", "intended_us", "expected"),
    [
        (2_000, 2_900, []),  # 31 %, and 0.9 ms
        (2_000, 3_200, [90.0, 95.0, 99.0]),  # 37 %, and 1.2 ms
        (96_000, 100_000, []),  # 4 %, and 4 ms
        (94_000, 100_000, [90.0, 95.0, 99.0]),  # 6 %
    ],
)
def test_both_bounds_must_be_crossed(sent_us, intended_us, expected):
    assert apart(sent_us, intended_us) == expected


def test_among_requests_without_an_answer_there_is_nothing_to_hold_apart():
    """6 of 106 waited in vain: p95 and p99 are the same bound from either."""
    waited = Unanswered(requests=6, after_ms=500.0)

    assert apart(94_000, 100_000, waited) == [90.0]


def test_users_that_wait_for_answers_are_never_late():
    assert ends_apart(latency_ms(Histogram.of([1000])), None) == ()


@pytest.mark.parametrize(
    ("sent_ms", "intended_ms", "are_apart"),
    [(4.0, 5.0, False), (4.0, 5.001, True), (95.0, 100.0, False), (94.9, 100.0, True)],
)
def test_ends_are_apart_beyond_a_millisecond_and_a_twentieth(sent_ms, intended_ms, are_apart):
    assert Ends(95.0, sent_ms, intended_ms).are_apart is are_apart


def test_either_side_may_be_unknown():
    known = latency_ms(Histogram.of([1000]), Unanswered())

    assert ends_apart(None, known) == ends_apart(None, None) == ()


def sending(sent_us: list[int], late_us: int) -> Sending:
    return Sending(lateness=Histogram.of([late_us] * 100), latency=Histogram.of(sent_us))


def test_the_percentile_that_lateness_is_most_of_is_told(healthy):
    """Of p90 it is 20 ms of 40, of p99 20 ms of 120."""
    intended = [40_000] * 95 + [120_000] * 5
    late = replace(
        healthy,
        latency=Histogram.of(intended),
        sending=sending([us - 20_000 for us in intended], 20_000),
    )

    (reason,) = sent_late(late)

    assert reason.kind is ReasonKind.SENT_LATE
    assert "requests were sent up to 20.0 ms late (p99): p90 is 40.0 ms" in reason.message
    assert "and 20.0 ms from the send" in reason.message


@pytest.mark.parametrize(
    ("users", "cpu_share", "helps"),
    [
        (0, 0.2, "spec.load.maxVirtualUsers, which are all there from the start"),
        (0, 0.9, "raise spec.resources.k6"),
        (900, 0.2, "raise spec.resources.k6"),
        (1, 0.2, "raise spec.resources.k6"),
    ],
    ids=["users were made", "short of CPU", "all were there", "the one was there"],
)
def test_what_helps_is_what_was_short(healthy, users, cpu_share, helps):
    """More CPU makes no virtual user that an arrival waits for."""
    late = replace(
        healthy,
        load=replace(healthy.load, open_model=True, rate_per_second=1000.0, virtual_users=users),
        generator=replace(healthy.generator, cpu_share=cpu_share),
        latency=Histogram.of([40_000] * 100),
        sending=sending([20_000] * 100, 20_000),
    )

    (reason,) = sent_late(late)

    assert helps in reason.message


@pytest.mark.parametrize(
    ("late_ms", "p99_ms", "cpu_share", "level"),
    [
        (6200, 9400, 0.7, Validity.INVALID),
        (6200, 9400, 0.5, Validity.SUSPECT),  # the generator had CPU to spare
        (4600, 9400, 0.7, Validity.SUSPECT),  # most is the service's
        (240, 300, 0.7, Validity.SUSPECT),  # within what the users of the start are good for
        (260, 500, 0.7, Validity.INVALID),
    ],
)
def test_a_generator_in_its_own_way_spoils_the_trial(healthy, late_ms, p99_ms, cpu_share, level):
    late = replace(
        healthy,
        load=replace(healthy.load, open_model=True, rate_per_second=950.0),
        generator=replace(healthy.generator, cpu_share=cpu_share),
        latency=Histogram.of([1000 * p99_ms] * 100),
        sending=sending([1000 * (p99_ms - late_ms)] * 100, 1000 * late_ms),
    )

    (reason,) = sent_late(late)

    assert (reason.level, reason.family) == (level, Family.INSTRUMENT)


@pytest.mark.parametrize(("late_us", "was_late"), [(249_900, False), (250_100, True)])
def test_one_in_a_hundred_may_be_sent_later_than_a_quarter_of_a_second(healthy, late_us, was_late):
    """The latest, 9 s late, is no part of the p99."""
    late = replace(
        healthy,
        generator=replace(healthy.generator, cpu_share=0.7),
        latency=Histogram.of([300_000] * 100),
        sending=replace(
            sending([50_000] * 100, 0), lateness=Histogram.of([late_us] * 99 + [9_000_000])
        ),
    )

    assert was_late_itself(late) is was_late


def test_requests_of_a_name_that_were_sent_late_are_named(healthy):
    on_time = NamedRequests(
        requests=100, failed=0, latency=Histogram.of([5000] * 100), sending=sending([5000] * 100, 9)
    )
    late = replace(on_time, latency=Histogram.of([9000] * 100), sending=sending([5000] * 100, 4000))

    (reason,) = sent_late(replace(healthy, by_request={"first": on_time, "ping": late}))

    assert reason.message.startswith("requests ping were sent up to 4.0 ms late")
    assert list(sent_late(replace(healthy, by_request={"first": on_time}))) == []


def test_requests_beside_the_load_that_were_never_sent_are_counted(healthy):
    sent = NamedRequests(requests=100, failed=0, latency=Histogram.of([5000] * 100))
    beside = {"all": sent, "some": replace(sent, dropped=7)}

    (reason,) = side_dropped(replace(healthy, by_request=beside))

    assert reason.message.startswith("7 planned requests some beside the load were never sent")


def test_of_answers_within_a_millisecond_the_percentile_is_found_as_well(healthy):
    """Of p90 0.2 ms became 2, ten times as long; of p95 0.5 became 4."""
    late = replace(
        healthy,
        latency=Histogram.of([2000] * 94 + [4000] * 6),
        sending=sending([200] * 94 + [500] * 6, 1800),
    )

    (reason,) = sent_late(late)

    assert "p90 is 2.0 ms" in reason.message
