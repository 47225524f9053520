"""The answers of an event loop that was offered 250/s and carried 190, as they were measured."""

from dataclasses import replace

from loadlab.measurement.series import Line
from loadlab.measurement.steady_answers import Asked, answers_are_steady, goes_on_after

MEDIANS_MS = (18, 869, 132, 315, 557)  # some connections were left for last
LEFT_FOR_LAST, FIRST_SECONDS, LAST_SECONDS = 0.16, 1.3, 6.0


def share_within(seconds: float) -> float:
    first = min(1.0, seconds / FIRST_SECONDS) * (1 - LEFT_FOR_LAST)
    return first + (LEFT_FOR_LAST if seconds >= LAST_SECONDS else 0.0)


def seconds_of(ended: tuple[int, ...]) -> list[Line]:
    rows = zip(ended, MEDIANS_MS, strict=True)
    return [Line(1 + at, n, 0, 1000 * ms, 6_000_000) for at, (n, ms) in enumerate(rows)]


ASKED = Asked(
    since_epoch_seconds=0.985,
    requests_per_second=250.0,
    mean_seconds=1.33,
    requests_each=1.0,
    known_within=share_within,
)


END = 6.985


def after(*ended: int) -> list[Line]:
    return [Line(7 + at, n, 0, 1_000_000, 6_000_000) for at, n in enumerate(ended)]


def test_who_answers_as_many_when_nobody_comes_any_more_has_had_a_queue() -> None:
    """187 and 52 came after the seconds in which the load ended."""
    assert goes_on_after(after(189, 187, 52), 1, ASKED, END)


def test_a_tail_goes_on_as_long_as_it_takes() -> None:
    """A sixth takes 6 s, and the others up to 1.3 s."""
    assert not goes_on_after(after(165, 46, 40, 40, 40, 40), 1, ASKED, END)


def test_of_several_requests_of_an_iteration_nothing_is_said() -> None:
    assert not goes_on_after(after(189, 187, 52), 1, replace(ASKED, requests_each=2.0), END)


def test_what_was_all_answered_left_no_queue() -> None:
    assert answers_are_steady(seconds_of((121, 250, 250, 250, 250)), 1, ASKED)
