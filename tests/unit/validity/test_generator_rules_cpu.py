"""Was k6 short of CPU: each sign begins beyond its bound, and what it does to the figures is told.

A healthy one used 30 % of its CPUs, waited 0.5 ms for one, and answers took 11 ms (p99).
"""

from dataclasses import replace

import pytest

from loadlab.measurement.histogram import Histogram
from loadlab.model.status import Validity
from loadlab.validity.generator_rules import generator_slow, was_generator_fit
from loadlab.validity.judgement import ReasonKind
from tests.unit.validity.changed_trials import generator, opened

OWN = "latencies contain its own delay"
REMEDY = "give the node less other work, or raise spec.resources.k6.cpu where it has a limit"


@pytest.mark.parametrize(
    ("at", "beyond"),
    [
        ({"cpu_share": 0.6}, {"cpu_share": 0.601}),
        ({"sched_wait_share": 0.05}, {"sched_wait_share": 0.051}),
        ({"throttled_share": 0.01}, {"throttled_share": 0.011}),
        ({"sched_wait_p99_ms": 1.0}, {"sched_wait_p99_ms": 1.001}),
        ({"longest_pause_seconds": 0.6}, {"longest_pause_seconds": 0.601}),
    ],
    ids=["busy", "waited", "throttled", "single waits", "paused"],
)
def test_it_had_all_it_needed_up_to_each_bound(healthy, at, beyond):
    assert was_generator_fit(generator(**at)(healthy))
    assert not was_generator_fit(generator(**beyond)(healthy))


@pytest.mark.parametrize(("wait_ms", "is_fit"), [(10.0, True), (10.1, False)])
def test_a_wait_of_a_tenth_of_what_users_wait_explains_no_overload(healthy, wait_ms, is_fit):
    slow = replace(generator(sched_wait_p99_ms=wait_ms)(healthy), mean_iteration_ms=100.0)

    assert was_generator_fit(slow) is is_fit


def test_a_closed_load_that_k6_made_itself_is_the_least_that_the_service_could_do(healthy):
    (reason,) = generator_slow(generator(cpu_share=0.85)(healthy))

    assert reason.message == (
        f"k6 used 85% of its CPUs, bound 60%: the service could do at least this rate, and {OWN}"
    )


def test_all_signs_of_an_open_load_are_told_at_once(healthy):
    short = generator(cpu_share=0.85, sched_wait_p99_ms=9.5, sched_wait_share=0.08)
    (reason,) = generator_slow(opened()(short(healthy)))

    assert reason.message == (
        "k6 used 85% of its CPUs, bound 60% and waited 9.5 ms for a CPU (p99), bound 1.0 ms and "
        f"waited for CPUs for 8% of their time, bound 5%: {OWN}"
    )


@pytest.mark.parametrize(
    ("share", "level", "effect"),
    [(0.5, Validity.SUSPECT, OWN), (0.51, Validity.INVALID, REMEDY)],
)
def test_one_whose_threads_starve_has_no_figure(healthy, share, level, effect):
    (reason,) = generator_slow(generator(sched_wait_share=share)(healthy))

    assert reason.level is level
    assert reason.message.endswith(effect)


@pytest.mark.parametrize(
    ("latency", "at_ms"),
    [
        (Histogram.of([8_000] * 1000), 1.0),
        (Histogram.of([100_000] * 1000), 5.0),
        (Histogram(), 1.0),
    ],
    ids=["fast", "slow", "none"],
)
def test_it_may_wait_for_a_twentieth_of_the_answers_time(healthy, latency, at_ms):
    """Of fast answers for a millisecond; without any nothing else is known."""
    trial = replace(healthy, latency=latency)
    (reason,) = generator_slow(generator(sched_wait_p99_ms=at_ms + 0.1)(trial))

    assert list(generator_slow(generator(sched_wait_p99_ms=at_ms)(trial))) == []
    assert f"waited {at_ms + 0.1:.1f} ms for a CPU (p99), bound {at_ms:.1f} ms" in reason.message


@pytest.mark.parametrize(
    ("share", "level"),
    [(0.01, None), (0.011, Validity.SUSPECT), (0.1, Validity.SUSPECT), (0.101, Validity.INVALID)],
)
def test_it_is_throttled_from_a_hundredth_and_starved_from_a_tenth_on(healthy, share, level):
    found = list(generator_slow(generator(throttled_share=share)(healthy)))

    assert [reason.level for reason in found] == ([level] if level else [])


def test_the_limit_that_throttled_it_is_named(healthy):
    (reason,) = generator_slow(generator(throttled_share=0.025)(healthy))

    assert reason.kind is ReasonKind.GENERATOR_THROTTLED
    assert reason.message == (
        "k6 was throttled for 2.5% of the time, bound 1%: raise spec.resources.k6.cpu"
    )
