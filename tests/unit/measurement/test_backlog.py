"""The backlog of an open load: what was due and had no answer, at whole seconds of it."""

from loadlab.measurement.backlog import MOST_MOMENTS, Backlog, backlog_of
from loadlab.measurement.documents.generator import Second

START = 100.3


def pod(due: dict[int, int], p50: int = 5_000) -> list[Second]:
    return [Second(t=t, n=9, p50=p50, due=n) for t, n in due.items()]


def test_it_is_what_waits_at_the_whole_seconds_of_the_load() -> None:
    found = backlog_of([pod({100: 7, 101: 1, 102: 2, 103: 3, 104: 4, 105: 9})], START, 4.0)

    assert found == Backlog(waiting=(1, 2, 3, 4), every_seconds=1)


def test_pods_wait_together_and_a_second_of_which_none_tells_has_nobody_that_waits() -> None:
    found = backlog_of([pod({101: 1, 103: 3}), pod({101: 10, 102: 5})], START, 4.0)

    assert found == Backlog(waiting=(11, 5, 3, 0), every_seconds=1)


def test_it_begins_with_the_first_answers_as_it_grows_until_then_in_any_service() -> None:
    found = backlog_of([pod({102: 10, 103: 20, 104: 20}, p50=1_900_000)], START, 4.0)

    assert found == Backlog(waiting=(20, 20), every_seconds=1)


def test_a_long_load_has_moments_further_apart() -> None:
    found = backlog_of([pod(dict.fromkeys(range(100, 500), 3))], START, 390.0)

    assert found is not None
    assert found.every_seconds == 13
    assert set(found.waiting) == {3}
    assert len(found.waiting) <= MOST_MOMENTS


def test_where_none_waits_or_nothing_was_planned_there_is_none() -> None:
    assert backlog_of([pod({101: 0, 102: 0})], START, 4.0) is None
    assert backlog_of([pod({102: 5}, p50=9_000_000)], START, 4.0) is None
