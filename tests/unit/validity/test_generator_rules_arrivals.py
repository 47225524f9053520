"""An open load of 1,000 a second: what was not sent, not made, or left over."""

import pytest

from loadlab.measurement.backlog import Backlog
from loadlab.validity.generator_rules import arrivals_missed, backlog_growth
from tests.unit.validity.changed_trials import asked, opened


@pytest.mark.parametrize(("iterations", "is_missed"), [(29_700, False), (29_699, True)])
def test_a_hundredth_of_the_iterations_may_lack(healthy, iterations, is_missed):
    found = list(arrivals_missed(opened(**asked(iterations))(healthy)))

    assert bool(found) is is_missed


def test_what_was_made_of_what_was_offered_is_told(healthy):
    (reason,) = arrivals_missed(opened(**asked(28_500))(healthy))

    assert reason.message == (
        "950.0 of 1000.0 iterations/s were made (95.0%), bound 99%; the service carried 950.0/s, "
        "and all latencies are lower bounds"
    )


def test_one_request_that_was_never_sent_is_told(healthy):
    (reason,) = arrivals_missed(opened(dropped_iterations=1)(healthy))

    assert reason.message.startswith("1 planned requests were never sent, bound 0: they would")


@pytest.mark.parametrize(
    ("waiting", "every", "offered", "grows"),
    [
        (range(7), 2, 40.0, True),  # half a request a second, of the 0.4 that may be left over
        (range(7), 2, 60.0, False),
        # 5 a second of the 4 that may be left over, but by chance it is none.
        ((10, 10, 10, 10, 20, 30, 50), 1, 400.0, False),
    ],
)
def test_growth_that_is_seen_for_long_counts_where_it_is_beyond_chance(
    waiting, every, offered, grows
):
    told = backlog_growth(Backlog(waiting=tuple(waiting), every_seconds=every), offered)

    assert bool(told) is grows


def test_what_was_left_over_is_told_of_long_loads_and_short_ones():
    long = Backlog(waiting=tuple(range(0, 80, 10)), every_seconds=1)
    short = Backlog(waiting=(0, 100, 160), every_seconds=2)

    assert backlog_growth(long, 500.0) == (
        "requests that were due and had no answer grew from 0 to 70 in 7 s: 490.0 of 500.0 "
        "iterations/s were carried while the load lasted (98.0%), bound 99%"
    )
    assert backlog_growth(short, 500.0) == (
        "requests that were due and had no answer grew from 0 to 160 in 4 s: 460.0 of 500.0 "
        "iterations/s were carried while the load lasted (92.0%), bound 95%"
    )
