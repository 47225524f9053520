"""For how long users were at it, by the seconds in which the last answers came."""

import pytest

from loadlab.measurement.series import Line, Series
from loadlab.measurement.users_at_it import Users

BEGIN, LOADED = 100.25, 10.0  # the load ends at 110.25


def series(answers: dict[int, int], width: int = 1) -> Series:
    lines = [Line(at, n, 0, None, None) for at, n in answers.items()]
    return Series.of(lines, least_seconds=width)


def at_it(users: Users, iterations: int, seconds: Series | None, **given: float) -> float:
    return users.were_at_it(
        iterations,
        given.get("iteration", 1.0),
        ramp_seconds=given.get("ramp", 0.0),
        loaded=(BEGIN, LOADED),
        series=seconds,
    )


# Of five users one is cut off: four have last answers. They made 60 s, of which 12 to 15 s each.
HUNG = Users(5, 1)


@pytest.mark.parametrize(
    ("answers", "iteration", "window"),
    [
        ({105: 9, 112: 4}, 1.0, 10 + 2.25),  # from 112 to 113: 1.75 to 2.75 s later
        ({105: 9, 111: 2, 114: 2}, 1.0, 10 + (2 * 1.25 + 2 * 4.25) / 4),
        ({105: 9, 110: 3, 117: 1}, 0.5, 10 + (3 * 0.25 + 7.25) / 4),  # no later than an iteration
        ({105: 9, 110: 3, 117: 1}, 1.0, 10 + (3 * 0.375 + 7.25) / 4),  # nor than the second
        ({105: 9, 111: 7}, 1.0, 10 + 1.25),  # four users have four last answers
    ],
)
def test_beside_who_hangs_it_is_the_load_and_how_much_later_the_others_end(
    answers: dict[int, int], iteration: float, window: float
) -> None:
    found = at_it(HUNG, round(56 / iteration), series(answers), iteration=iteration)

    assert found == pytest.approx(window)


def test_seconds_that_were_put_together_have_their_answers_in_the_midst() -> None:
    assert at_it(HUNG, 56, series({104: 9, 112: 4}, width=2)) == pytest.approx(10 + 2.75)


@pytest.mark.parametrize(("iterations", "window"), [(60, 12.0), (44, 11.0), (50, 11.25)])
def test_it_lies_between_all_of_their_time_over_all_and_over_the_others(
    iterations: int, window: float
) -> None:
    """The last ones, at 111 to 112, came 1.25 s later."""
    assert at_it(HUNG, iterations, series({105: 9, 111: 4})) == pytest.approx(window)


@pytest.mark.parametrize(("users", "window"), [(Users(5, 0), 13.0), (HUNG, 13.0)])
def test_without_seconds_or_who_hangs_it_is_all_of_their_time_over_all(
    users: Users, window: float
) -> None:
    assert at_it(users, 65, series({112: 5}) if users.all == users.others else None) == window


def test_half_of_a_ramp_is_theirs() -> None:
    assert at_it(Users(5, 0), 65, None, ramp=4.0) == 15.0


def test_it_is_no_shorter_than_the_load() -> None:
    assert at_it(Users(5, 0), 5, None) == LOADED


def test_where_all_hang_nobody_is_left() -> None:
    assert Users(5, 5).others == Users(5, 7).others == 1
    assert Users(5, 4).others == 1
    assert Users(5, 3).others == 2
