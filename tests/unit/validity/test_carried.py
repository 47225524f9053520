"""An open load that ends after it was to end: a queue that was worked off, or a slow last answer.

In the end everything was answered, in all of these: nothing was dropped or cut off.
"""

import random
from dataclasses import replace
from itertools import cycle

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from loadlab.measurement.values import TrialMeasurement
from loadlab.validity.generator_rules import backlog_growth
from loadlab.validity.judge import judge
from loadlab.validity.judgement import Reason, ReasonKind
from tests.unit.validity.open_loads import (
    OpenLoad,
    Service,
    delay,
    queue,
    standing_still,
    trial_of,
)

SECONDS = st.sampled_from([4.0, 5.0, 7.0, 10.0, 20.0])
BEGINS = st.floats(0.0, 0.999)
SEEDS = st.integers(0, 2**32)
# The bounds let one steady load in a thousand be called growing by chance: new draws in each run
# would find it in some of them, and say nothing by that.
some = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def missed(trial: TrialMeasurement) -> list[Reason]:
    return [r for r in judge(trial).reasons if r.kind is ReasonKind.RATE_NOT_REACHED]


def test_what_was_answered_after_the_load_was_not_carried(healthy: TrialMeasurement) -> None:
    """500/s for 7 s to a service of 400/s: 3,500 answers, the last of them 1.75 s late."""
    trial = trial_of(healthy, OpenLoad(rate=500, seconds=7), queue(lambda: 1 / 400))

    assert trial.iterations == 3500
    assert trial.requests_per_second == pytest.approx(400, rel=0.01)
    (reason,) = missed(trial)
    assert "400.0 of 500.0 iterations/s were carried while the load lasted" in reason.message
    assert judge(trial).is_overloaded
    assert judge(trial).is_latency_cut


def test_growth_that_leaves_hardly_anything_over_is_no_overload(healthy: TrialMeasurement) -> None:
    trial = trial_of(healthy, OpenLoad(rate=500, seconds=30), queue(lambda: 1 / 498))

    assert judge(trial).is_growing
    assert not judge(trial).is_overloaded


def test_a_generator_that_was_short_of_cpu_spoils_the_trial(healthy: TrialMeasurement) -> None:
    slow = replace(healthy, generator=replace(healthy.generator, cpu_share=0.9))
    trial = trial_of(slow, OpenLoad(rate=500, seconds=7), queue(lambda: 1 / 400))

    assert judge(trial).is_void


@some
@given(st.floats(0.12, 0.9), SECONDS, BEGINS, st.booleans(), st.sampled_from([1, 8]), SEEDS)
def test_an_overload_is_found_whatever_it_is(
    healthy: TrialMeasurement,
    left_over: float,
    seconds: float,
    begins: float,
    poisson: bool,
    servers: int,
    seed: int,
) -> None:
    """But for a short one of which hardly anything is answered while it lasts."""
    chance = random.Random(seed)
    if seconds < 10:
        left_over = 0.2 + 0.4 * left_over
    load = OpenLoad(rate=500, seconds=seconds, begins=begins, poisson=poisson, chance=chance)
    mean = servers / (500 * (1 - left_over))
    service = queue(lambda: mean * chance.uniform(0.8, 1.2), servers)

    assert missed(trial_of(healthy, load, service))


def steady_services(chance: random.Random, seconds: float) -> dict[str, Service]:
    def mostly(fast: float, share: float, slow: float) -> Service:
        return delay(lambda: slow if chance.random() < share else fast * chance.uniform(0.7, 1.5))

    quick = queue(lambda: 0.001 * chance.uniform(0.7, 1.5))
    return {
        "fast": quick,
        "busy": queue(lambda: 0.85 / 300 * chance.uniform(0.8, 1.2)),
        "long tail": delay(lambda: 0.05 * chance.lognormvariate(0, 1)),
        "some slow": mostly(0.005, 0.1, 1.5),
        "some hang": mostly(0.005, 0.1, 20.0),
        "some as long as the load": mostly(0.005, 0.3, 0.7 * seconds),
        "as long as the load": delay(lambda: chance.expovariate(0.5)),
        "anything up to 4 s": delay(lambda: chance.uniform(0, 4)),
        "always 3.5 s": delay(lambda: 3.5),
        "stands still at the end": standing_still(quick, seconds - 1, seconds + 1),
        "catches up at the end": standing_still(quick, seconds - 1.2, seconds - 0.2),
        "stands still in the middle": standing_still(quick, seconds / 2, seconds / 2 + 1),
        "stands still at first": standing_still(quick, 0, 1),
    }


@pytest.mark.parametrize("name", list(steady_services(random.Random(0), 4)))
@some
@given(st.sampled_from([0.5, 2.0, 20.0, 300.0]), SECONDS, BEGINS, st.booleans(), SEEDS)
@example(rate=300.0, seconds=20.0, begins=0.0, poisson=True, seed=2295)  # many by chance
@example(rate=300.0, seconds=20.0, begins=0.0, poisson=True, seed=5)
@example(
    rate=300.0, seconds=10.0, begins=0.03125, poisson=False, seed=1
)  # the last end within 0.1 s
def test_a_load_that_is_carried_is_kept(
    healthy: TrialMeasurement,
    name: str,
    rate: float,
    seconds: float,
    begins: float,
    poisson: bool,
    seed: int,
) -> None:
    chance = random.Random(seed)
    load = OpenLoad(rate=rate, seconds=seconds, begins=begins, poisson=poisson, chance=chance)
    trial = trial_of(healthy, load, steady_services(chance, seconds)[name])

    assert missed(trial) == []


@some
@given(
    st.sampled_from([1, 2, 4]),
    st.sampled_from([0.0, 1.0, 3.0]),
    st.sampled_from([0.0, 3.0]),
    SECONDS,
    SEEDS,
)
def test_pauses_several_requests_and_ramps_leave_no_queue(
    healthy: TrialMeasurement, requests: int, pause: float, ramp: float, seconds: float, seed: int
) -> None:
    chance = random.Random(seed)
    load = OpenLoad(rate=100, seconds=seconds, ramp=ramp, requests_each=requests, pause=pause)
    trial = trial_of(healthy, load, delay(lambda: 0.02 * chance.lognormvariate(0, 0.5)))

    assert missed(trial) == []


def test_a_tail_that_is_left_over_is_no_queue(healthy: TrialMeasurement) -> None:
    """A tenth takes 6 s of a load of 4 s: what waits grows by 50 a second, in a steady service."""
    tail = cycle([6.0, *[0.005] * 9])
    trial = trial_of(healthy, OpenLoad(rate=500, seconds=4), delay(lambda: next(tail)))

    assert trial.backlog is not None
    assert backlog_growth(trial.backlog, 500.0)
    assert trial.answers_are_steady
    assert missed(trial) == []


def test_without_its_seconds_nothing_speaks_against_a_queue(healthy: TrialMeasurement) -> None:
    trial = trial_of(healthy, OpenLoad(rate=500, seconds=7), delay(lambda: 0.005))

    assert trial.answers_are_steady
    assert not replace(trial, series=None).answers_are_steady
