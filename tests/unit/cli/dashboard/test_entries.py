"""What a page shows of an experiment."""

import pytest

from loadlab.cli.dashboard.entries import LONGEST, end_of, entry_of, remaining
from tests.unit.cli.dashboard.resources import SINCE, experiment, finished, running


def test_one_that_waits_tells_its_place_and_for_whom() -> None:
    found = entry_of(experiment(phase="Pending", queuePosition=2, waitsFor="lab/other"))

    assert (found.queue, found.message) == ("2 ahead", "waits for lab/other")
    assert entry_of(experiment(phase="Pending", queuePosition=0)).queue == "next"


def test_one_that_runs_tells_its_trial() -> None:
    found = entry_of(running(done=3))

    assert (found.trial, found.progress, found.is_running) == ("4 of 9", "3/9", True)


def test_one_that_has_ended_and_is_still_looked_at_is_not_told_as_the_next() -> None:
    assert entry_of(running(done=3, currentTrial="select-1a2b3c-003")).trial == "3 of 9"


def test_a_pilot_has_no_number() -> None:
    assert entry_of(running(currentTrial="select-1a2b3c-p001")).trial == "before the first block"
    assert (
        entry_of(running(currentTrial="select-1a2b3c-t001")).trial == "traced, after the last block"
    )


def test_one_that_is_over_waits_for_nothing() -> None:
    found = entry_of(finished())

    assert (found.is_over, found.queue, found.trial, found.verdict) == (True, "", "", "Passed")


def test_one_that_prepares_tells_how_far() -> None:
    preparation = {"step": "load order_items", "percent": 40}

    assert entry_of(experiment(phase="Preparing", preparation=preparation)).message == (
        "load order_items, 40%"
    )


def test_what_stands_in_the_way_comes_first() -> None:
    stalled = {"type": "Stalled", "status": "True", "reason": "QuotaExceeded", "message": "pods"}

    found = entry_of(running(conditions=[stalled | SINCE], recommendation=["Take it."]))

    assert found.message == "QuotaExceeded: pods"


def test_long_texts_and_control_characters_do_not_come_through() -> None:
    failed = {"type": "Failed", "status": "True", "reason": "X", "message": "\x1b[2J" + "a" * 9999}

    found = entry_of(experiment(phase="Failed", conditions=[failed | SINCE]))

    assert len(found.message) == LONGEST
    assert "\x1b" not in found.message


def test_one_of_another_release_has_a_line_that_says_so() -> None:
    found = entry_of(experiment(phase="Dancing"))

    assert found.phase == "Unreadable"
    assert "of another release" in found.message


def test_those_under_way_come_first_then_the_queue_then_the_latest() -> None:
    late, early = finished("late"), finished("early")
    late["status"]["completionTime"] = "2026-11-20T14:00:00Z"
    early["status"]["completionTime"] = "2026-11-20T13:00:00Z"
    second = experiment("second", "Pending", queuePosition=1)
    wanted = [running("runs"), experiment("next", "Pending", queuePosition=0), second, late, early]

    entries = sorted(map(entry_of, reversed(wanted)), key=lambda each: each.rank)

    assert [each.name for each in entries] == ["runs", "next", "second", "late", "early"]


@pytest.mark.parametrize(
    ("done", "is_midway", "left"),
    [
        (0, True, 50.0),  # as planned: 10 s each of 9, and 40 s ago it began to run
        (2, False, 70.0),
        (2, True, 65.0),
        (4, False, 50.0),  # as measured: 40 s for four
        (8, True, 40 / 8.5 / 2),
    ],
)
def test_what_is_left_goes_by_the_plan_and_then_by_what_trials_took(
    done: int, is_midway: bool, left: float
) -> None:
    found = entry_of(running(done=done, phaseStartTime="2026-11-20T14:00:00Z"))

    end = end_of(found, 90.0, found.since + 40, is_midway=is_midway)

    assert end == pytest.approx(found.since + 40 + left)


def test_what_is_left_is_spelled_in_round_words() -> None:
    entry = entry_of(running())

    assert remaining(entry, 90.0, 1065.0, 1000.0) == "about 1 min 5 s left"
    assert remaining(entry, 90.0, 1065.0, 1064.0) == "a few seconds left"
    assert remaining(entry, 90.0, 1065.0, 1099.0) == "a few seconds left"


def test_nothing_is_left_to_spell_of_what_is_unknown_or_over() -> None:
    assert end_of(entry_of(running(done=0)), 0.0, 0.0, is_midway=True) is None
    assert end_of(entry_of(finished()), 90.0, 0.0, is_midway=True) is None
    assert remaining(entry_of(finished()), 90.0, None, 0.0) == ""
    waits = entry_of(experiment(phase="Pending"))
    assert remaining(waits, 90.0, None, 0.0) == "takes about 1 min 30 s once it starts"
