"""Whose status is not taken: ahead of nobody after a while, and cleared away after a longer one."""

import pytest

from loadlab.controller.experiment_index import ExperimentIndex
from loadlab.controller.unwritten import (
    AHEAD_FOR,
    AT_ONE_STRETCH,
    RUNS_FOR,
    TRIED_AGAIN,
    TRIES,
    Unwritten,
)

KEY = ("lab", "exp")


def refused_every_second(seconds: float, *, waits: bool = False) -> Unwritten:
    unwritten = Unwritten()
    for second in range(int(seconds) + 1):
        unwritten.refused(KEY, "uid", "500 too large", float(second), waits=waits)
    return unwritten


def test_for_one_that_waits_nobody_waits_after_a_while():
    unwritten = refused_every_second(AHEAD_FOR, waits=True)

    assert unwritten.set_aside(AHEAD_FOR - 0.1) == frozenset()
    assert unwritten.set_aside(AHEAD_FOR) == {"uid"}


def test_one_that_runs_ends_after_a_longer_while_and_then_holds_nobody_up():
    unwritten = refused_every_second(RUNS_FOR)

    assert unwritten.why_to_end("uid", RUNS_FOR - 1) == ""
    assert "for 60 s: 500 too large" in unwritten.why_to_end("uid", RUNS_FOR)
    assert unwritten.set_aside(RUNS_FOR) == frozenset()  # it still runs
    unwritten.cleared("uid")
    assert unwritten.set_aside(RUNS_FOR) == {"uid"}
    assert unwritten.why_to_end("uid", RUNS_FOR + 900)  # whenever that can be written


def test_two_refusals_far_apart_are_two_troubles():
    """The API server was away in between: nobody knows what it would have taken."""
    unwritten = refused_every_second(TRIES)
    later = RUNS_FOR + AT_ONE_STRETCH + TRIES

    assert unwritten.why_to_end("uid", later) == ""
    unwritten.refused(KEY, "uid", "500", later, waits=False)
    assert unwritten.why_to_end("uid", later) == ""


@pytest.mark.parametrize("seconds", [1, 20, 59])
def test_slow_passes_are_one_trouble(seconds):
    """Beside a busy API server a pass over a large object takes half a minute."""
    unwritten, now = Unwritten(), 0.0
    while now < RUNS_FOR or now / seconds < TRIES - 1:
        assert unwritten.why_to_end("uid", now) == ""
        unwritten.refused(KEY, "uid", "500", now, waits=False)
        now += seconds
    unwritten.refused(KEY, "uid", "500", now, waits=False)

    assert unwritten.why_to_end("uid", now)


@pytest.mark.parametrize("pause", [1, 20, 600])
def test_one_that_waits_stays_set_aside_however_seldom_it_is_tried(pause):
    unwritten = refused_every_second(AHEAD_FOR, waits=True)
    now = AHEAD_FOR + pause
    unwritten.refused(KEY, "uid", "500", now, waits=True)

    assert unwritten.set_aside(now) == {"uid"}


@pytest.mark.parametrize("forget", ["taken", "gone"])
def test_what_was_taken_or_is_gone_is_forgotten(forget):
    unwritten = refused_every_second(RUNS_FOR, waits=True)
    if forget == "taken":
        unwritten.forget("uid")
    else:
        unwritten.forget_namesakes(KEY, "uid of its namesake")

    assert unwritten.set_aside(RUNS_FOR) == frozenset()
    assert unwritten.why_to_end("uid", RUNS_FOR) == ""


def test_the_one_that_is_there_is_no_namesake_of_itself():
    unwritten = refused_every_second(RUNS_FOR, waits=True)
    unwritten.forget_namesakes(KEY, "uid")

    assert unwritten.set_aside(RUNS_FOR) == {"uid"}


def body(uid: str, phase: str, created: str):
    metadata = {"namespace": "lab", "name": uid, "uid": uid, "creationTimestamp": created}
    return {"metadata": metadata, "spec": {}, "status": {"phase": phase}}


@pytest.mark.parametrize("phase", ["Pending", "Running"])
def test_who_is_set_aside_is_ahead_of_nobody_and_not_at_the_front(phase):
    index = ExperimentIndex()
    index.note(("lab", "stuck"), body("stuck", phase, "2026-01-01"))
    index.note(("lab", "next"), body("next", "Pending", "2026-01-02"))

    assert index.place_of(("lab", "next")).ahead == 1
    assert index.place_of(("lab", "next"), {"stuck"}).ahead == 0
    assert ("lab", "stuck") in index.front()
    assert index.front({"stuck"}) == {("lab", "next")}


def test_one_that_nobody_waits_for_is_tried_less_and_less_often_and_one_that_runs_as_before():
    waits, runs = refused_every_second(AHEAD_FOR, waits=True), refused_every_second(RUNS_FOR)
    at_least, at_most = TRIED_AGAIN

    assert waits.retry(KEY, AHEAD_FOR - 1, 1.0) == 1.0
    assert waits.retry(KEY, AHEAD_FOR, 1.0) == at_least
    assert waits.retry(KEY, 60, 1.0) == 30
    assert waits.retry(KEY, 3600, 1.0) == at_most
    assert waits.retry(("lab", "other"), AHEAD_FOR, 1.0) == 1.0
    assert runs.retry(KEY, RUNS_FOR, 1.0) == 1.0


def test_of_one_that_is_too_large_nobody_waits_for_a_second_try():
    """It would say the same, and takes the API server up to seconds."""
    unwritten = Unwritten()
    unwritten.refused(KEY, "uid", "500: etcdserver: request is too large", 0.0, waits=True)

    assert unwritten.set_aside(0.0) == {"uid"}
    assert unwritten.retry(KEY, 0.0, 1.0) == TRIED_AGAIN[0]


def test_one_that_runs_goes_on_though_it_is_too_large():
    unwritten = Unwritten()
    unwritten.refused(KEY, "uid", "500: etcdserver: request is too large", 0.0, waits=False)

    assert unwritten.set_aside(0.0) == frozenset()
