"""Users were too few where each more of them carried more, and none made answers slower."""

import pytest

from loadlab.measurement.series import Line, Series
from loadlab.measurement.values import TrialMeasurement
from loadlab.validity.few_users import users_lacked
from tests.unit.conftest import START
from tests.unit.validity.test_few_users_bounds import rushed

FAST = 100_000  # µs: so few users are kept busy that all of them were ready
ROOM = tuple(range(100, 200, 10))
Second = tuple[int, int | None]  # requests, median in ms


def seconds_of(*seconds: Second, failed: tuple[int, ...] = ()) -> Series:
    """One line a second; those that failed come on top."""
    lines = [
        Line(START + at, good + bad, bad, took and 1000 * took, took and 2000 * took)
        for at, ((good, took), bad) in enumerate(
            zip(seconds, failed or (0,) * len(seconds), strict=True)
        )
    ]
    return Series.of(lines)


def is_lacking(healthy: TrialMeasurement, series: Series | None) -> bool:
    return bool(users_lacked(rushed(healthy, fastest_us=FAST, series=series)))


def alike(carried: tuple[int, ...], took: int = 1000) -> Series:
    return seconds_of(*((good, took) for good in carried))


def test_more_users_that_carry_more_without_slowing_it_were_wanted(healthy):
    assert is_lacking(healthy, alike(ROOM))


def test_of_seconds_that_nobody_knows_nothing_is_told(healthy):
    gap = [(good, None if at == 3 else 1000) for at, good in enumerate(ROOM)]

    assert not is_lacking(healthy, None)
    assert not is_lacking(healthy, seconds_of(*gap))


def test_failures_are_not_carried(healthy):
    failed = tuple(10 * at for at in range(10))

    assert not is_lacking(healthy, seconds_of(*[(100, 1000)] * 9, (100, 1100), failed=failed))


@pytest.mark.parametrize(("slower", "expected"), [(99, True), (100, False), (101, False)])
def test_answers_must_slow_down_by_less_than_more_is_carried(healthy, slower, expected):
    """Each carried second is a tenth of the first one more."""
    seconds = [(good, 1000 + slower * at) for at, good in enumerate(ROOM)]

    assert is_lacking(healthy, seconds_of(*seconds)) is expected


@pytest.mark.parametrize("fails", [0, 50])
def test_what_is_carried_more_once_all_users_are_at_work_is_the_services_doing(healthy, fails):
    """As it warms up each of them is answered sooner, also where some are refused."""
    seconds = [(good, 100_000 // good) for good in ROOM]
    failed = tuple(fails * at for at in range(10))

    assert not is_lacking(healthy, seconds_of(*seconds, failed=failed))


@pytest.mark.parametrize(
    ("users", "expected"),
    [((100, 200), False), ((100, 150, 200), True)],
    ids=["two seconds", "three"],
)
def test_a_growth_takes_three_seconds(healthy, users, expected):
    """Until all users are at work; from then on the service is as fast as it can be."""
    warm = [(users[-1] + 10 * at, 1000 * users[-1] // (users[-1] + 10 * at)) for at in range(1, 9)]

    assert is_lacking(healthy, seconds_of(*((good, 1000) for good in users), *warm)) is expected


@pytest.mark.parametrize(
    ("carried", "expected"),
    [
        ((100, 110, 120), True),
        ((100, 90, 120), False),
        ((100, 100, 120), False),
        ((100, 110, 120, 140, 130, 150), False),
        ((100, 110, 120, 140, 130, 150, 160), True),
        (tuple(range(100, 110)), True),
        ((100,) * 4 + (200,) * 4, False),
    ],
    ids=[
        "three",
        "one of three falls",
        "one of three stays",
        "one of six falls",
        "one of seven falls",
        "one more a second",
        "a step",
    ],
)
def test_fewer_than_seven_seconds_grow_each_time_and_more_of_them_not_by_chance(
    healthy, carried, expected
):
    *seconds, last = [(good, 1000) for good in carried]
    busiest = (last[0], 1100)  # its users are at work in the last second only

    assert is_lacking(healthy, seconds_of(*seconds, busiest)) is expected
