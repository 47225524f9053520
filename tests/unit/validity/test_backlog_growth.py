"""A load that was not carried though all of it was answered in the end."""

from dataclasses import replace

import pytest

from loadlab.measurement.backlog import Backlog
from loadlab.measurement.values import GeneratorLoad, TrialMeasurement
from loadlab.validity.generator_rules import backlog_growth
from loadlab.validity.judge import judge
from loadlab.validity.judgement import Family, ReasonKind

OFFERED = 500.0


@pytest.mark.parametrize(
    ("waiting", "every", "grows"),
    [
        ((100, 200, 300), 1, True),
        ((100, 200, 200), 1, False),  # a stall at one moment
        ((100, 99, 300), 1, False),
        ((10, 30, 50), 1, False),  # less than 5 % a second
        ((100, 200), 1, False),
        ((0, 26, 52, 78), 1, True),
        (tuple(range(0, 70, 10)), 1, True),  # 2 % a second, seen for long enough
        (tuple(range(0, 28, 4)), 1, False),
        (tuple(range(0, 70, 10)), 5, False),  # 2 a second
        ((3, 5, 2, 400, 300, 5, 4, 3), 1, False),
    ],
)
def test_a_backlog_that_grows_by_more_than_an_open_load_allows(
    waiting: tuple[int, ...], every: int, grows: bool
) -> None:
    told = backlog_growth(Backlog(waiting=waiting, every_seconds=every), OFFERED)

    assert bool(told) is grows


def open_load(healthy: TrialMeasurement, waiting: tuple[int, ...]) -> TrialMeasurement:
    load = replace(healthy.load, open_model=True, rate_per_second=OFFERED, virtual_users=0)
    made = round(OFFERED * load.full_load_seconds)
    backlog = Backlog(waiting=waiting, every_seconds=1)
    return replace(healthy, load=load, iterations=made, requests=made, backlog=backlog)


def test_it_is_an_overload_also_where_all_were_answered_in_the_end(
    healthy: TrialMeasurement,
) -> None:
    judgement = judge(open_load(healthy, (100, 200, 300, 400, 500, 600)))

    (missed,) = (r for r in judgement.reasons if r.kind is ReasonKind.RATE_NOT_REACHED)
    assert missed.family is Family.SERVICE
    assert "grew from 100 to 600 in 5 s: 400.0 of 500.0 iterations/s were carried" in missed.message
    assert judgement.is_overloaded
    assert judgement.is_latency_cut


def test_of_a_generator_that_was_short_of_cpu_it_says_nothing_of_the_service(
    healthy: TrialMeasurement,
) -> None:
    busy = GeneratorLoad(cpu_share=0.99, sched_wait_p99_ms=0.5)
    judgement = judge(replace(open_load(healthy, (100, 200, 300, 400)), generator=busy))

    assert judgement.is_void
    assert not judgement.is_overloaded


def test_as_many_that_wait_all_the_time_are_a_load_that_is_carried(
    healthy: TrialMeasurement,
) -> None:
    judgement = judge(open_load(healthy, (500, 498, 503, 501)))

    assert ReasonKind.RATE_NOT_REACHED not in {r.kind for r in judgement.reasons}
