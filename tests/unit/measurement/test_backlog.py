"""The backlog of an open load: what was due and had no answer, at whole seconds of it."""

import pytest

from loadlab.measurement.backlog import Backlog, backlog_of, first_latency
from loadlab.measurement.documents.generator import Second
from loadlab.plan.expected import LoadFacts

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
    found = backlog_of([pod(dict.fromkeys(range(100, 500), 3))], START, 309.0)

    assert found is not None
    assert found.every_seconds == 11
    assert set(found.waiting) == {3}
    assert len(found.waiting) <= 30


def test_where_none_waits_or_nothing_was_planned_there_is_none() -> None:
    assert backlog_of([pod({101: 0, 102: 0})], START, 4.0) is None
    assert backlog_of([pod({102: 5}, p50=9_000_000)], START, 4.0) is None


@pytest.mark.parametrize(
    ("waiting", "grown"),
    [
        ((10, 20, 30, 40, 50), 50.0),  # of 50 more in 5 s those of now are left
        ((30, 30, 30, 30, 30), 0.0),  # a steady service
        ((0, 0, 0, 0, 0, 1), 5 / 7),
        ((0, 0, 0, 9, 1), 1.0),  # no more than wait
        ((100, 110, 120, 130, 140), 50.0),  # a slow service, and a queue beside it
        ((50, 40, 30, 20, 10), -50.0),
    ],
)
def test_a_queue_grows_from_moment_to_moment_whatever_waits_in_a_steady_service(
    waiting: tuple[int, ...], grown: float
) -> None:
    assert Backlog(waiting=waiting, every_seconds=1).grown_in(5.0) == pytest.approx(grown)


def test_of_a_long_load_the_moments_are_further_apart() -> None:
    assert Backlog(waiting=(10, 20, 30), every_seconds=10).grown_in(20.0) == pytest.approx(20)


def test_one_moment_tells_no_growth() -> None:
    alone = Backlog(waiting=(5,), every_seconds=1)

    assert alone.grown_in(3.0) is None
    assert not alone.is_kept(load(100.0))


@pytest.mark.parametrize(("last", "is_kept"), [(27, True), (28, False)])
def test_a_queue_of_one_percent_is_none(last: int, is_kept: bool) -> None:
    """Of 500 requests in 10 s: 2 more in 4 s are 5 in all of it."""
    assert Backlog(waiting=(25, last), every_seconds=4).is_kept(load(50.0)) is is_kept


def test_of_no_rate_nothing_is_kept() -> None:
    assert not Backlog(waiting=(0, 0), every_seconds=1).is_kept(load(None))


def load(rate: float | None) -> LoadFacts:
    return LoadFacts(open_model=True, virtual_users=0, duration_seconds=10.0, rate_per_second=rate)


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        ([(99, 0), (100, 0), (101, 7_000_000), (102, 1)], 7.0),  # of the first that had answers
        ([(98, 9_000_000), (99, 9_000_000), (100, 2_000_000)], 2.0),  # none before it
        ([(100, 0)], 0.0),
    ],
)
def test_the_first_answers_are_those_of_the_first_second_that_had_any(
    lines: list[tuple[int, int]], seconds: float
) -> None:
    found = first_latency([[Second(t=t, n=9, p50=p50) for t, p50 in lines]], 100.0)

    assert found == seconds


def test_the_slowest_pod_has_the_first_answers() -> None:
    pods = [[Second(t=100, n=9, p50=p50)] for p50 in (2_000_000, 5_000_000, 3_000_000)]

    assert first_latency(pods, START) == 5.0
    assert first_latency([], START) == 0.0
