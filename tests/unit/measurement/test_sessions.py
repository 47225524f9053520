"""Sessions are mean numbers over the looks between two readings, and none where nobody looked."""

from typing import Any

import pytest

from loadlab.measurement.documents import ComponentReading
from loadlab.measurement.sessions import measure_sessions

START = {
    "looks": 100, "running": 1000, "lock": 200, "io": 300, "other": 400, "inTransaction": 500,
    "answerMicros": 10_000,
}  # fmt: skip
END = {
    "looks": 120, "running": 1040, "lock": 210, "io": 306, "other": 402, "inTransaction": 524,
    "answerMicros": 60_000,
}  # fmt: skip


def reading(sessions: dict[str, int] | None) -> ComponentReading:
    return ComponentReading.model_validate({} if sessions is None else {"sessions": sessions})


def test_what_sessions_were_seen_at_is_divided_by_the_looks_in_between() -> None:
    found = measure_sessions(reading(START), reading(END))

    assert found is not None
    assert (found.running, found.lock, found.io, found.other) == (2.0, 0.5, 0.3, 0.1)
    assert found.in_transaction == 1.2
    assert found.in_use == pytest.approx(4.1)
    assert found.answer_ms == 2.5


def test_one_look_is_enough_and_none_is_not() -> None:
    one, none = (reading(END | {"looks": looks}) for looks in (101, 100))

    found = measure_sessions(reading(START), one)
    assert found is not None
    assert found.running == 40.0
    assert measure_sessions(reading(START), none) is None


@pytest.mark.parametrize(("before", "after"), [(None, END), (START, None), (END, START)])
def test_what_one_reading_does_not_know_is_unknown(before: Any, after: Any) -> None:
    """So it is of a database that was started anew: its looks ran backwards."""
    assert measure_sessions(reading(before), reading(after)) is None
    assert measure_sessions(None, reading(END)) is None


def test_a_count_that_fell_is_nothing() -> None:
    found = measure_sessions(reading(START), reading(END | {"lock": 190}))

    assert found is not None
    assert found.lock == 0.0


@pytest.mark.parametrize("older", ["before", "after"])
def test_an_older_steward_does_not_time_the_simplest_query(older: str) -> None:
    untold = {"before": START, "after": END}
    untold[older] = {name: n for name, n in untold[older].items() if name != "answerMicros"}

    found = measure_sessions(reading(untold["before"]), reading(untold["after"]))

    assert found is not None
    assert found.answer_ms is None
