"""What is known of other experiments: who is ahead, and who no longer is."""

import pytest

from loadlab.controller.experiment_index import ExperimentIndex, waits_as_reported
from loadlab.progress.observed import NOBODY_AHEAD

STALLED = {"type": "Stalled", "status": "True"}


def body(
    uid: str,
    phase: str | None,
    *,
    created: str = "2026-01-01",
    suspend: bool = False,
    deleted: str | None = None,
    stalled: bool = False,
):
    return {
        "metadata": {"creationTimestamp": created, "uid": uid, "deletionTimestamp": deleted},
        "spec": {"suspend": suspend},
        "status": ({"phase": phase} if phase else {})
        | ({"conditions": [STALLED]} if stalled else {}),
    }


OWN = body("own", None, created="2026-01-02")


@pytest.mark.parametrize(
    ("other", "ahead"),
    [
        (body("x", "Running", created="2026-01-09"), 1),
        (body("x", None), 1),
        (body("x", "Pending"), 1),
        (body("x", "Pending", created="2026-01-03"), 0),
        (body("x", "Pending", suspend=True), 0),
        (body("x", "Pending", stalled=True), 0),
        (body("x", "Running", stalled=True), 1),
        (body("x", "Running", suspend=True), 1),
        (body("x", "Succeeded"), 0),
        (body("x", "Failed"), 0),
        (body("x", "Paused"), 1),
        (body("x", "Running", deleted="2026-01-04"), 1),  # until it is cleared away
        (body("x", "Paused", deleted="2026-01-04"), 0),
    ],
    ids=[
        *(
            "under way",
            "older",
            "pending",
            "younger",
            "suspended",
            "stalled",
            "stalled run",
            "running",
            "over",
            "failed",
        ),
        *("a phase of another release", "held by a finalizer", "both"),
    ],
)
def test_who_is_ahead(other, ahead):
    index = ExperimentIndex()
    index.note(("lab", "own"), OWN)
    index.note(("lab", "x"), other)

    assert index.place_of(("lab", "own")).ahead == ahead


def test_a_forgotten_one_is_not_ahead_and_an_unknown_one_has_nobody_ahead():
    index = ExperimentIndex()
    index.note(("lab", "own"), OWN)
    index.note(("lab", "x"), body("x", "Running"))
    assert index.holds_up_others(("lab", "x"))
    index.forget(("lab", "x"))

    assert index.place_of(("lab", "own")) == NOBODY_AHEAD
    assert not index.holds_up_others(("lab", "x"))
    assert index.place_of(("lab", "unheard of")) == NOBODY_AHEAD


@pytest.mark.parametrize(
    ("status", "reported"),
    [
        ({}, False),
        ({"phase": "Pending", "observedGeneration": 1}, False),
        ({"phase": "Pending", "observedGeneration": 2}, True),
        ({"phase": "Preparing", "observedGeneration": 2}, False),
        ({"phase": "Failed", "observedGeneration": 2}, False),
    ],
    ids=["new", "spec changed", "waits", "begun", "over"],
)
def test_only_one_that_waits_and_whose_status_says_so_needs_no_second_pass(status, reported):
    assert waits_as_reported({"metadata": {"generation": 2}, "status": status}) is reported


def turn(namespace: str, name: str, created: int, **status: str):
    made = f"2026-01-01T00:00:{created:02d}Z"
    metadata = {"namespace": namespace, "name": name, "uid": name, "creationTimestamp": made}
    return (namespace, name), {"metadata": metadata, "status": status}


def test_a_finished_one_that_deletes_itself_changes_nobodys_place():
    """Two that each saw the other ahead waited for five minutes, and everybody behind them."""
    index = ExperimentIndex()
    times = {"startTime": "2026-01-01T00:00:11Z", "completionTime": "2026-01-01T00:00:30Z"}
    first, body = turn("a", "first", 10, phase="Succeeded", **times)
    index.note(first, body)
    for key, waiting in (turn("a", "second", 12), turn("b", "other", 13)):
        index.note(key, waiting)

    def places() -> list[int]:
        return [index.place_of(key).ahead for key in (("b", "other"), ("a", "second"))]

    before = places()
    index.forget(first)

    assert before == places() == [0, 1]
    [former] = index.former
    assert (former.namespace, former.ended) == ("a", "2026-01-01T00:00:30Z")


def test_one_that_never_began_had_no_turn():
    index = ExperimentIndex()
    key, body = turn("a", "typo", 10, phase="Failed")
    index.note(key, body)
    index.forget(key)

    assert index.former == ()
