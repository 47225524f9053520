"""Seconds from progress lines."""

import json
from typing import Any

from loadlab.cli.dashboard.curves import MOST_PODS, MOST_SECONDS, Curve, Pod, Said, Second
from loadlab.measurement.documents import Progress


def told(seconds: int, **more: Any) -> Progress:
    document = {"version": 1, "seconds": seconds, "phase": "warm-up"} | more
    return Progress.model_validate_json(json.dumps(document))


def said(rate: float | None = 100.0, p95: float | None = None) -> Said:
    return Said(rate, 0.0, p95, "measurement")


def test_a_rate_is_what_came_between_two_lines() -> None:
    pod = Pod()

    assert pod.take(told(1, requests=40, failed=1)) == Said(40.0, 1.0, None, "warm-up")
    found = pod.take(told(3, requests=140, failed=1, p95Us=1500))
    assert found == Said(50.0, 0.0, 1.5, "warm-up")


def test_of_a_log_cut_short_the_first_line_is_no_rate() -> None:
    pod = Pod()

    assert pod.take(told(100, requests=90_000)) is None
    assert pod.take(told(101, requests=90_950)) == Said(950.0, None, None, "warm-up")


def test_time_that_stands_still_or_goes_back_says_nothing() -> None:
    pod = Pod()
    pod.take(told(2, requests=10))

    assert pod.take(told(2, requests=99)) is None
    assert pod.take(told(1, requests=99)) is None


def test_counts_that_are_not_told_are_not_zero() -> None:
    assert Pod().take(told(1)) == Said(None, None, None, "warm-up")


def test_pods_add_up_and_the_worst_latency_stands() -> None:
    curve = Curve("run")
    curve.note("a", 5, said(100.0, 8.0))
    curve.note("b", 5, said(50.0, 12.0))

    assert curve.rows(0) == [[5, 150.0, 0.0, 12.0, "measurement"]]


def test_the_latest_second_is_one_that_all_generators_told_of() -> None:
    curve = Curve("run")
    assert curve.latest() is None
    for pod, second in (("a", 5), ("b", 5), ("a", 6)):
        curve.note(pod, second, said(100.0, 8.0))

    assert curve.latest() == Second(5, 200.0, 0.0, 8.0, "measurement")
    curve.note("b", 6, said(50.0, 12.0))
    assert curve.latest() == Second(6, 150.0, 0.0, 12.0, "measurement")


def test_only_what_has_changed_is_told_again() -> None:
    curve = Curve("run")
    curve.note("a", 1, said())
    curve.note("a", 2, said())
    seen = curve.changes

    curve.note("a", 2, said())  # the same, once more
    assert curve.rows(seen) == []
    curve.note("b", 1, said())
    assert [row[0] for row in curve.rows(seen)] == [1]


def test_it_does_not_grow_without_end() -> None:
    curve = Curve("run")
    for second in range(MOST_SECONDS + 50):
        curve.note("a", second, said())
    for pod in range(MOST_PODS + 9):
        curve.note(f"p{pod}", MOST_SECONDS, said(1.0))

    rows = curve.rows(0)
    assert len(rows) == MOST_SECONDS
    assert rows[0][0] == 50
    assert rows[-50][1] == 100.0 + MOST_PODS - 1
